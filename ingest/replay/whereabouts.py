"""Where the original of a dead letter lies: in Kafka still, or gone, and why."""

from collections.abc import Iterable
from typing import Final

from ingest.replay.letters import Letter
from ingest.wire.connection import Connection
from ingest.wire.originals import Gone, read_again
from ingest.wire.records import Partition
from ingest.wire.topics import describe_topic

ONE_RECORD_BYTES: Final = 1


def gone_with_its_topic(letter: Letter, partitions: Iterable[Partition]) -> Gone:
    """Say why a letter's partition is not among those that there are now."""
    return Gone.MADE_ANEW if any(part.topic == letter.topic for part in partitions) else Gone.NO_TOPIC


def why_gone(connection: Connection | None, letter: Letter) -> Gone | None:
    """Look for the original; None when it can be read. No cluster (None) is one without topics.

    Raises:
        IngestError: Kafka does not answer.
    """
    parts = describe_topic(connection, letter.topic, letter.source) if connection else []
    mine = next((part for part in parts if (part.topic_id, part.number) == letter.place), None)
    if mine is None or connection is None:
        return gone_with_its_topic(letter, parts)
    pieces = read_again(connection, mine, [letter.offset], rows_max=1, bytes_max=ONE_RECORD_BYTES)
    return next((why for found in pieces for why in found.gone.values()), None)
