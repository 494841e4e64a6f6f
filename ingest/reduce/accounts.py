"""The accounts of one intake: what came in, what was kept where, and why the rest was not (R58)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

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
        keyed = self.keyed
        rows = []
        for place, number in enumerate(keyed.places or [NO_ORIGIN]):
            lines_in, why = int(keyed.counts[number - NO_ORIGIN]), self._left(number)
            positions = keyed.position[keyed.rows_of(number)] if number != NO_ORIGIN else None
            at = keyed.named(number, self.origins)
            rows.append(
                {
                    **self._coordinates(),
                    **at,
                    "intake": keyed.intake.id,
                    "site": at["site"] or self.site or None,
                    "position_from": None if positions is None else int(positions.min()),
                    "position_next": None if positions is None else int(positions.max()) + 1,
                    "offset_from": keyed.intake.offset_from,
                    "offset_next": keyed.intake.offset_next,
                    "lines_in": lines_in,
                    "kept": lines_in - sum(why.values()),
                    "dropped": [(name, count) for name, count in why.items() if not is_dead_letter(name)],
                    "dead_letters": [(name, count) for name, count in why.items() if is_dead_letter(name)],
                    "stored": self._stored(number),
                    "fields_dropped": [] if place else list(self.outcome.fields_dropped.items()),
                }
            )
        return pa.Table.from_pylist(rows, schema=arrow_schema(self.context.policy, "intakes"))

    def dead_letters(self) -> pa.Table:
        """Give one row per record that could not be used: coordinates, reason and shape, never content."""
        left = self.outcome.left
        defects = [name for name in left.column("reason").unique().to_pylist() if is_dead_letter(name)]
        letters = left.filter(pc.is_in(left.column("reason"), pa.array(defects, pa.string()))).sort_by("row")
        rows, records = letters.column("row").to_numpy(), self.keyed.intake.records
        origin = self.keyed.origin[rows]
        at = [self.keyed.named(number, self.origins) for number in origin.tolist()]
        columns = {
            **{name: [value] * len(rows) for name, value in self._coordinates().items()},
            "offset": records.offsets[rows],
            "origin": [one["origin"] for one in at],
            "file": [one["file"] for one in at],
            "position": pa.array(self.keyed.position[rows], mask=origin == NO_ORIGIN),
            "reason": letters.column("reason"),
            "shape": [shape(line or b"") for line in records.values.take(pa.array(rows)).to_pylist()],
        }
        return pa.Table.from_pydict(columns, schema=arrow_schema(self.context.policy, "dead_letters"))

    def _left(self, number: int) -> dict[str, int]:
        """Say how many records of a file have left for each reason, in the reasons' order."""
        left = self.outcome.left
        mine = left.filter(pa.array(self._are_of(number, left.column("row").to_numpy())))
        counted = mine.column("reason").value_counts()
        return dict(sorted(zip(*(part.to_pylist() for part in counted.flatten()), strict=True)))

    def _stored(self, number: int) -> list[tuple[str, int]]:
        tables = sorted(self.outcome.rows.items())
        counts = ((table, int(np.count_nonzero(self._are_of(number, rows)))) for table, rows in tables)
        return [(table, count) for table, count in counts if count]

    def _are_of(self, number: int, rows: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
        """Say of some records whether they are of one file."""
        return self.keyed.origin[rows] == number

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
