"""The seam between Kafka and the pipeline: polls give columns, positions are ours alone.

kafka-python's plain poll fills the columns. Positions come from the sinks' marks, so the consumer never commits, and it
never resets: an offset that is gone is an error that names the missing range.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any, Final, Self

import numpy as np
import pyarrow as pa
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import OffsetOutOfRangeError

from ingest.errors import LostRecordsError
from ingest.wire.connection import Connection
from ingest.wire.records import BACKFILL, Partition, Records

RECORDS_A_POLL: Final = 50_000
PARTITION_FETCH_BYTES: Final = 4 * 1024 * 1024
OPTIONS: Final[dict[str, Any]] = {
    "enable_auto_commit": False,
    "auto_offset_reset": "none",
    "max_partition_fetch_bytes": PARTITION_FETCH_BYTES,
}


class Source:
    """A consumer of given partitions from given positions; use it as a context manager.

    Args:
        connection: the cluster.
        starts: the next offset to read of each partition.
        records_max: how many records one poll gives at most.
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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def ends(self) -> dict[Partition, int]:
        """Say for each partition the offset that its next record will have."""
        with self._connection.speaking("ask for the ends of partitions"):
            ends = self._consumer.end_offsets(list(self._partitions))
        return {part: ends[tp] for tp, part in self._partitions.items()}

    def position(self, partition: Partition) -> int:
        """Say the next offset that a poll will give of a partition; control records are passed over."""
        position: int = self._consumer.position(TopicPartition(partition.topic, partition.number)) or 0
        return position

    def listen_to(self, partitions: Collection[Partition]) -> None:
        """Let polls give records of these partitions only, until it is said otherwise."""
        chosen = {tp for tp, part in self._partitions.items() if part in partitions}
        paused = self._consumer.paused()
        if others := set(self._partitions) - chosen - paused:
            self._consumer.pause(*others)
        if again := paused & chosen:
            self._consumer.resume(*again)

    def poll(self, timeout_ms: int) -> dict[Partition, Records]:
        """Take what has come, at most some megabytes; empty when nothing came within the time."""
        with self._connection.speaking("read"):
            try:
                polled = self._consumer.poll(timeout_ms)
            except OffsetOutOfRangeError as error:
                tp, offset = next(iter(error.args[0].items()))
                first = self._consumer.beginning_offsets([tp])[tp]
                raise LostRecordsError(tp.topic, tp.partition, offset, first) from error
        return {self._partitions[tp]: _columns(records) for tp, records in polled.items()}


def bounds(connection: Connection, partitions: Iterable[Partition]) -> dict[Partition, tuple[int, int]]:
    """Say for each partition the oldest offset that it still holds, and the one that its next record will have."""
    wanted = {TopicPartition(part.topic, part.number): part for part in partitions}
    with connection.speaking("ask for the bounds of partitions"):
        consumer = KafkaConsumer(**connection.options(), enable_auto_commit=False)
        try:
            first, end = consumer.beginning_offsets(list(wanted)), consumer.end_offsets(list(wanted))
        finally:
            consumer.close()
    return {part: (first[tp], end[tp]) for tp, part in wanted.items()}


def _columns(records: list[Any]) -> Records:
    columns: dict[str, list[Any]] = defaultdict(list)
    for record in records:
        columns["offset"].append(record.offset)
        columns["sent_ms"].append(record.timestamp)
        columns["key"].append(record.key)
        columns["value"].append(record.value)
        columns["backfill"].append(any(name == BACKFILL for name, _ in record.headers))
    return Records(
        np.array(columns["offset"], np.int64),
        np.array(columns["sent_ms"], np.int64),
        pa.array(columns["key"], pa.binary()),
        pa.array(columns["value"], pa.binary()),
        np.array(columns["backfill"], np.bool_),
    )
