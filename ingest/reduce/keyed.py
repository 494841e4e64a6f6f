"""Records beside their keys: which file each came from, where it stood there, and whether it came before."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ingest.wire.records import Intake
from warehouse.registry import Origin

KEY_BYTES: Final = 16
NO_ORIGIN: Final = -1
NOBODY: Final = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Keyed:
    """The records of an intake by their keys.

    Attributes:
        intake: the records.
        origins: the distinct files of the intake, as the registry numbers them.
        origin: one number a record, its place in `origins`; `NO_ORIGIN` where the key is not one of ours.
        position: one number a record, where it stood in its file.
        counts: how many records have no file, and then how many each of `origins` has.
    """

    intake: Intake
    origins: npt.NDArray[np.int64]
    origin: npt.NDArray[np.int64]
    position: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]

    @classmethod
    def of(cls, intake: Intake) -> "Keyed":
        """Read the record keys: 8 bytes of origin, 8 bytes of position, both big-endian."""
        keys, count = intake.records.keys, len(intake.records)
        own = pc.equal(pc.binary_length(keys), KEY_BYTES)
        if count and own.true_count == count:
            origins, origin, position = _numbers(keys)
        else:
            origins, origin, position = NOBODY, np.full(count, NO_ORIGIN, np.int64), np.zeros(count, np.int64)
            if own.true_count:
                ours = own.fill_null(False).to_numpy(zero_copy_only=False)
                origins, origin[ours], position[ours] = _numbers(keys.filter(own))
        return cls(intake, origins, origin, position, np.bincount(origin - NO_ORIGIN, minlength=len(origins) + 1))

    @property
    def places(self) -> list[int]:
        """The numbers of the files that records of the intake came from, `NO_ORIGIN` first if some came from none."""
        return (np.flatnonzero(self.counts) + NO_ORIGIN).tolist()

    def rows_of(self, number: int) -> slice | npt.NDArray[np.int64]:
        """Say which records are one file's, ascending; a slice where all are, as is the rule."""
        if self.counts[number - NO_ORIGIN] == len(self.origin):
            return slice(None)
        return np.flatnonzero(self.origin == number)

    def seen_before(self, positions: Mapping[int, int]) -> npt.NDArray[np.bool_]:
        """Mark records whose position is not beyond all earlier ones of their file: they were sent twice."""
        seen = np.zeros(len(self.origin), bool)
        for number, origin in enumerate(self.origins.tolist()):
            mine = self.rows_of(number)
            position = self.position[mine]
            again = position <= positions.get(origin, 0) - 1
            again[1:] |= position[1:] <= np.maximum.accumulate(position)[:-1]
            seen[mine] = again
        return seen

    def reached(self, positions: Mapping[int, int]) -> dict[int, int]:
        """Say how far each file has come after this intake; others stay where they are."""
        after = dict(positions)
        for number, origin in enumerate(self.origins.tolist()):
            reached = int(self.position[self.rows_of(number)].max()) + 1
            after[origin] = max(reached, positions.get(origin, 0))
        return after

    def named(self, number: int, known: Mapping[int, Origin]) -> dict[str, Any]:
        """Name one file of the intake: origin, file and site; all None where records came without a key of ours."""
        origin = None if number == NO_ORIGIN else int(self.origins[number])
        found = known.get(origin) if origin is not None else None
        return {"origin": origin, "file": found.file if found else None, "site": found.site if found else None}


def _numbers(keys: pa.Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Read keys of `KEY_BYTES` each: the distinct origins, and for each record the place of its own and its position.

    The bytes of keys without a gap lie one behind the other. Records of one file do too, so only the first of each run of
    them has its origin looked up.
    """
    _, offsets, content = keys.buffers()
    start = np.frombuffer(offsets, np.int32)[keys.offset]
    numbers = np.frombuffer(content, ">i8", 2 * len(keys), start).reshape(-1, 2)
    raw = numbers[:, 0].view(np.int64)
    heads = np.flatnonzero(np.concatenate(([True], raw[1:] != raw[:-1])))
    origins, place = np.unique(numbers[heads, 0].astype(np.int64), return_inverse=True)
    return origins, np.repeat(place, np.diff(heads, append=len(raw))), numbers[:, 1].astype(np.int64)
