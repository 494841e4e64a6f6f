"""Kafka records as columns, and what one worker takes of a partition at once."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

BACKFILL: Final = "footfall-backfill"
"""The header of a record that is historic: its event is never late, whenever it is sent."""


class Gives(Protocol):
    """A room that records lie in."""

    def records(self, first: int, last: int) -> "Records":
        """Give rows [first, last) of the room."""


class Place(NamedTuple):
    """Which rows of a room some records are."""

    room: Gives
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Records:
    """Consecutive records of one partition, as columns of equal length.

    Attributes:
        offsets: int64, ascending; gaps are left by transactions and compaction.
        sent_ms: int64, the records' Kafka timestamps in milliseconds.
        keys: binary, null where a record has no key.
        values: binary, null where a record has no value.
        backfill: bool, true where the sender marked a record as historic, by the header `BACKFILL`.
        place: where they lie, when others may lie behind them.
    """

    offsets: npt.NDArray[np.int64]
    sent_ms: npt.NDArray[np.int64]
    keys: pa.Array
    values: pa.Array
    backfill: npt.NDArray[np.bool_]
    place: Place | None = None

    def __len__(self) -> int:
        return len(self.offsets)

    @property
    def bytes(self) -> int:
        """Size of keys and values."""
        return int(self.keys.nbytes + self.values.nbytes)

    def before(self, offset: int) -> "Records":
        """Take the records below `offset`."""
        return self._cut(0, int(np.searchsorted(self.offsets, offset)))

    def since(self, offset: int) -> "Records":
        """Take the records at or above `offset`."""
        return self._cut(int(np.searchsorted(self.offsets, offset)), len(self))

    def only(self, chosen: npt.NDArray[np.bool_]) -> "Records":
        """Take the records that are marked: one bool for each."""
        mask = pa.array(chosen)
        keys, values = self.keys.filter(mask), self.values.filter(mask)
        return Records(self.offsets[chosen], self.sent_ms[chosen], keys, values, self.backfill[chosen])

    def _cut(self, first: int, last: int) -> "Records":
        part, place = slice(first, last), self.place
        if place is not None:
            place = Place(place.room, place.first + first, place.first + last)
        columns = (self.offsets[part], self.sent_ms[part], self.keys[part], self.values[part], self.backfill[part])
        return Records(*columns, place)

    @classmethod
    def joined(cls, parts: "list[Records]") -> "Records":
        """Put parts of one partition in a row, without a copy if they lie in one; no part gives no record."""
        if not parts:
            none = np.empty(0, np.int64)
            return cls(none, none, pa.array([], pa.binary()), pa.array([], pa.binary()), np.empty(0, np.bool_))
        if len(parts) == 1:
            return parts[0]
        if (place := _together([part.place for part in parts])) is not None:
            return place.room.records(place.first, place.last)
        return cls(
            np.concatenate([part.offsets for part in parts]),
            np.concatenate([part.sent_ms for part in parts]),
            pa.concat_arrays([part.keys for part in parts]),
            pa.concat_arrays([part.values for part in parts]),
            np.concatenate([part.backfill for part in parts]),
        )


def _together(places: list[Place | None]) -> Place | None:
    """Say where all of these lie, one behind the other; None when they do not."""
    known = [place for place in places if place is not None]
    follows = all(one.room is other.room and one.last == other.first for one, other in pairwise(known))
    return Place(known[0].room, known[0].first, known[-1].last) if follows and len(known) == len(places) else None


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition of one topic of one cluster; a topic that is deleted and made anew has another id.

    Attributes:
        cluster_id: the cluster's own id.
        topic: the topic's name.
        topic_id: the topic's own id.
        number: the partition's number.
        source: what its records are, one of the policy's sources.
    """

    cluster_id: str
    topic: str
    topic_id: str
    number: int
    source: str = "web_log"

    @property
    def app_id(self) -> str:
        """The name under which sinks keep this partition's mark."""
        return f"{self.cluster_id}/{self.topic_id}/{self.number}"

    def __str__(self) -> str:
        return f"{self.topic}/{self.number}"


@dataclass(frozen=True, slots=True)
class Intake:
    """What one worker takes from one partition at once: all records with offsets in [offset_from, offset_next)."""

    partition: Partition
    offset_from: int
    offset_next: int
    records: Records

    @property
    def id(self) -> str:
        """Name of the intake: topic id, partition and first offset."""
        return f"{self.partition.topic_id}/{self.partition.number}/{self.offset_from}"
