"""The accounts of one intake: what came in, what was kept where, and why the rest was not (R58)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.reduce.keyed import NO_ORIGIN, Keyed
from policy.schemas import arrow_schema
from transform.access_log import shape
from transform.context import Context
from transform.reasons import is_dead_letter
from transform.steps import Outcome
from warehouse.registry import Origin

KEPT: Final = -1


@dataclass(frozen=True, slots=True)
class Accounts:
    """Makes the rows of `intakes` and `dead_letters` for one intake.

    Attributes:
        keyed: its records and their files.
        outcome: what the steps made of them.
        origins: files known to the registry.
        context: the circumstances.
        site: the site of log lines that come without one; "" where each record names its own.
    """

    keyed: Keyed
    outcome: Outcome
    origins: Mapping[int, Origin]
    context: Context
    site: str

    def intakes(self) -> pa.Table:
        """Give one row per file of the intake, one at least; the first has the fields that were dropped."""
        left, names = self._left()
        rows = []
        for place, number in enumerate(np.unique(self.keyed.origin).tolist() or [NO_ORIGIN]):
            mine = self.keyed.origin == number
            counts = np.bincount(left[mine] + 1, minlength=len(names) + 1)
            why = {name: int(count) for name, count in zip(names, counts[1:], strict=True) if count}
            positions = self.keyed.position[mine]
            at = self.keyed.named(number, self.origins)
            rows.append(
                {
                    **self._coordinates(),
                    **at,
                    "intake": self.keyed.intake.id,
                    "site": at["site"] or self.site or None,
                    "position_from": int(positions.min()) if number != NO_ORIGIN else None,
                    "position_next": int(positions.max()) + 1 if number != NO_ORIGIN else None,
                    "offset_from": self.keyed.intake.offset_from,
                    "offset_next": self.keyed.intake.offset_next,
                    "lines_in": int(mine.sum()),
                    "kept": int(counts[0]),
                    "dropped": [(name, count) for name, count in why.items() if not is_dead_letter(name)],
                    "dead_letters": [(name, count) for name, count in why.items() if is_dead_letter(name)],
                    "stored": self._stored(mine),
                    "fields_dropped": [] if place else list(self.outcome.fields_dropped.items()),
                }
            )
        return self._table("intakes", rows)

    def dead_letters(self) -> pa.Table:
        """Give one row per record that could not be used: coordinates, reason and shape, never content."""
        left, names = self._left()
        defects = [number for number, name in enumerate(names) if is_dead_letter(name)]
        records = self.keyed.intake.records
        rows = []
        for row in np.flatnonzero(np.isin(left, defects)).tolist():
            at = self.keyed.named(int(self.keyed.origin[row]), self.origins)
            rows.append(
                {
                    **self._coordinates(),
                    "offset": int(records.offsets[row]),
                    "origin": at["origin"],
                    "file": at["file"],
                    "position": None if at["origin"] is None else int(self.keyed.position[row]),
                    "reason": names[left[row]],
                    "shape": shape(records.values[row].as_py() or b""),
                }
            )
        return self._table("dead_letters", rows)

    def _left(self) -> tuple[npt.NDArray[np.int64], list[str]]:
        """Give each record the number of its reason, or `KEPT`, and the reasons in a fixed order."""
        left = np.full(len(self.keyed.intake.records), KEPT, np.int64)
        reasons = self.outcome.left.column("reason").combine_chunks().dictionary_encode()
        names = reasons.dictionary.to_pylist()
        order = sorted(names)
        numbers = np.array([order.index(name) for name in names], np.int64)
        left[self.outcome.left.column("row").to_numpy()] = numbers[reasons.indices.to_numpy()]
        return left, order

    def _stored(self, mine: npt.NDArray[np.bool_]) -> list[tuple[str, int]]:
        counts = ((table, int(mine[rows].sum())) for table, rows in sorted(self.outcome.rows.items()))
        return [(table, count) for table, count in counts if count]

    def _coordinates(self) -> dict[str, Any]:
        part = self.keyed.intake.partition
        return {
            "source": part.source,
            "topic": part.topic,
            "topic_id": part.topic_id,
            "partition": part.number,
            "taken_at": self.context.taken_at,
            "policy_version": self.context.policy.version,
        }

    def _table(self, name: str, rows: list[dict[str, Any]]) -> pa.Table:
        return pa.Table.from_pylist(rows, schema=arrow_schema(self.context.policy, name))
