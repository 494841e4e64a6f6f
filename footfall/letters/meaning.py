"""What the reasons of dead letters mean, and what can be done."""

from collections.abc import Iterator
from typing import Final

from ingest.wire.originals import Gone
from policy import Policy
from transform.reasons import Reason, bad, missing

MEANINGS: Final[dict[str, str]] = {
    Reason.LINE_TOO_LONG: "The line is longer than a line of a log may be.",
    Reason.NESTED_TOO_DEEP: "The record has objects or lists within one another, deeper than is read.",
    Reason.NO_CONTENT: "The record has a key and no value.",
    Reason.NOT_A_LOG_LINE: "The line is in neither the combined nor the common format.",
    Reason.NOT_AN_OBJECT: "The record is JSON, and no object.",
    Reason.NOT_JSON: "The record is no JSON.",
    Reason.RECORD_TOO_LONG: "The record is longer than a record may be.",
    Reason.REPEATED_FIELD: "The record has a field twice; nobody can say which of the two is meant.",
    Reason.STEP_FAILED: "A step failed on the record, which is a fault of Footfall's; replay it when that is mended.",
    Reason.TIME_OUT_OF_RANGE: "The record's time cannot be true: before the web, or a day and more after it was sent.",
    Reason.UNKNOWN_PRODUCT: "The record names a product that is not registered (setting `products`).",
    Reason.UNKNOWN_SITE: "The record names a site that is not registered (setting `sites.NAME`).",
    Reason.UNREADABLE_TIME: "The line has a time that no calendar has.",
}
GONE: Final[dict[Gone, str]] = {
    Gone.REMOVED: "removed by Kafka's retention",
    Gone.MADE_ANEW: "the topic was deleted and made anew; its records went with it",
    Gone.NO_TOPIC: "the topic is not there any more",
    Gone.SET_BACK: "the partition ends before it; was Kafka's data folder restored from an older copy?",
    Gone.COMPACTED: "removed by Kafka's compaction, or by somebody",
    Gone.DAMAGED: "in a damaged batch on the broker's disk",
}


def meaning(reason: str) -> str:
    """Say what a reason means."""
    if reason in MEANINGS:
        return MEANINGS[reason]
    kind, _, field = reason.partition("_")
    if kind == "missing":
        return f"The record lacks the field {field}, which the policy makes mandatory."
    return f"The record's field {field} is not as the policy declares it."


def reasons(policy: Policy) -> Iterator[str]:
    """Give every reason that a dead letter may have: the listed ones, and two for each declared field."""
    yield from (str(reason) for reason in MEANINGS)
    for name in sorted({field.name for source in policy.sources.values() for field in source.fields}):
        yield from (missing(name), bad(name))
