"""The night: keys destroyed, marts and releases brought up to date, files removed, one summary.

It may be killed anywhere and run again: every table moves in one commit together with its watermarks, so what was done
is not done twice and what was not is still due.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from typing import Final, Protocol

import pyarrow as pa

from policy import Policy
from warehouse.keyring import Keyring
from warehouse.lake import Lake, LakeTable
from warehouse.models import SOURCES, Model, load_models
from warehouse.models.lint import check_models
from warehouse.nightly.given import Given
from warehouse.nightly.marts.engine import DuckEngine
from warehouse.nightly.marts.steps import Night, make
from warehouse.nightly.publishing import FOR_END, FOR_MONTH, Publishing
from warehouse.nightly.removal.erasing import Queue, erase, erased_rows
from warehouse.nightly.removal.lost import let_lost_go
from warehouse.nightly.removal.retention import Accounts, let_accounts_go, let_entries_go, let_old_rows_go
from warehouse.nightly.summary import (
    Accounting,
    NightlySummary,
    account,
    count_customers,
    count_unpublished,
    say_unpublished,
)
from warehouse.registry import Registry

ACCOUNTING: Final = "accounting"
UNPUBLISHED: Final = "closed_days"
PURPOSES: Final = {"operations": ("hits", "intakes"), "profile": ("customer_events", "purchases")}
"""What the night reads, by the purpose that opens it to the batch role."""
Progress = Callable[[str, int, int], None]
"""Called with what comes next, how many steps are done, and how many there are."""


class Registered(Queue, Accounts, Protocol):
    """Who has a profile, whose rows must go, and who was not seen for long."""

    def registered(self) -> pa.Table:
        """Give the registered customers: at least `customer` (int64) and `role` (string), sorted by customer."""


def run_nightly(
    lake: Lake,
    registry: Registry,
    keyring: Keyring,
    policy: Policy,
    *,
    subjects: Registered,
    now: datetime,
    own_hosts: Mapping[str, Collection[str]],
    counting: Mapping[str, str],
    currency: str,
    as_of: date,
    at_once: bool = False,
    progress: Progress | None = None,
) -> NightlySummary:
    """Bring everything that is made of the facts up to date; run it as often as you like.

    Args:
        lake, registry, keyring, policy: the warehouse.
        subjects: knows who is registered.
        now: the time that the night is run for; stands in `released_at`.
        own_hosts: for each site the hosts that are its own, so that moving about on it is no referral.
        counting: for a site the way of collection whose page views count, `log_file` or `clickstream`; without an entry
            the log counts on days that have one.
        currency: the money in which customers' amounts are added up (ISO 4217); orders in another count as orders only.
        as_of: the date that profiles are made for; later events and orders are not in them. Its month decides whether
            days that wait for the month are published.
        at_once: publish days that are not over, too.
        progress: told about every step, where somebody watches.

    Raises:
        UsageError: a setting is none; nothing was begun.
        ModelError: a model breaks the rules, or its rows fail their audit; tables made before stay as they are.
        LakeError: somebody else rebuilt the same table at the same time.
    """
    progress = progress or _unseen
    given = Given(policy, own_hosts, counting, currency, subjects.registered(), as_of)
    models = _shipped_models()
    made = [model for model in models if model.head.table]
    released = [model for model in models if model.head.release]
    total = len(made) + 1 + len(released) + 4
    progress("day keys", 0, total)
    destroyed = keyring.destroy_expired_day_keys(timedelta(hours=policy.windows.late_h))
    progress("small files", 1, total)
    # Before anything is read.
    for purpose, tables in PURPOSES.items():
        registry.note_access(at=now, who="nightly", role="batch", purpose=purpose, tables=tables, outcome="answered")
    lost = let_lost_go(lake)  # first, or their rows would be missed
    erased = erase(lake, subjects, now)
    let_go = let_old_rows_go(lake, now.date())
    accounts_let_go = let_accounts_go(lake, subjects, now.date())
    entries_let_go = let_entries_go(registry, keyring, policy, now)
    compacted = lake.compact((now - timedelta(hours=policy.windows.day_closes_h)).date())
    intakes = lake.table("intakes")  # before the facts: an intake that is in sight has all its rows
    sources = {name: lake.table(name) for name in SOURCES}
    marts = {model.head.name: lake.table(model.head.table) for model in models if model.head.table}
    with DuckEngine(models, given, marts) as engine:
        night = Night(engine, lake, sources, models, given, now, keyring.inexact_days())
        rebuilt = []
        for done, model in enumerate(made, start=2):
            progress(model.head.name, done, total)
            rebuilt.append(make(night, model))
        progress("what changes", 2 + len(made), total)
        publishing = Publishing(night, at_once=at_once)
        for done, model in enumerate(released, start=3 + len(made)):
            progress(model.head.name, done, total)
            rebuilt.append(publishing.publish(model))
        progress("accounting", total - 2, total)
        engine.show([intakes, marts["customer_profiles"], *sources.values()])
        accounting = account(engine.connection, policy, erased_rows(lake))
        customers = count_customers(engine.connection, given.registered.num_rows, currency)
        unpublished = _rows_unpublished(engine, sources["hits"], publishing)
    _note(registry, ACCOUNTING, _trouble(accounting), now)
    _note(registry, UNPUBLISHED, say_unpublished(unpublished), now)
    progress("files nobody needs", total - 1, total)
    return NightlySummary(
        now=now,
        as_of=as_of,
        policy_version=policy.version,
        hits_version=sources["hits"].version,
        rebuilt=tuple(one for one in rebuilt if one),
        days_waiting=publishing.days_held(FOR_MONTH),
        days_not_over=publishing.days_held(FOR_END),
        rows_unpublished=unpublished,
        day_keys_destroyed=tuple(destroyed),
        compacted=compacted,
        rows_let_go=let_go,
        accounts_let_go=accounts_let_go,
        entries_let_go=entries_let_go,
        rows_erased=erased,
        rows_lost=lost,
        files_removed=lake.vacuum(),
        customers=customers,
        accounting=accounting,
    )


def _rows_unpublished(engine: DuckEngine, hits: LakeTable, publishing: Publishing) -> dict[date, int]:
    """Count the rows that no release will have; only a closed day that has hits again is looked at."""
    days = publishing.closed.intersection(hits.days())
    if not days:
        return {}
    engine.show([hits, *publishing.tables], days)
    return count_unpublished(engine.connection, [table.name for table in publishing.tables])


def _trouble(accounting: Accounting) -> str:
    """Say what does not add up; nothing when all of it does."""
    if accounting.holds:
        return ""
    detail = f"{accounting.intakes_off} intakes do not add up: {accounting.kept} kept, {accounting.hits} hits stored"
    if accounting.missing:
        detail += "; rows missing: " + ", ".join(f"{rows} of {name}" for name, rows in accounting.missing.items())
    return detail


def _note(registry: Registry, kind: str, detail: str, now: datetime) -> None:
    """Open a finding, and close it when there is none any more."""
    if detail or any(finding.kind == kind and finding.detail for finding in registry.findings()):
        registry.note_finding(kind, "", detail, now)


@cache
def _shipped_models() -> tuple[Model, ...]:
    """Read and check the models once a process; they are part of the program."""
    models = load_models()
    check_models(models)
    return models


def _unseen(what: str, done: int, of: int) -> None:
    """Nobody watches."""
    del what, done, of
