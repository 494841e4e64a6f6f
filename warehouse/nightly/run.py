"""The night: keys destroyed, marts and releases brought up to date, files removed, one summary.

It may be killed anywhere and run again: every table moves in one commit together with its watermark, so what was done
is not done twice and what was not is still due.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from policy import Policy
from warehouse.keyring import Keyring
from warehouse.lake import Lake
from warehouse.lake.table import LakeTable
from warehouse.models import Model, load_models
from warehouse.nightly.engine import DuckEngine
from warehouse.nightly.lint import check_models
from warehouse.nightly.stale import chunks, marks_of, recipe, stale_days
from warehouse.nightly.summary import Accounting, NightlySummary, Rebuilt, account
from warehouse.registry import Registry
from warehouse.relations import view_files
from warehouse.releases.epochs import days_to_publish

ACCOUNTING: Final = "accounting"
Progress = Callable[[str, int, int], None]
"""Called with what comes next, how many steps are done, and how many there are."""


@dataclass(frozen=True, slots=True)
class _Night:
    """What all steps of one night share."""

    engine: DuckEngine
    lake: Lake
    hits: LakeTable
    models: tuple[Model, ...]
    policy: Policy
    own_hosts: Mapping[str, Collection[str]]
    now: datetime
    inexact: Mapping[date, int]


def run_nightly(
    lake: Lake,
    registry: Registry,
    keyring: Keyring,
    policy: Policy,
    *,
    now: datetime,
    own_hosts: Mapping[str, Collection[str]],
    progress: Progress | None = None,
) -> NightlySummary:
    """Bring everything that is made of hits up to date; run it as often as you like.

    Args:
        lake, registry, keyring, policy: the warehouse.
        now: the time that the night is run for; stands in `released_at`.
        own_hosts: for each site the hosts that are its own, so that moving about on it is no referral.
        progress: told about every step, where somebody watches.

    Raises:
        ModelError: a model breaks the rules, or its rows fail their audit; tables made before stay as they are.
        LakeError: somebody else rebuilt the same table at the same time.
    """
    progress = progress or _unseen
    models = _shipped_models()
    marts = [model for model in models if model.head.table]
    steps = len(marts) + sum(1 for model in marts if model.head.release) + 3
    progress("day keys", 0, steps)
    destroyed = keyring.destroy_expired_day_keys(timedelta(hours=policy.windows.late_h))
    intakes = lake.table("intakes")  # before hits: an intake that is in sight has all its hits
    hits = lake.table("hits")
    tables = ("hits", "intakes")
    registry.note_access(at=now, who="nightly", role="batch", purpose="operations", tables=tables, allowed=True)
    with DuckEngine(models, hits, policy, own_hosts) as engine:
        night = _Night(engine, lake, hits, models, policy, own_hosts, now, keyring.inexact_days())
        rebuilt = []
        for done, (model, step) in enumerate(_steps(marts), start=1):
            progress(model.head.name, done, steps)
            rebuilt.append(step(night, model))
        progress("accounting", steps - 2, steps)
        view_files(engine.connection, intakes, columns=policy.tables["intakes"].names)
        view_files(engine.connection, hits, columns=["intake"])
        accounting = account(engine.connection)
    _note_accounting(registry, accounting, now)
    progress("files nobody needs", steps - 1, steps)
    return NightlySummary(
        now,
        policy.version,
        hits.version,
        tuple(one for one in rebuilt if one),
        tuple(destroyed),
        lake.vacuum(),
        accounting,
    )


def _note_accounting(registry: Registry, accounting: Accounting, now: datetime) -> None:
    """Open a finding when lines do not add up, and close it when they do again."""
    if not accounting.holds:
        detail = (
            f"{accounting.intakes_off} intakes do not add up: {accounting.kept} kept, {accounting.hits} hits stored"
        )
        registry.note_finding(ACCOUNTING, "", detail, now)
    elif any(finding.kind == ACCOUNTING and finding.detail for finding in registry.findings()):
        registry.note_finding(ACCOUNTING, "", "", now)


@cache
def _shipped_models() -> tuple[Model, ...]:
    """Read and check the models once a process; they are part of the program."""
    models = load_models()
    check_models(models)
    return models


def _unseen(what: str, done: int, of: int) -> None:
    """Nobody watches."""
    del what, done, of


Step = Callable[[_Night, Model], Rebuilt | None]


def _steps(marts: list[Model]) -> list[tuple[Model, Step]]:
    made: list[tuple[Model, Step]] = [(model, _make) for model in marts]
    return made + [(model, _release) for model in marts if model.head.release]


def _make(night: _Night, model: Model) -> Rebuilt | None:
    """Bring one mart up to date; None when it was."""
    table = night.lake.table(str(model.head.table))
    mark = recipe(model, night.models, night.policy, night.own_hosts)
    stale = stale_days(table, night.hits, mark)
    if stale is None:
        return None
    parts = []
    for days in chunks(stale, night.hits):
        night.engine.look_at(days)
        parts.append(_stamped(night.engine.make(model), table.schema, {"policy_version": night.policy.version}))
    rows = pa.concat_tables(parts) if parts else table.schema.empty_table()
    table.replace_days(rows, stale, watermarks=marks_of(table, night.hits, mark))
    return Rebuilt(table.name, tuple(sorted(stale)), rows.num_rows) if stale else None


def _release(night: _Night, model: Model) -> Rebuilt | None:
    """Publish one mart anew; None when nothing changed."""
    if model.head.release is None:
        return None
    table = night.lake.table(model.head.release.table)
    mark = recipe(model, night.models, night.policy, night.own_hosts)
    stale = stale_days(table, night.hits, mark)
    if stale is None:
        return None
    stale = days_to_publish(stale)
    parts, cells_hidden, hidden_days = [], 0, 0
    for days, numbers_max in _by_numbers(stale, night):
        night.engine.look_at(days)
        published = night.engine.publish(model, numbers_max)
        exact = pc.invert(pc.is_in(published.rows.column("event_date"), pa.array(sorted(night.inexact), pa.date32())))
        stamps = {"visitors_exact": exact, "policy_version": night.policy.version, "released_at": night.now}
        parts.append(_stamped(published.rows, table.schema, stamps))
        cells_hidden += published.cells_hidden
        hidden_days += len(published.hidden)
    rows = pa.concat_tables(parts) if parts else table.schema.empty_table()
    table.replace_days(rows, stale, watermarks=marks_of(table, night.hits, mark))
    return Rebuilt(table.name, tuple(sorted(stale)), rows.num_rows, cells_hidden, hidden_days) if stale else None


def _by_numbers(stale: Collection[date], night: _Night) -> Iterator[tuple[tuple[date, ...], int]]:
    """Cut days into runs on which one person has as many visitor numbers at most, and say how many."""
    for numbers_max in sorted({night.inexact.get(day, 1) for day in stale}):
        same = [day for day in stale if night.inexact.get(day, 1) == numbers_max]
        for days in chunks(same, night.hits):
            yield days, numbers_max


def _stamped(rows: pa.Table, schema: pa.Schema, stamps: Mapping[str, Any]) -> pa.Table:
    """Add columns that a night knows, one value for all rows or one for each, and give all in the declared types."""
    for name, value in stamps.items():
        column = value
        if not isinstance(value, pa.Array | pa.ChunkedArray):
            column = pa.repeat(pa.scalar(value, schema.field(name).type), rows.num_rows)
        rows = rows.append_column(name, column)
    return rows.select(schema.names).cast(schema)
