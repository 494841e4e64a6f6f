"""Why a row leaves the pipeline: a closed list, so that every exit has a name.

A row that leaves is either *dropped* (left out on purpose) or a *dead letter* (a defect; the original can be replayed).
The sum is kept for every intake: ``lines_in = kept + dropped + dead letters``.
"""

from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """The name of one exit; the same word stands in ``intakes``, ``dead_letters`` and on every page."""

    ALREADY_IMPORTED = "already_imported"
    BLANK_LINE = "blank_line"
    LINE_TOO_LONG = "line_too_long"
    NOT_A_LOG_LINE = "not_a_log_line"
    NO_CONTENT = "no_content"
    TIME_OUT_OF_RANGE = "time_out_of_range"
    UNREADABLE_TIME = "unreadable_time"

    @property
    def is_dead_letter(self) -> bool:
        """True for a defect that can be mended and replayed, False for what is left out on purpose."""
        return self not in DROPPED


DROPPED: Final = frozenset({Reason.ALREADY_IMPORTED, Reason.BLANK_LINE})
