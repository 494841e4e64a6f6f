"""Releases brought up to date: which days are due, which wait for their end or for the month, the rest published (R43)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from warehouse.lake import Lake
from warehouse.lake.changes import app_ids
from warehouse.lake.table import LakeTable
from warehouse.models import SOURCES, Model, lineage, load_models
from warehouse.nightly.closed import closed_days
from warehouse.nightly.marts.stale import BUILD, Basis, basis_of, chunks, is_new, marks_of, stale_days
from warehouse.nightly.marts.steps import Night, stamped
from warehouse.nightly.summary import Rebuilt
from warehouse.releases.epochs import Pair, month_number, small_changes, too_small

EPOCH: Final = "epoch"
"""The watermark of a release that says up to which month all that waited was published."""
HELD: Final = "held/"
"""Begins the watermark of a day of a release; it is one of the three below."""
FREE, FOR_MONTH, FOR_END = 0, 1, 2


def held_days(table: LakeTable, why: int) -> frozenset[date]:
    """Name the days of a release that wait: `FOR_MONTH`, for they would change little, or `FOR_END`, for they are not over."""
    begin = f"watermark/{HELD}"
    names = [app_id.removeprefix("watermark/") for app_id in app_ids(table.root) if app_id.startswith(begin)]
    return frozenset(date.fromisoformat(name.removeprefix(HELD)) for name in names if table.watermark(name) == why)


def days_unsettled(lake: Lake) -> frozenset[date]:
    """Name the days whose rows are others than when they were published: they wait, no night has looked, or some were let go."""
    found: set[date] = set()
    models = load_models()
    for model in models:
        if model.head.release is not None:
            table = lake.table(model.head.release.table)
            found |= held_days(table, FOR_MONTH) | held_days(table, FOR_END)
            read = {name for part in lineage(model, models) for name in part.head.inputs}
            for name in read.intersection(SOURCES):
                source = lake.table(name)
                found |= source.changed_days(table.watermark(name)) | closed_days(source)
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class _Made:
    """What would be published of some days: rows as the table declares them, and what they do not show."""

    rows: pa.Table
    cells_hidden: int
    hidden_days: int


@dataclass(slots=True)
class _Due:
    """One release and its days.

    Attributes:
        changed: whose rows changed since a night looked at them.
        otherwise: whose rows did not, but which are counted in another way now, by a setting or a new program.
        for_month, for_end: which wait.
        closed: which wait no longer, for rows of theirs were let go: they stay as they were published.
        compared: which were made already, to see how much they change.
        made: the same, as rows.
    """

    model: Model
    table: LakeTable
    basis: Basis
    is_stale: bool
    changed: frozenset[date]
    otherwise: frozenset[date]
    for_month: frozenset[date]
    for_end: frozenset[date]
    closed: frozenset[date] = frozenset()
    compared: frozenset[date] = frozenset()
    made: list[_Made] = field(default_factory=list)

    @property
    def columns(self) -> Sequence[str]:
        """What names a row within its day and site."""
        return () if self.model.head.release is None else self.model.head.release.cells.columns


class Publishing:
    """The releases of one night, over all tables together.

    A day is published first when it is over (UTC), and at any time with `at_once`. Then it changes by k visitors or more in
    every part, or waits until the first night of another month (see `warehouse.releases.epochs`). What waits in one table
    waits in all. A setting or a program that counts the same rows in another way is no change of anybody's and acts at once;
    so does a limit that forbids what was published.

    A night that is killed between two tables is made good by the next: a day that waits in one of them is compared again
    with the others, and each table keeps for itself in which month it was last published anew.

    Attributes:
        closed: the published days that stay as they are, for rows of theirs were let go.
    """

    def __init__(self, night: Night, *, at_once: bool) -> None:
        self._night = night
        self._today = None if at_once else night.now.date()
        self._month = month_number(night.given.as_of)
        self._k = night.given.policy.releases.k
        released = [model for model in night.models if model.head.release]
        self.closed = _closed(night, released)
        self._due = {model.head.name: _look(night, model, self.closed) for model in released}
        marks = [due.table.watermark(EPOCH) for due in self._due.values()]
        self._is_epoch = any(0 <= mark < self._month for mark in marks)
        self._waiting = frozenset[Pair]() if self._is_epoch else self._compare()

    def publish(self, model: Model) -> Rebuilt | None:
        """Publish one mart anew; None when no day of it is."""
        due = self._due[model.head.name]
        looked = due.changed | due.for_end | due.otherwise | (due.for_month if self._is_epoch else due.compared)
        targets = self._over(looked)
        marks = self._marks(due, looked, targets)
        if not due.is_stale and not targets and not marks:
            return None
        parts = [*due.made, *self._make(due, targets - due.compared)]
        rows = pa.concat_tables([due.table.schema.empty_table(), *(part.rows for part in parts)])
        days, rows = self._without_waiting(due, targets, rows)
        due.table.replace_days(rows, days, watermarks=marks_of(due.table, due.basis) | marks)
        if not days:
            return None
        cells_hidden, hidden_days = (
            sum(part.cells_hidden for part in parts),
            sum(part.hidden_days for part in parts),
        )
        return Rebuilt(due.table.name, tuple(sorted(days)), rows.num_rows, cells_hidden, hidden_days)

    @property
    def tables(self) -> list[LakeTable]:
        """The tables of all releases."""
        return [due.table for due in self._due.values()]

    def days_held(self, why: int) -> tuple[date, ...]:
        """Name the days that wait in some release, ascending."""
        return tuple(sorted(frozenset[date]().union(*(held_days(due.table, why) for due in self._due.values()))))

    def _over(self, days: Collection[date]) -> frozenset[date]:
        return frozenset(day for day in days if self._today is None or day < self._today)

    def _marks(self, due: _Due, looked: Collection[date], targets: Collection[date]) -> dict[str, int]:
        """Say what becomes of the days that were looked at, and that the month was kept; only what is not said already."""
        waiting = {day for day, _ in self._waiting}
        held = dict.fromkeys(due.for_month, FOR_MONTH) | dict.fromkeys(due.for_end, FOR_END)
        now = {day: (FOR_MONTH if day in waiting else FREE) if day in targets else FOR_END for day in looked}
        held |= dict.fromkeys(due.closed, FOR_MONTH)
        now |= dict.fromkeys(due.closed, FREE)
        marks = {f"{HELD}{day}": why for day, why in sorted(now.items()) if why != held.get(day, FREE)}
        at = due.table.watermark(EPOCH)
        # A night for a date to come must not keep the months before it from having theirs.
        if (at < self._month or at > max(self._month, month_number(self._night.now.date()))) and (
            due.table.exists or due.is_stale
        ):
            marks[EPOCH] = self._month
        return marks

    def _compare(self) -> frozenset[Pair]:
        """Make the days that changed after they were published, and name those of which some table would change little."""
        published = {day for due in self._due.values() for day in due.table.days()}
        changed = {day for due in self._due.values() for day in self._over(due.changed | due.for_end)}
        little: set[Pair] = set()
        forbidden: set[Pair] = set()
        k_by_day = {day: self._k * numbers_max for day, numbers_max in self._night.inexact.items()}
        for due in self._due.values():
            due.compared = frozenset(published & changed) & (due.changed | due.for_end | due.for_month)
            if not due.compared:
                continue
            due.made = list(self._make(due, due.compared))
            after = pa.concat_tables([part.rows for part in due.made])
            before = due.table.read(due.compared)
            little |= small_changes(before, after, due.columns, k_by_day, self._k)
            forbidden |= too_small(before, k_by_day, self._k)
        return frozenset(little - forbidden)

    def _without_waiting(self, due: _Due, targets: frozenset[date], rows: pa.Table) -> tuple[frozenset[date], pa.Table]:
        """Put the published rows of days and sites that wait in the place of the new ones; leave out days that all wait."""
        waiting = {pair for pair in self._waiting if pair[0] in targets}
        if not waiting:
            return targets, rows
        mixed = sorted({day for day, _ in waiting})
        before = due.table.read(mixed)
        free = (_pairs(rows.filter(_on(rows, mixed))) | _pairs(before)) - waiting
        days = targets - (set(mixed) - {day for day, _ in free})
        kept = pa.concat_tables([rows.filter(pc.invert(_of(rows, waiting))), before.filter(_of(before, waiting))])
        return days, kept.filter(_on(kept, sorted(days)))

    def _make(self, due: _Due, days: Collection[date]) -> Iterator[_Made]:
        """Make what may be published of some days, in chunks of days on which one person has as many visitor numbers at most."""
        night = self._night
        for numbers_max in sorted({night.inexact.get(day, 1) for day in days}):
            same = [day for day in days if night.inexact.get(day, 1) == numbers_max]
            for some in chunks(same, due.basis):
                night.engine.look_at(due.model, due.basis, some)
                published = night.engine.publish(due.model, numbers_max)
                exact = pc.invert(_on(published.rows, sorted(night.inexact)))
                stamps = {**night.stamps, "visitors_exact": exact, "released_at": night.now}
                rows = stamped(published.rows, due.table.schema, stamps)
                yield _Made(rows, published.cells_hidden, len(published.hidden))


def _look(night: Night, model: Model, closed: frozenset[date]) -> _Due:
    table, basis = _table(night, model), basis_of(model, night.models, night.sources, night.given)
    stale = stale_days(table, replace(basis, closed=frozenset()))
    for_month, for_end = held_days(table, FOR_MONTH), held_days(table, FOR_END)
    changed = _changed(table, basis, stale or frozenset())
    if stale is not None and is_new(table, basis):
        changed |= stale & for_month  # another limit may forbid what was published of them
    otherwise = (stale or frozenset()) - changed - for_month - for_end
    return _Due(
        model,
        table,
        basis,
        stale is not None,
        changed - closed,
        otherwise - closed,
        for_month - closed,
        for_end - closed,
        closed & (for_month | for_end),
    )


def _closed(night: Night, released: Sequence[Model]) -> frozenset[date]:
    """Name the published days that stay as they are in all tables, for rows of theirs were let go.

    What a later limit forbids does not stay: nobody can merge it anew, so such a day is made of what is left.
    """
    bases = [basis_of(model, night.models, night.sources, night.given) for model in released]
    closed = frozenset[date]().union(*(basis.closed for basis in bases))
    if not closed:
        return closed
    tables = [_table(night, model) for model in released]
    published = frozenset[date]().union(*(table.days() for table in tables))
    forbidden: set[date] = set()
    if any(is_new(table, basis) for table, basis in zip(tables, bases, strict=True)):
        k = night.given.policy.releases.k
        k_by_day = {day: k * numbers_max for day, numbers_max in night.inexact.items()}
        for table in tables:
            rows = table.read(closed.intersection(table.days()))
            exact = rows.column("visitors_exact")
            small = too_small(rows.filter(exact), {}, k) | too_small(rows.filter(pc.invert(exact)), k_by_day, k)
            forbidden |= {day for day, _ in small}
    return closed & (published - forbidden)


def _table(night: Night, model: Model) -> LakeTable:
    return night.lake.table(model.head.release.table if model.head.release else "")


def _changed(table: LakeTable, basis: Basis, stale: frozenset[date]) -> frozenset[date]:
    """Name the stale days whose rows changed; where nobody can tell, all of them."""
    read: Mapping[str, int] = {name: table.watermark(name) for name in basis.sources}
    if (
        not is_new(table, basis)
        or table.watermark(BUILD) < 0
        or any(read[name] > source.version for name, source in basis.sources.items())
    ):
        return stale
    return stale & {day for name, source in basis.sources.items() for day in source.changed_days(read[name])}


def _pairs(rows: pa.Table) -> set[Pair]:
    found = rows.select(["event_date", "site"]).group_by(["event_date", "site"]).aggregate([]).to_pylist()
    return {(row["event_date"], row["site"]) for row in found}


def _on(rows: pa.Table, days: Sequence[date]) -> pa.ChunkedArray:
    return pc.is_in(rows.column("event_date"), pa.array(days, pa.date32()))


def _of(rows: pa.Table, pairs: Collection[Pair]) -> pa.Array:
    found = zip(rows.column("event_date").to_pylist(), rows.column("site").to_pylist(), strict=True)
    return pa.array([pair in pairs for pair in found], pa.bool_())
