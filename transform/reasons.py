"""Why a record leaves the pipeline: every exit has a name.

A record that leaves is either *dropped* (left out on purpose) or a *dead letter* (a defect; the original can be
replayed). The sum is kept for every intake: ``lines_in = kept + dropped + dead letters``.

Most exits are a `Reason`. A field of a JSON record that is not there or not as the policy declares it has one of two more,
made of its name: ``missing_<field>`` and ``bad_<field>``. The policy's fields are a closed list, so these are one too.
"""

from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """The name of one exit; the same word stands in ``intakes``, ``dead_letters`` and on every page."""

    ALREADY_IMPORTED = "already_imported"
    BLANK_LINE = "blank_line"
    CHILD = "child"
    CORRUPT_BATCH = "corrupt_batch"
    LINE_TOO_LONG = "line_too_long"
    LOST_TO_RETENTION = "lost_to_retention"
    NESTED_TOO_DEEP = "nested_too_deep"
    NO_CONTENT = "no_content"
    NOT_A_LOG_LINE = "not_a_log_line"
    NOT_AN_OBJECT = "not_an_object"
    NOT_JSON = "not_json"
    RECORD_TOO_LONG = "record_too_long"
    REPEATED_EVENT = "repeated_event"
    REPEATED_FIELD = "repeated_field"
    STEP_FAILED = "step_failed"
    TIME_OUT_OF_RANGE = "time_out_of_range"
    TOO_LATE = "too_late"
    UNKNOWN_PRODUCT = "unknown_product"
    UNKNOWN_SITE = "unknown_site"
    UNREADABLE_TIME = "unreadable_time"

    @property
    def is_dead_letter(self) -> bool:
        """True for a defect that can be mended and replayed, False for what is left out on purpose."""
        return self not in DROPPED


DROPPED: Final = frozenset(
    {
        *(Reason.ALREADY_IMPORTED, Reason.BLANK_LINE, Reason.CHILD, Reason.REPEATED_EVENT, Reason.TOO_LATE),
        *(Reason.CORRUPT_BATCH, Reason.LOST_TO_RETENTION),  # nobody has read them: there is nothing to replay
    }
)


def missing(field: str) -> str:
    """Give the reason of a record without the mandatory field `field` (R16)."""
    return f"missing_{field}"


def bad(field: str) -> str:
    """Give the reason of a record whose field `field` is not as the policy declares it."""
    return f"bad_{field}"


def is_dead_letter(reason: str) -> bool:
    """Tell of any reason whether it is a defect that can be mended and replayed, or left out on purpose."""
    return reason not in DROPPED
