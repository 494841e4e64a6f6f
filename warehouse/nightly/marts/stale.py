"""What a mart has to catch up with: the days that changed since its watermarks, and the recipe it was made by."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Final

import msgspec

from warehouse.lake.table import LakeTable
from warehouse.models import Model, lineage
from warehouse.nightly.closed import closed_days
from warehouse.nightly.given import Given

CHUNK_BYTES_MAX: Final = 64 * 2**20
BUILD: Final = "build"
RULE: Final = "4"
"""Raise it when what this program makes of the same rows and models changes; every mart is then built anew."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What a mart or release is made of.

    Attributes:
        sources: the facts in its lineage, each at the version to catch up with.
        days_before: how many days before a day its rows depend on, by source.
        recipe: the name of the way in which it is made.
        moments: what may be different every night, as numbers by name.
        closed: the days of which rows were let go when their time was over: what was made of them is not made anew.
    """

    sources: Mapping[str, LakeTable]
    days_before: Mapping[str, int]
    recipe: str
    moments: Mapping[str, int]
    closed: frozenset[date] = frozenset()

    def days_shown(self, source: str, days: Collection[date]) -> frozenset[date]:
        """Name the days of a source that are needed to make `days`."""
        before = range(self.days_before.get(source, 0) + 1)
        return frozenset(day - timedelta(days=number) for day in days for number in before)


def basis_of(model: Model, models: tuple[Model, ...], sources: Mapping[str, LakeTable], given: Given) -> Basis:
    """Say what a model is made of; its release is made of the same.

    The recipe names the texts of the model and of all that it reads, the policy's version and limits, and the settings
    that matter. What another recipe made does not count.
    """
    parts = lineage(model, models)
    named = {name for part in parts for name in part.head.inputs}
    days_before: dict[str, int] = {}
    for part in parts:
        for source, days in part.head.days_before.items():
            days_before[source] = max(days, days_before.get(source, 0))
    texts = [
        RULE,
        *(part.text for part in parts),
        given.policy.version,
        msgspec.json.encode(given.policy.releases).decode(),
        *given.settings(parts),
    ]
    digest = blake2b("\0".join(texts).encode(), digest_size=6).hexdigest()
    found = {name: table for name, table in sources.items() if name in named}
    closed = frozenset[date]().union(*map(closed_days, found.values()))
    return Basis(found, days_before, f"recipe/{digest}", given.moments(parts), closed)


def stale_days(table: LakeTable, basis: Basis) -> frozenset[date] | None:
    """Name the days of `table` that differ from what its sources now say; None when it has caught up with all of it.

    A moment that moved makes no day stale by itself; see `moved`. Of closed days statistics stay as they are, and none
    are made where no hit is left; customers' days are made anew of what is left.
    """
    stale = _stale_days(table, basis)
    if not basis.closed:
        return stale
    there = basis.closed.intersection(table.days())
    if table.personal:
        return (stale or frozenset()) | there if stale is not None or there else None
    hits = basis.sources.get("hits")
    return stale and stale - there - (basis.closed.difference(hits.days()) if hits else frozenset())


def _stale_days(table: LakeTable, basis: Basis) -> frozenset[date] | None:
    if is_new(table, basis):
        return (
            None if table.watermark(BUILD) < 0 and not _has_rows(basis) else frozenset(table.days()) | _all_days(basis)
        )
    if has_caught_up(table, basis):
        return None
    changed: set[date] = set()
    following: set[date] = set()
    for name, source in basis.sources.items():
        days = source.changed_days(table.watermark(name))
        changed |= days
        following |= {day + timedelta(days=n) for day in days for n in range(1, basis.days_before.get(name, 0) + 1)}
    # A day that looks back at a changed one is stale as far as there is anything on it.
    return frozenset(changed | following & {*_all_days(basis), *table.days()})


def is_stale(table: LakeTable, basis: Basis) -> bool:
    """Say whether a table that is always made whole has to be made anew."""
    if is_new(table, basis):
        return table.watermark(BUILD) >= 0 or _has_rows(basis)
    since = {name: table.watermark(name) for name in basis.sources}
    return bool(moved(table, basis)) or any(source.changed_days(since[name]) for name, source in basis.sources.items())


def is_new(table: LakeTable, basis: Basis) -> bool:
    """Say whether all of `table` has to be made: it was made otherwise, or from a table that was there before this one."""
    built = table.watermark(BUILD)
    return (
        built < 0
        or table.watermark(basis.recipe) != built
        or any(table.watermark(name) > source.version for name, source in basis.sources.items())
    )


def has_caught_up(table: LakeTable, basis: Basis) -> bool:
    """Say whether no source and no moment is another than when `table` was made."""
    read = all(table.watermark(name) == source.version for name, source in basis.sources.items())
    return read and not moved(table, basis)


def moved(table: LakeTable, basis: Basis) -> frozenset[str]:
    """Name the moments that are others than when `table` was made."""
    return frozenset(name for name, number in basis.moments.items() if table.watermark(name) != number)


def marks_of(table: LakeTable, basis: Basis) -> dict[str, int]:
    """Say which watermarks move when `table` is rebuilt: how far its sources were read, the moments, the newest build.

    A recipe's mark is the number of the build that it made last. It counts only as long as no other recipe has built
    since: who changes a setting and changes it back must not find the days of the setting in between.
    """
    build = table.watermark(BUILD) + 1
    read = {name: source.version for name, source in basis.sources.items() if source.version >= 0}
    return {**read, **basis.moments, BUILD: build, basis.recipe: build}


def chunks(days: Collection[date], basis: Basis) -> Iterator[tuple[date, ...]]:
    """Cut days, in ascending order, into runs whose files can be held in memory together."""
    sizes = dict.fromkeys(days, 0)
    for source in basis.sources.values():
        for file in map(Path, source.files(days)):
            sizes[date.fromisoformat(file.parent.name.removeprefix("event_date="))] += file.stat().st_size
    run: list[date] = []
    size = 0
    for day in sorted(days):
        if run and size + sizes[day] > CHUNK_BYTES_MAX:
            yield tuple(run)
            run, size = [], 0
        run.append(day)
        size += sizes[day]
    if run:
        yield tuple(run)


def _has_rows(basis: Basis) -> bool:
    return any(source.version >= 0 for source in basis.sources.values())


def _all_days(basis: Basis) -> set[date]:
    return {day for source in basis.sources.values() for day in source.days()}
