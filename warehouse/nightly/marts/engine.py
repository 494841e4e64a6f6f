"""DuckDB as the engine of the models: the days asked for of each source, views over them, marts made and audited."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Self

import pyarrow as pa

from warehouse.lake.table import LakeTable
from warehouse.models import Model, ModelError, lineage
from warehouse.nightly.given import REGISTERED, Given
from warehouse.nightly.marts.nesting import with_nested
from warehouse.nightly.marts.stale import Basis
from warehouse.relations import keep_rows, open_duckdb, view_files, view_keyed
from warehouse.releases import Published, publish

Shown = tuple[int, frozenset[date] | None]
"""What is shown of a table: its version, and its days or all."""


class DuckEngine:
    """A connection in which every model can be run for some days at a time; use it as a context manager.

    Args:
        models: all models, each after those that it reads.
        given: what the models are given beside the rows.
        marts: the tables of marts that other models read, by the model's name.
    """

    def __init__(self, models: tuple[Model, ...], given: Given, marts: Mapping[str, LakeTable]) -> None:
        self.connection = open_duckdb()
        self._models = models
        self._given = given
        self._marts = marts
        self._shown: dict[str, Shown] = {}
        self._asked: set[date] = set()
        self._seen: dict[str, frozenset[tuple[str, Shown]]] = {}
        for name, rows in {**given.relations(), "calendar": given.calendar(())}.items():
            keep_rows(self.connection, name, rows)

    def look_at(self, model: Model, basis: Basis, days: Collection[date] | None) -> None:
        """Let the sources of a model show these days only, or all days (None), and make every view that it reads."""
        for name, source in basis.sources.items():
            self._show(source, None if days is None else basis.days_shown(name, days))
        parts = lineage(model, self._models)
        for part in parts:
            if part.head.kind != "view" and part is not model:
                self._show(self._marts[part.head.name], None if days is None else frozenset(days))
        asked = {day for source in basis.sources.values() for day in source.days()} if days is None else set(days)
        if asked != self._asked:
            self._asked = asked
            keep_rows(self.connection, "calendar", self._given.calendar(asked))
        for part in parts:
            if part.head.kind == "view":
                self._see(part)

    def show(self, tables: Collection[LakeTable], days: frozenset[date] | None = None) -> None:
        """Let tables show all their days, or some."""
        for table in tables:
            self._show(table, days)

    def make(self, model: Model) -> pa.Table:
        """Make a mart's rows of the days looked at, in the model's order.

        Raises:
            ModelError: an audit of the model fails; its text has the numbers.
        """
        self.connection.execute(f"create or replace table made as {self._given.sql(model)}")
        if findings := "; ".join(self._findings(model)):
            raise ModelError(f"{model.head.name}: {findings}. Nothing of it was stored; was the model changed?")
        return with_nested(self.connection, self.connection.table("made"), model.head).to_arrow_table()

    def publish(self, model: Model, numbers_max: int = 1) -> Published:
        """Make what may be published of the days looked at.

        Args:
            model: one with a release.
            numbers_max: how many visitor numbers one person may have on these days.
        """
        if model.head.release is None:
            raise ModelError(f"{model.head.name} has no release")
        releases = self._given.policy.releases
        cells = model.head.release.cells
        return publish(self.connection, cells, k=releases.k, members_min=releases.members_min, numbers_max=numbers_max)

    def days_of_others(self, table: LakeTable, basis: Basis) -> frozenset[date]:
        """Name the days on which `table` (of days and customers) has others than its sources have registered ones.

        Who registers late has days already, and who is no longer registered has to leave them.
        """
        self.show([table, *basis.sources.values()])
        pairs = "event_date, customer"
        due, *others = (self.connection.view(name).project(pairs) for name in basis.sources)
        for other in others:
            due = due.union(other)
        due = due.filter(f"customer in (from {REGISTERED} select customer)").distinct()
        made = self.connection.view(table.name).project(pairs)
        found = due.except_(made).union(made.except_(due)).project("event_date").distinct()
        return frozenset(day for (day,) in found.fetchall())

    def _see(self, view: Model) -> None:
        """Make a view, once, or keep its rows, once for all that is shown of its sources."""
        shown: frozenset[tuple[str, Shown]] = frozenset()
        if view.head.kept:
            named = {name for part in lineage(view, self._models) for name in part.head.inputs}
            shown = frozenset((name, self._shown[name]) for name in named if name in self._shown)
        if self._seen.get(view.head.name) == shown:
            return
        kind = "table" if view.head.kept else "view"
        self.connection.execute(f"create or replace {kind} {view.head.name} as {self._given.sql(view)}")
        self._seen[view.head.name] = shown

    def _show(self, table: LakeTable, days: frozenset[date] | None) -> None:
        """Make the view of a table over some days, unless it is there."""
        if self._shown.get(table.name) == (table.version, days):
            return
        declared = self._given.policy.table(table.name)
        view = view_keyed if any(column.personal for column in declared.columns) else view_files
        view(self.connection, table, columns=declared.names, days=days)
        self._shown[table.name] = (table.version, days)

    def _findings(self, model: Model) -> Iterator[str]:
        audits, keys = model.head.audits, ", ".join(model.head.keys)
        checks = {f"{name} is null": f"{name} is empty" for name in audits.not_null}
        for name, (least, most) in audits.range.items():
            bounds = [f"{name} < {least}"] * (least is not None) + [f"{name} > {most}"] * (most is not None)
            checks[" or ".join(bounds)] = f"{name} is not from {least} to {most}"
        # All in one question, for each costs the same however few rows there are.
        figures = [
            f"(select count(*) from (select 1 from made group by {keys} having count(*) > 1))",  # noqa: S608
            *(f"count(*) filter ({check})" for check in checks),
            *(f"coalesce(sum({name}), 0)" for name in audits.reconcile),
            *(f"({question})" for question in audits.reconcile.values()),
            "count(*)",  # without a figure of all rows there would be an answer for each
        ]
        ((repeated, *found, _),) = self.connection.execute(f"select {', '.join(figures)} from made").fetchall()  # noqa: S608
        if repeated:
            yield f"{repeated} keys ({keys}) stand in more than one row"
        for breach, rows in zip(checks.values(), found, strict=False):
            if rows:
                yield f"{breach} in {rows} rows"
        sums = found[len(checks) :]
        totals, answers = sums[: len(audits.reconcile)], sums[len(audits.reconcile) :]
        for (name, question), total, expected in zip(audits.reconcile.items(), totals, answers, strict=True):
            if total != expected:
                yield f"{name} adds up to {total}, but {question} gives {expected}"

    def close(self) -> None:
        """Let the connection and all that it holds go."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
