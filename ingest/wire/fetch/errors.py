"""What a reader of columns tells the worker.

IngestError
└── CorruptBatchError  a record batch is damaged: its offsets are a hole, which the worker counts or stops at
"""

from ingest.errors import IngestError


class CorruptBatchError(IngestError):
    """A record batch of a partition cannot be read; nothing before it is lost.

    Attributes:
        topic: the topic's name.
        partition: the partition's number.
        offset_from: the first offset that cannot be read.
        offset_next: the first offset that can be read again; None when nothing behind the batch says so yet.
    """

    def __init__(self, topic: str, partition: int, offset_from: int, offset_next: int | None, why: str) -> None:
        hole = f"offset {offset_from} and those after it"
        if offset_next is not None:
            hole = f"offsets {offset_from} to {offset_next - 1} ({offset_next - offset_from})"
        super().__init__(
            f"{topic}/{partition}: {hole} cannot be read: {why}. Is the broker's disk failing? "
            "Restore the partition from a replica, or let the worker pass over them and count them as lost"
        )
        self.topic = topic
        self.partition = partition
        self.offset_from = offset_from
        self.offset_next = offset_next
