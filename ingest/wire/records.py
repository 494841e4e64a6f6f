"""Kafka records as columns, and what one worker takes of a partition at once."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

BACKFILL: Final = "footfall-backfill"
"""The header of a record that is historic: its event is never late, whenever it is sent."""


@dataclass(frozen=True, slots=True)
class Records:
    """Consecutive records of one partition, as columns of equal length.

    Attributes:
        offsets: int64, ascending; gaps are left by transactions and compaction.
        sent_ms: int64, the records' Kafka timestamps in milliseconds.
        keys: binary, null where a record has no key.
        values: binary, null where a record has no value.
        backfill: bool, true where the sender marked a record as historic, by the header `BACKFILL`.
    """

    offsets: npt.NDArray[np.int64]
    sent_ms: npt.NDArray[np.int64]
    keys: pa.Array
    values: pa.Array
    backfill: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.offsets)

    @property
    def bytes(self) -> int:
        """Size of keys and values."""
        return int(self.keys.nbytes + self.values.nbytes)

    def before(self, offset: int) -> "Records":
        """Take the records below `offset`."""
        return self._cut(slice(None, int(np.searchsorted(self.offsets, offset))))

    def since(self, offset: int) -> "Records":
        """Take the records at or above `offset`."""
        return self._cut(slice(int(np.searchsorted(self.offsets, offset)), None))

    def only(self, chosen: npt.NDArray[np.bool_]) -> "Records":
        """Take the records that are marked: one bool for each."""
        mask = pa.array(chosen)
        keys, values = self.keys.filter(mask), self.values.filter(mask)
        return Records(self.offsets[chosen], self.sent_ms[chosen], keys, values, self.backfill[chosen])

    def _cut(self, part: slice) -> "Records":
        return Records(self.offsets[part], self.sent_ms[part], self.keys[part], self.values[part], self.backfill[part])

    @classmethod
    def joined(cls, parts: "list[Records]") -> "Records":
        """Put parts of one partition in a row; no part gives no record."""
        if not parts:
            none = np.empty(0, np.int64)
            return cls(none, none, pa.array([], pa.binary()), pa.array([], pa.binary()), np.empty(0, np.bool_))
        if len(parts) == 1:
            return parts[0]
        return cls(
            np.concatenate([part.offsets for part in parts]),
            np.concatenate([part.sent_ms for part in parts]),
            pa.concat_arrays([part.keys for part in parts]),
            pa.concat_arrays([part.values for part in parts]),
            np.concatenate([part.backfill for part in parts]),
        )


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
