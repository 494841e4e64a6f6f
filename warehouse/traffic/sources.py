"""What questions are answered from: the days that may be told, and their rows as relations, kept from one question to the next."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Final

import duckdb

from warehouse.asking import Limits
from warehouse.lake import Lake
from warehouse.models import Model, lineage, load_models
from warehouse.nightly.given import Given
from warehouse.nightly.marts.stale import basis_of, stale_days
from warehouse.relations import keep_rows, open_duckdb, view_files
from warehouse.traffic.settled import settled_days
from warehouse.traffic.tables import COUNTED, COUNTED_LEVELS, levels_of, make_visits

FACT: Final = "hits"
EVENTS: Final = "customer_events"
VIEWS: Final = "counted_views"
MART: Final = "crowd_daily"
Days = tuple[date, ...]


@dataclass(slots=True)
class Sources:
    """The rows of one warehouse for question after question; close it in the end.

    What was looked at is kept only as long as nothing is committed to any table that says which days may be told.

    Attributes:
        lake, given, limits: see `Traffic`.
    """

    lake: Lake
    given: Given
    limits: Limits
    _connection: duckdb.DuckDBPyConnection | None = None
    _versions: tuple[int, ...] = ()
    _settled: tuple[list[date], list[date]] = field(default_factory=lambda: ([], []))
    _counted: frozenset[date] = frozenset()
    _shown: dict[str, Days] = field(default_factory=dict)

    def look(self) -> tuple[list[date], list[date]]:
        """Give the released days whose rows are those that were released, and the others; both ascending, as of now."""
        versions = self._look_at_versions()
        # Until nothing was committed meanwhile: no row may be read that came after its day was found to be settled.
        while versions != self._versions:
            self._shown.clear()
            self._settled = settled_days(self.lake)
            self._counted = self._counted_days(self._settled[0])
            self._versions, versions = versions, self._look_at_versions()
        return self._settled

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The connection in which questions are answered."""
        if self._connection is None:
            self._connection = open_duckdb(memory_max_mb=self.limits.memory_max_mb, threads=self.limits.threads)
        return self._connection

    def show(self, days: Collection[date], groups: Sequence[str]) -> bool:
        """Make the relation that tables by `groups` are made from on these days, which were looked at.

        Returns:
            True when it is `crowd_daily_cells`, which a night counted; False when it is `visits`, made of the rows.
        """
        shown = tuple(days)
        if set(levels_of(groups)) <= COUNTED_LEVELS and self._counted.issuperset(shown):
            if self._shown.get(COUNTED) != shown:
                columns = self.given.policy.table(COUNTED).names
                view_files(self.connection, self.lake.table(COUNTED), columns=columns, days=shown)
                self._shown[COUNTED] = shown
            return True
        if self._shown.get(FACT) != shown:
            self._show_rows(shown)
            self._shown[FACT] = shown
        make_visits(self.connection, groups, "view")
        return False

    def close(self) -> None:
        """Let go of all that is kept; the next question begins anew."""
        self._shown.clear()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _show_rows(self, days: Days) -> None:
        """Make `counted_views` of these days, and what it reads."""
        hits = self.lake.table(FACT)
        view_files(self.connection, hits, columns=self.given.policy.table(FACT).names, days=days)
        keep_rows(self.connection, EVENTS, self.lake.table(EVENTS).schema.empty_table())
        for name, rows in self.given.relations().items():
            keep_rows(self.connection, name, rows)
        see_counted(self.connection)

    def _counted_days(self, days: Collection[date]) -> frozenset[date]:
        """Name those of the days that the night counted as they are counted now, by the same settings."""
        models = load_models()
        model = _model(models, MART)
        sources = {name: self.lake.table(name) for name in (FACT, EVENTS)}
        stale = stale_days(self.lake.table(COUNTED), basis_of(model, models, sources, self.given))
        return frozenset(days) - (stale or frozenset())

    def _look_at_versions(self) -> tuple[int, ...]:
        return tuple(self.lake.table(name).version for name in (FACT, EVENTS, COUNTED, *_released()))


def see_counted(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the view `counted_views` and all that it reads, from the facts and what the models are given."""
    models = load_models()
    for part in lineage(_model(models, VIEWS), models):
        kind = "table" if part.head.kept else "view"
        connection.execute(f"create or replace {kind} {part.head.name} as {part.sql}")


@cache
def _released() -> tuple[str, ...]:
    """Name the releases, once a process; the models are part of the program."""
    return tuple(model.head.release.table for model in load_models() if model.head.release)


def _model(models: Sequence[Model], name: str) -> Model:
    return next(model for model in models if model.head.name == name)
