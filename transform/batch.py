"""What travels through the steps: the rows still in, and the rows that have left, each with its reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

LEFT_SCHEMA = pa.schema([pa.field("row", pa.int32()), pa.field("reason", pa.string())])


def _nobody() -> npt.NDArray[np.int64]:
    return np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows on their way through the steps.

    Attributes:
        rows: one row per record still in; the column ``row`` (int32) is its number in the intake, ascending.
        left: one row per record that has left: ``row`` (int32) and ``reason`` (string, see `transform.reasons`).
        fields_dropped: how often a field came that the policy does not declare, by its name (R2).
        children: profile pseudonyms of people who were found to be children in this intake (R10).
    """

    rows: pa.Table
    left: pa.Table
    fields_dropped: Mapping[str, int] = field(default_factory=dict)
    children: npt.NDArray[np.int64] = field(default_factory=_nobody)

    @classmethod
    def start(cls, rows: pa.Table) -> Self:
        """Nothing has left yet."""
        return cls(rows, LEFT_SCHEMA.empty_table())

    def leave(self, leaving: npt.NDArray[np.bool_], reason: str) -> Self:
        """Let the rows marked in `leaving` (one bool per row) go, under one reason; the rest stays in order."""
        if not leaving.any():
            return self
        return self.leave_each(
            pa.DictionaryArray.from_arrays(
                pa.array(np.zeros(len(leaving), np.int32), mask=~leaving), pa.array([str(reason)])
            )
        )

    def leave_each(self, reasons: pa.DictionaryArray) -> Self:
        """Let rows go, each under its own reason: one reason a row, null for those that stay, in order."""
        if reasons.null_count == len(reasons):
            return self
        going = reasons.is_valid()
        gone = self.rows.column("row").filter(going).combine_chunks()
        left = pa.table({"row": gone, "reason": reasons.filter(going).cast(pa.string())}, schema=LEFT_SCHEMA)
        return replace(self, rows=self.rows.filter(pc.invert(going)), left=pa.concat_tables([self.left, left]))

    def with_columns(self, columns: Mapping[str, pa.Array | pa.ChunkedArray]) -> Self:
        """Add columns, or put new ones in the place of old ones, one value per row."""
        rows = self.rows
        for name, column in columns.items():
            at = rows.schema.get_field_index(name)
            rows = rows.append_column(name, column) if at < 0 else rows.set_column(at, name, column)
        return replace(self, rows=rows)

    def without_columns(self, *names: str) -> Self:
        """Forget columns; a name that is not there is no error, for it is as forgotten as the others."""
        return replace(self, rows=self.rows.select([name for name in self.rows.column_names if name not in names]))
