"""Kafka's records as columns: polls give what a broker sent without one Python object a record.

Positions are the caller's, so the consumer never commits, and it never resets: an offset that is gone is an error that
names the missing range. Records of transactions that were given up, or are still open, are not given.
"""

from collections.abc import Collection
from typing import Self

from kafka import TopicPartition

from ingest.errors import LostRecordsError
from ingest.wire.connection import Connection
from ingest.wire.fetch.consumer import ColumnarConsumer
from ingest.wire.records import Partition, Records


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
        self._consumer = ColumnarConsumer(connection, records_max)
        self.warning = self._consumer.warning
        with connection.speaking("read"):
            self._consumer.kafka.assign(list(self._partitions))
            bounds = self._consumer.bounds(self._partitions)
        for tp, part in self._partitions.items():
            first, end = bounds[tp]
            if first > starts[part]:
                self._consumer.close()
                raise LostRecordsError(part.topic, part.number, starts[part], first, end)
            self._consumer.kafka.seek(tp, starts[part])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def ends(self) -> dict[Partition, int]:
        """Say for each partition the offset that its next record will have, open transactions left out."""
        ends = self._consumer.ends(self._partitions)
        return {part: ends[tp] for tp, part in self._partitions.items()}

    def position(self, partition: Partition) -> int:
        """Say the next offset that a poll will give of a partition; control records are passed over."""
        return self._consumer.position(TopicPartition(partition.topic, partition.number))

    def skip(self, partition: Partition, offset_next: int) -> None:
        """Go on at `offset_next`, behind a damaged batch; whoever skips counts what is lost."""
        self._consumer.kafka.seek(TopicPartition(partition.topic, partition.number), offset_next)

    def listen_to(self, partitions: Collection[Partition]) -> None:
        """Let polls give records of these partitions only, until it is said otherwise."""
        self._consumer.listen_to([tp for tp, part in self._partitions.items() if part in partitions])

    def poll(self, timeout_ms: int) -> dict[Partition, Records]:
        """Take what has come, at most some megabytes; empty when nothing came within the time.

        Raises:
            LostRecordsError: Kafka no longer has the next records.
            CorruptBatchError: the next batch of a partition is damaged; so says every poll until it is skipped.
        """
        return {self._partitions[tp]: records for tp, records in self._consumer.poll(timeout_ms).items()}
