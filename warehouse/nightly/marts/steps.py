"""A step of a night: one mart brought up to date. Releases have rules of their own, see `warehouse.nightly.publishing`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from warehouse.lake import Lake
from warehouse.lake.table import LakeTable
from warehouse.models import Model
from warehouse.nightly.given import REGISTERED, Given
from warehouse.nightly.marts.engine import DuckEngine
from warehouse.nightly.marts.stale import Basis, basis_of, chunks, is_new, is_stale, marks_of, moved, stale_days
from warehouse.nightly.summary import Rebuilt


@dataclass(frozen=True, slots=True)
class Night:
    """What all steps of one night share.

    Attributes:
        engine: runs the models.
        lake: has the tables.
        sources: the facts, each at the version that the whole night reads.
        models: all models, each after those that it reads.
        given: what the models are given beside the rows.
        now: the time that the night is run for.
        inexact: the days on which one person may have several visitor numbers, and how many.
    """

    engine: DuckEngine
    lake: Lake
    sources: Mapping[str, LakeTable]
    models: tuple[Model, ...]
    given: Given
    now: datetime
    inexact: Mapping[date, int]

    @property
    def stamps(self) -> dict[str, Any]:
        """What every row of a mart says beside what the models make."""
        return {"policy_version": self.given.policy.version}


def make(night: Night, model: Model) -> Rebuilt | None:
    """Bring one mart up to date; None when it was."""
    table = night.lake.table(str(model.head.table))
    basis = basis_of(model, night.models, night.sources, night.given)
    return (
        _make_whole(night, model, table, basis)
        if model.head.kind == "whole"
        else _make_days(night, model, table, basis)
    )


def _make_whole(night: Night, model: Model, table: LakeTable, basis: Basis) -> Rebuilt | None:
    if not is_stale(table, basis):
        return None
    night.engine.look_at(model, basis, None)
    rows = stamped(night.engine.make(model), table.schema, night.stamps)
    table.replace_days(rows, None, watermarks=marks_of(table, basis))
    return Rebuilt(table.name, None, rows.num_rows)


def _make_days(night: Night, model: Model, table: LakeTable, basis: Basis) -> Rebuilt | None:
    stale = stale_days(table, basis)
    if stale is None:
        return None
    if REGISTERED in moved(table, basis) and not is_new(table, basis):
        stale |= night.engine.days_of_others(table, basis)
    parts = []
    for days in chunks(stale, basis):
        night.engine.look_at(model, basis, days)
        parts.append(stamped(night.engine.make(model), table.schema, night.stamps))
    rows = pa.concat_tables(parts) if parts else table.schema.empty_table()
    table.replace_days(rows, stale, watermarks=marks_of(table, basis))
    return Rebuilt(table.name, tuple(sorted(stale)), rows.num_rows) if stale else None


def stamped(rows: pa.Table, schema: pa.Schema, stamps: Mapping[str, Any]) -> pa.Table:
    """Add columns that a night knows, one value for all rows or one for each, and give all in the declared types."""
    for name, value in stamps.items():
        column = value
        if not isinstance(value, pa.Array | pa.ChunkedArray):
            column = pa.repeat(pa.scalar(value, schema.field(name).type), rows.num_rows)
        rows = rows.append_column(name, column)
    return rows.select(schema.names).cast(schema)
