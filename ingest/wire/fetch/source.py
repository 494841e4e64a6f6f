"""Kafka's records as columns: polls give what a broker sent without one Python object a record.

Positions come from the sinks' marks, so the consumer never commits, and it never resets: an offset that is gone is an
error that names the missing range. Records of transactions that were given up, or are still open, are not given.
"""

from collections.abc import Collection
from typing import Any, Final, Self

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import OffsetOutOfRangeError

from ingest.errors import LostRecordsError
from ingest.wire.connection import Connection
from ingest.wire.fetch.check import rows_of, why_it_does_not_fit
from ingest.wire.fetch.decode.rows import records_of
from ingest.wire.fetch.seam import ColumnarRecords, RowRecords, install, release
from ingest.wire.records import Partition, Records

RECORDS_A_POLL: Final = 50_000
PARTITION_FETCH_BYTES: Final = 4 * 1024 * 1024
FETCH_BYTES: Final = 16 * 1024 * 1024
OPTIONS: Final[dict[str, Any]] = {
    "enable_auto_commit": False,
    "auto_offset_reset": "none",
    "isolation_level": "read_committed",
    "max_partition_fetch_bytes": PARTITION_FETCH_BYTES,
    "fetch_max_bytes": FETCH_BYTES,
}


class ColumnarSource:
    """A consumer of given partitions from given positions; use it as a context manager.

    Args:
        connection: the cluster.
        starts: the next offset to read of each partition.
        records_max: how many records one poll gives at most.

    Attributes:
        warning: why polls take the slow way, kafka-python's own decoder; empty when they do not.
    """

    def __init__(self, connection: Connection, starts: dict[Partition, int], records_max: int) -> None:
        self._connection = connection
        self._partitions = {TopicPartition(part.topic, part.number): part for part in starts}
        with connection.speaking("read"):
            self._consumer = KafkaConsumer(
                **connection.options(), **OPTIONS, max_poll_records=min(records_max, RECORDS_A_POLL)
            )
            self._consumer.assign(list(self._partitions))
            first = self._consumer.beginning_offsets(list(self._partitions))
        for tp, part in self._partitions.items():
            if first[tp] > starts[part]:
                self._consumer.close()
                raise LostRecordsError(part.topic, part.number, starts[part], first[tp])
            self._consumer.seek(tp, starts[part])
        self.warning = ""
        if why := why_it_does_not_fit(self._consumer):
            self.warning = f"records are read the slow way, because this kafka-python does not fit the fast one ({why})"
        install(self._consumer, RowRecords if why else ColumnarRecords)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def ends(self) -> dict[Partition, int]:
        """Say for each partition the offset that its next record will have, open transactions left out."""
        with self._connection.speaking("ask for the ends of partitions"):
            ends = self._consumer.end_offsets(list(self._partitions))
        return {part: ends[tp] for tp, part in self._partitions.items()}

    def position(self, partition: Partition) -> int:
        """Say the next offset that a poll will give of a partition; control records are passed over."""
        position: int = self._consumer.position(TopicPartition(partition.topic, partition.number)) or 0
        return position

    def skip(self, partition: Partition, offset_next: int) -> None:
        """Go on at `offset_next`, behind a damaged batch; whoever skips counts what is lost."""
        self._consumer.seek(TopicPartition(partition.topic, partition.number), offset_next)

    def listen_to(self, partitions: Collection[Partition]) -> None:
        """Let polls give records of these partitions only, until it is said otherwise."""
        chosen = {tp for tp, part in self._partitions.items() if part in partitions}
        paused = self._consumer.paused()
        if others := set(self._partitions) - chosen - paused:
            self._consumer.pause(*others)
        if again := paused & chosen:
            self._consumer.resume(*again)

    def poll(self, timeout_ms: int) -> dict[Partition, Records]:
        """Take what has come, at most some megabytes; empty when nothing came within the time.

        Raises:
            LostRecordsError: Kafka no longer has the next records.
            CorruptBatchError: the next batch of a partition is damaged; so says every poll until it is skipped.
        """
        with self._connection.speaking("read"):
            release(self._consumer)
            try:
                polled = self._consumer.poll(timeout_ms)
            except OffsetOutOfRangeError as error:
                tp, offset = next(iter(error.args[0].items()))
                first = self._consumer.beginning_offsets([tp])[tp]
                raise LostRecordsError(tp.topic, tp.partition, offset, first) from error
        return {self._partitions[tp]: self._joined(records) for tp, records in polled.items()}

    def _joined(self, records: list[Any]) -> Records:
        return records_of(rows_of(records)) if self.warning else Records.joined(records)
