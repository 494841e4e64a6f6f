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


@dataclass(frozen=True, slots=True)
class Keyed:
    """The records of an intake by their keys.

    Attributes:
        intake: the records.
        origins: the distinct files of the intake, as the registry numbers them.
        origin: one number a record, its place in `origins`; `NO_ORIGIN` where the key is not one of ours.
        position: one number a record, where it stood in its file.
    """

    intake: Intake
    origins: npt.NDArray[np.int64]
    origin: npt.NDArray[np.int64]
    position: npt.NDArray[np.int64]

    @classmethod
    def of(cls, intake: Intake) -> "Keyed":
        """Read the record keys: 8 bytes of origin, 8 bytes of position, both big-endian."""
        keys, count = intake.records.keys, len(intake.records)
        origin = np.full(count, NO_ORIGIN, np.int64)
        position = np.zeros(count, np.int64)
        own = pc.fill_null(pc.equal(pc.binary_length(keys), KEY_BYTES), False)
        ours = own.to_numpy(zero_copy_only=False)
        if not ours.any():
            return cls(intake, np.empty(0, np.int64), origin, position)
        joined = pc.binary_join(pa.ListArray.from_arrays([0, int(ours.sum())], keys.filter(own)), b"")[0].as_py()
        numbers = np.frombuffer(joined, ">u8").reshape(-1, 2).astype(np.uint64).view(np.int64)
        origins, number = np.unique(numbers[:, 0], return_inverse=True)
        origin[ours] = number
        position[ours] = numbers[:, 1]
        return cls(intake, origins, origin, position)

    def seen_before(self, positions: Mapping[int, int]) -> npt.NDArray[np.bool_]:
        """Mark records whose position is not beyond all earlier ones of their file: they were sent twice."""
        seen = np.zeros(len(self.origin), bool)
        for number, origin in enumerate(self.origins.tolist()):
            mine = np.flatnonzero(self.origin == number)
            position = self.position[mine]
            reached = np.maximum.accumulate(np.concatenate(([positions.get(origin, 0) - 1], position)))[:-1]
            seen[mine] = position <= reached
        return seen

    def reached(self, positions: Mapping[int, int]) -> dict[int, int]:
        """Say how far each file has come after this intake; others stay where they are."""
        after = dict(positions)
        for number, origin in enumerate(self.origins.tolist()):
            reached = int(self.position[self.origin == number].max()) + 1
            after[origin] = max(reached, positions.get(origin, 0))
        return after

    def named(self, number: int, known: Mapping[int, Origin]) -> dict[str, Any]:
        """Name one file of the intake: origin, file and site; all None where records came without a key of ours."""
        origin = None if number == NO_ORIGIN else int(self.origins[number])
        found = known.get(origin) if origin is not None else None
        return {"origin": origin, "file": found.file if found else None, "site": found.site if found else None}
