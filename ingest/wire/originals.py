"""Records read again at given offsets, a few of many; and of those that cannot be, why not."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np

from ingest.errors import IngestError, LostRecordsError
from ingest.wire.connection import Connection
from ingest.wire.fetch import ColumnarSource, CorruptBatchError
from ingest.wire.records import Partition, Records
from ingest.wire.source import bounds

POLL_MS: Final = 500
SILENT_POLLS_MAX: Final = 60
ATTEMPTS_MAX: Final = 3
NEAR_OFFSETS: Final = 10_000
"""One answer of a broker has as many records, about; to read on costs no more than to ask for another place."""


class Gone(StrEnum):
    """Why the original of a dead letter cannot be read again."""

    REMOVED = "removed_by_retention"
    MADE_ANEW = "topic_made_anew"
    NO_TOPIC = "no_such_topic"
    SET_BACK = "partition_set_back"
    COMPACTED = "compacted_away"
    DAMAGED = "batch_damaged"


@dataclass(frozen=True, slots=True)
class Found:
    """Some of the records that were asked for.

    Attributes:
        records: those that are there, ascending.
        gone: offset → why it is not.
    """

    records: Records
    gone: Mapping[int, Gone]


def read_again(
    connection: Connection, partition: Partition, offsets: Iterable[int], *, rows_max: int, bytes_max: int
) -> Iterator[Found]:
    """Read the records of a partition that have these offsets, ascending, in pieces; each offset is in one of them.

    Raises:
        KafkaAwayError: Kafka does not answer.
        IngestError: it answers, and gives no records that it says it has.
    """
    waiting = deque(sorted(set(offsets)))
    in_vain = 0
    while waiting:
        first, end = bounds(connection, [partition])[partition]
        gone = {}
        while waiting and waiting[0] < first:
            gone[waiting.popleft()] = Gone.REMOVED
        while waiting and waiting[-1] >= end:
            gone[waiting.pop()] = Gone.SET_BACK
        if gone:
            yield Found(Records.joined([]), gone)
        if waiting:
            before = len(waiting)
            try:
                with ColumnarSource(connection, {partition: waiting[0]}, rows_max) as source:
                    yield from _Reading(source, partition, waiting, rows_max, bytes_max).pieces()
            except LostRecordsError:  # retention was quicker; the bounds will say which
                in_vain = in_vain + 1 if len(waiting) == before else 0
                if in_vain > ATTEMPTS_MAX:
                    raise


@dataclass(slots=True)
class _Reading:
    """A way through one partition, from one wanted offset to the next."""

    source: ColumnarSource
    partition: Partition
    waiting: deque[int]
    rows_max: int
    bytes_max: int
    parts: list[Records] = field(default_factory=list)
    gone: dict[int, Gone] = field(default_factory=dict)

    def pieces(self) -> Iterator[Found]:
        silent = 0
        while self.waiting:
            position = self.source.position(self.partition)
            if self.waiting[0] < position:
                self.gone[self.waiting.popleft()] = Gone.COMPACTED
                continue
            if self.waiting[0] - position > NEAR_OFFSETS:
                self.source.skip(self.partition, self.waiting[0])
            try:
                records = self.source.poll(POLL_MS).get(self.partition)
            except CorruptBatchError as error:
                self._pass_over(error)
                continue
            except LostRecordsError:
                yield self._piece()
                raise
            silent = 0 if records is not None else silent + 1
            if silent > SILENT_POLLS_MAX:
                raise IngestError(
                    f"{self.partition}: Kafka does not give offset {self.waiting[0]}, which it says it has"
                )
            if records is not None:
                self._take(records)
            if sum(map(len, self.parts)) >= self.rows_max or sum(part.bytes for part in self.parts) >= self.bytes_max:
                yield self._piece()
        if self.parts or self.gone:
            yield self._piece()

    def _take(self, records: Records) -> None:
        wanted = []
        while self.waiting and self.waiting[0] <= records.offsets[-1]:
            wanted.append(self.waiting.popleft())
        is_wanted = np.isin(records.offsets, wanted)
        self.gone.update(dict.fromkeys(set(wanted).difference(records.offsets[is_wanted].tolist()), Gone.COMPACTED))
        if is_wanted.any():
            self.parts.append(records.only(is_wanted))

    def _pass_over(self, error: CorruptBatchError) -> None:
        offset_next = error.offset_from + 1 if error.offset_next is None else error.offset_next
        while self.waiting and self.waiting[0] < offset_next:
            self.gone[self.waiting.popleft()] = Gone.DAMAGED
        if self.waiting:
            self.source.skip(self.partition, self.waiting[0])

    def _piece(self) -> Found:
        found = Found(Records.joined(self.parts), self.gone)
        self.parts, self.gone = [], {}
        return found
