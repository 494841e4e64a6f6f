"""Secrets planted in every field, and looked for in every byte that was written: the promise, tried (R5, R13, R26)."""

from footfall.canaries.proof import run_canaries
from footfall.canaries.report import CanaryReport, Hit

__all__ = ["CanaryReport", "Hit", "run_canaries"]
