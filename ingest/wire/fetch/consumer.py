"""kafka-python's consumer, told to give columns: the one place where its polls are turned into ours."""

from collections.abc import Collection
from typing import Any, Final

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import LogTruncationError, OffsetOutOfRangeError

from ingest.errors import LostRecordsError
from ingest.wire.connection import Connection
from ingest.wire.fetch import receiving
from ingest.wire.fetch.check import rows_of, why_it_does_not_fit
from ingest.wire.fetch.decode.rows import records_of
from ingest.wire.fetch.seam import install
from ingest.wire.records import Records

RECORDS_A_POLL: Final = 50_000
PARTITION_FETCH_BYTES: Final = 3 * 1024 * 1024
FETCH_BYTES: Final = 12 * 1024 * 1024
OPTIONS: Final[dict[str, Any]] = {
    "enable_auto_commit": False,
    "auto_offset_reset": "none",
    "isolation_level": "read_committed",
    "max_partition_fetch_bytes": PARTITION_FETCH_BYTES,
    "fetch_max_bytes": FETCH_BYTES,
    "allow_auto_create_topics": False,
}


class ColumnarConsumer:
    """A consumer that never commits and never resets: positions are its caller's, and an offset that is gone is an error.

    Args:
        connection: the cluster.
        records_max: how many records one poll gives at most.
        options: more of kafka-python's own.

    Attributes:
        kafka: kafka-python's consumer.
        warning: why polls take the slow way, kafka-python's own decoder; empty when they do not.
    """

    def __init__(self, connection: Connection, records_max: int, **options: Any) -> None:
        self._connection = connection
        self._truncated: dict[TopicPartition, Any] = {}
        if not receiving.why_it_does_not_fit():
            options["kafka_client"] = receiving.client
        with connection.speaking("read"):
            self.kafka = KafkaConsumer(
                **connection.options(), **OPTIONS, max_poll_records=min(records_max, RECORDS_A_POLL), **options
            )
        self.warning = ""
        if why := why_it_does_not_fit(self.kafka):
            self.warning = f"records are read the slow way, because this kafka-python does not fit the fast one ({why})"
        install(self.kafka._fetcher, is_columnar=not why)  # type: ignore[attr-defined] # noqa: SLF001 the seam

    def close(self) -> None:
        """Leave the group, if there is one, and Kafka."""
        self.kafka.close()

    def bounds(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, tuple[int, int]]:
        """Say for each partition the oldest offset that it still holds, and the one that its next record will have."""
        with self._connection.speaking("ask for the bounds of partitions"):
            first, end = self.kafka.beginning_offsets(list(partitions)), self.kafka.end_offsets(list(partitions))
        return {tp: (first[tp], end[tp]) for tp in partitions}

    def ends(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        """Say for each partition the offset that its next record will have, open transactions left out."""
        with self._connection.speaking("ask for the ends of partitions"):
            ends: dict[TopicPartition, int] = self.kafka.end_offsets(list(partitions))
        return ends

    def position(self, partition: TopicPartition) -> int:
        """Say the next offset that a poll will give of a partition; control records are passed over."""
        with self._connection.speaking("read"):  # it may ask the group's coordinator, or whether the log was cut back
            try:
                position: int = self.kafka.position(partition) or 0
            except LogTruncationError as error:
                # Said once only, and not always about this partition: the next poll says it.
                self._truncated.update(error.divergent_offsets)
                return self.position(partition)
        return position

    def listen_to(self, chosen: Collection[TopicPartition]) -> None:
        """Let polls give records of these partitions only, until it is said otherwise."""
        paused = self.kafka.paused()
        if others := self.kafka.assignment() - set(chosen) - paused:
            self.kafka.pause(*others)
        if again := paused.intersection(chosen):
            self.kafka.resume(*again)

    def poll(self, timeout_ms: int) -> dict[TopicPartition, Records]:
        """Take what has come, at most some megabytes; empty when nothing came within the time.

        Raises:
            LostRecordsError: Kafka no longer has the next records, or not yet.
            CorruptBatchError: the next batch of a partition is damaged; so says every poll until it is passed over.
        """
        with self._connection.speaking("read"):
            try:
                polled = {} if self._truncated else self.kafka.poll(timeout_ms)
            except OffsetOutOfRangeError as error:
                tp, offset = next(iter(error.args[0].items()))
                first, end = self.bounds([tp])[tp]
                raise LostRecordsError(tp.topic, tp.partition, offset, first, end) from error
            except LogTruncationError as error:
                self._truncated.update(error.divergent_offsets)
        for tp, divergent in self._truncated.items():
            first, end = self.bounds([tp])[tp]
            end = end if divergent is None else divergent.offset
            raise LostRecordsError(tp.topic, tp.partition, self.position(tp), min(first, end), end)
        return {tp: self._joined(records) for tp, records in polled.items()}

    def _joined(self, records: list[Any]) -> Records:
        return records_of(rows_of(records)) if self.warning else Records.joined(records)
