"""What travels through the steps: the rows still in, and the rows that have left, each with its reason."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from transform.reasons import Reason

LEFT_SCHEMA = pa.schema([pa.field("row", pa.int32()), pa.field("reason", pa.string())])


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows on their way through the steps.

    Attributes:
        rows: one row per record still in; the column ``row`` (int32) is its number in the intake, ascending.
        left: one row per record that has left: ``row`` (int32) and ``reason`` (string, a `Reason`).
    """

    rows: pa.Table
    left: pa.Table

    @classmethod
    def start(cls, rows: pa.Table) -> Self:
        """Nothing has left yet."""
        return cls(rows, LEFT_SCHEMA.empty_table())

    def leave(self, leaving: npt.NDArray[np.bool_], reason: Reason) -> Self:
        """Let the rows marked in `leaving` (one bool per row) go, under one reason; the rest stays in order."""
        if not leaving.any():
            return self
        mask = pa.array(leaving)
        gone = self.rows.column("row").filter(mask).combine_chunks()
        left = pa.table({"row": gone, "reason": pa.repeat(pa.scalar(reason.value), len(gone))}, schema=LEFT_SCHEMA)
        return replace(self, rows=self.rows.filter(pc.invert(mask)), left=pa.concat_tables([self.left, left]))

    def with_columns(self, columns: dict[str, pa.Array | pa.ChunkedArray]) -> Self:
        """Add columns, or put new ones in the place of old ones, one value per row."""
        rows = self.rows
        for name, column in columns.items():
            at = rows.schema.get_field_index(name)
            rows = rows.append_column(name, column) if at < 0 else rows.set_column(at, name, column)
        return replace(self, rows=rows)

    def without_columns(self, *names: str) -> Self:
        """Forget columns; a name that is not there is no error, for it is as forgotten as the others."""
        return replace(self, rows=self.rows.select([name for name in self.rows.column_names if name not in names]))
