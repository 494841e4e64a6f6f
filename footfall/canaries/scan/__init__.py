"""Looking for thousands of texts and numbers in everything that was written."""

from footfall.canaries.scan.matcher import Matcher, Pattern
from footfall.canaries.scan.patterns import numbers_of, patterns_of
from footfall.canaries.scan.stores import Piece, read_everything

__all__ = ["Matcher", "Pattern", "Piece", "numbers_of", "patterns_of", "read_everything"]
