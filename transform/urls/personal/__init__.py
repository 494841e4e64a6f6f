"""What in a readable text names a person or a machine: told by its form, and replaced (R13, R5)."""

from transform.urls.personal.randomness import RUN, may_be_random
from transform.urls.personal.text import PLACEHOLDERS, holds_address, scrub_text

__all__ = ["PLACEHOLDERS", "RUN", "holds_address", "may_be_random", "scrub_text"]
