"""The one place where kafka-python is told to give columns.

Its fetcher makes an object of each partition's part of an answer, from the class in its attribute `PartitionRecords`, and
takes records from that object. Ours gives columns instead. Connections, assignments, positions, fetch sessions and leader
epochs stay kafka-python's. Tried with 3.0.12; `check` proves at each start that it still fits.
"""

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError
from kafka.protocol.consumer import IsolationLevel
from kafka.structs import TopicPartition

from ingest.wire.fetch.aborted import Aborted, Transaction
from ingest.wire.fetch.decode.errors import HoleError
from ingest.wire.fetch.errors import CorruptBatchError
from ingest.wire.fetch.response import Response
from ingest.wire.records import Records
from ingest.wire.room import Rooms

POLL_BYTES: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Known:
    """What answers before this one said.

    Attributes:
        ends: where the last batch that was read of a partition ended.
        holes: where a partition seemed to be damaged.
        rooms: where the records of a partition are put.
    """

    ends: dict[TopicPartition, int] = field(default_factory=dict)
    holes: dict[TopicPartition, int] = field(default_factory=dict)
    rooms: defaultdict[TopicPartition, Rooms] = field(default_factory=lambda: defaultdict(Rooms))


class Taken(list[Records]):
    """What is taken at once, which counts as its weight in records: the fetcher takes until it has as many as it may."""

    def __init__(self, records: Records, weight: int) -> None:
        super().__init__([records])
        self._weight = weight

    def __len__(self) -> int:
        return self._weight


class ColumnarRecords:
    """What a broker answered for one partition, as kafka-python's fetcher wants to see it."""

    def __init__(
        self, fetcher: Any, known: Known, fetch_offset: int, tp: TopicPartition, records: Any, **options: Any
    ) -> None:
        """Read `records` from `fetch_offset` on."""
        self._fetcher = fetcher
        self._known = known
        self.topic_partition = tp
        self.next_fetch_offset = fetch_offset
        self.leader_epoch = -1
        self.records_read = 0
        self._options = options
        aborted = None
        if options["isolation_level"] == IsolationLevel.READ_COMMITTED:
            listed = options["aborted_transactions"] or []
            aborted = Aborted(Transaction(one.first_offset, one.producer_id) for one in listed)
        self._response = Response(
            bytes(records._buffer),  # noqa: SLF001 no copy when it is `bytes` already, as from a socket
            fetch_offset,
            aborted=aborted,
            check_crcs=options["check_crcs"],
            is_boundary=known.ends.get(tp) == fetch_offset,
            rooms=known.rooms[tp],
        )
        self._chunks: Iterator[Records] | None = self._response.chunks()
        self._rest: Records | None = None

    def __bool__(self) -> bool:
        return self._chunks is not None

    @property
    def bytes_read(self) -> int:
        """Return the size of the records read so far."""
        return self._response.bytes_read

    def take(self, count: int) -> list[Records]:
        """Take the next records, at most `count` and at most some megabytes; none at the end.

        Raises:
            CorruptBatchError: the next batch is damaged, and was so when the broker was asked before. A broker looks up a
                partition's end before it reads: what is written in between lies behind it, but not the next time.
        """
        if self._chunks is None:
            return []
        tp = self.topic_partition
        self._response.offset_end = self._fetcher._subscriptions.assignment[tp].highwater  # noqa: SLF001
        try:
            records = self._rest or next(self._chunks, None)
        except HoleError as hole:
            self.drain()  # else the fetcher would ask an iterator that has ended, for ever
            if self._known.holes.get(tp) != hole.offset_from:
                self._known.holes[tp] = hole.offset_from
                return []
            raise CorruptBatchError(tp.topic, tp.partition, hole.offset_from, hole.offset_next, hole.why) from hole
        self.leader_epoch, self.next_fetch_offset = self._response.leader_epoch, self._response.offset_next
        if records is None:
            self._known.ends[tp] = self.next_fetch_offset
            self.drain()
            return []
        self._rest = None
        if len(records) > count:
            self.next_fetch_offset = int(records.offsets[count])
            self._rest = records.since(self.next_fetch_offset)
            records = records.before(self.next_fetch_offset)
        self.records_read += len(records)
        weight = max(len(records), math.ceil(count * records.bytes / POLL_BYTES))
        # What little is left would only cut the next ones in two, and one half would wait for the next poll.
        return Taken(records, weight if count - weight >= 2 * len(records) else count)

    def drain(self) -> None:
        """Forget the rest, and say that this answer is done with."""
        if self._chunks is None:
            return
        self._chunks = self._rest = None
        _let_go(self._fetcher, self)
        if aggregator := self._options["metric_aggregator"]:
            aggregator.record(self.topic_partition, self.bytes_read, self.records_read)
        self._options["on_drain"](self)


class RowRecords(Fetcher.PartitionRecords):
    """kafka-python's own way, for when ours does not fit it any more, without its spin after a damaged batch."""

    def __init__(self, fetcher: Any, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._fetcher = fetcher

    def take(self, count: int | None = None) -> list[Any]:
        """Take the next records as objects.

        Raises:
            CorruptBatchError: the next batch is damaged.
        """
        try:
            rows: list[Any] = super().take(count)
        except (CorruptRecordError, ValueError, AssertionError) as error:
            self.drain()  # else poll() would never come back
            tp, why = self.topic_partition, "kafka-python cannot decode the batch"
            raise CorruptBatchError(tp.topic, tp.partition, self.next_fetch_offset, None, why) from error
        return rows

    def drain(self) -> None:
        """Forget the rest."""
        super().drain()
        _let_go(self._fetcher, self)


def install(fetcher: Any, *, is_columnar: bool) -> None:
    """Let the polls of the consumer with this fetcher give columns, or kafka-python's own objects."""
    way = partial(ColumnarRecords, fetcher, Known()) if is_columnar else partial(RowRecords, fetcher)
    fetcher.PartitionRecords = way


def _let_go(fetcher: Any, emptied: object) -> None:
    """Empty the fetcher's hand.

    kafka-python 3.0.12 takes back what it put aside for a paused partition only when nothing is in its hand, and what it
    has emptied stays there: such a partition would never be heard again.
    """
    if fetcher._next_partition_records is emptied:  # noqa: SLF001
        fetcher._next_partition_records = None  # noqa: SLF001
