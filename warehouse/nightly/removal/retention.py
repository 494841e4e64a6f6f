"""Rows whose time is over leave the tables; each stays as long as the policy says (R56).

What is counted from the day of an event goes by days. What is counted from another time, of taking in or of publishing, goes
by days of that: whole files at once, and a file that has younger rows too is written again without the old ones.

A day of which rows were let go is closed: what was published of it stays as it was until its own time is over (R43), and its exact
cells stay until its last hit is gone. What is said of customers is made anew of the rows that are left (R17).
"""

import glob
from calendar import monthrange
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from policy import Policy
from policy.model import Retention, Table
from warehouse.keyring import Keyring
from warehouse.lake import Lake, LakeTable
from warehouse.lake.changes import RETENTION, of_day
from warehouse.nightly.closed import closed_days
from warehouse.nightly.marts.stale import BUILD
from warehouse.registry import Registry
from warehouse.relations import open_duckdb

DAY: Final = "event_date"
BY_DAY: Final = frozenset({DAY, "event_time", "order_time"})
"""Columns whose day, in UTC, is the day of the partition."""
REGISTRATION: Final = "registration"
AUDIT: Final = "audit"
AHEAD_DAYS: Final = 2
"""A row may be so much older than the day it is of, for clocks go wrong."""


def oldest_kept(entry: Retention, today: date) -> date | None:
    """Give the first day of which rows stay; None where they stay as long as those of another table."""
    if entry.days is not None:
        return today - timedelta(days=entry.days)
    if entry.months is None:
        return None
    year, month = divmod(today.year * 12 + today.month - 1 - entry.months, 12)
    if year < 1:
        return date.min
    return date(year, month + 1, min(today.day, monthrange(year, month + 1)[1]))


def let_old_rows_go(lake: Lake, today: date) -> dict[str, int]:
    """Let go, in every table, what is older than the policy keeps it on this date; say how many rows, by table.

    It may be stopped anywhere and run again. Files fall to `vacuum`; readers miss the rows at once.
    """
    gone: dict[str, int] = {}
    for name, declared in lake.policy.tables.items():
        entry = lake.policy.retention[declared.retention]
        first, table = oldest_kept(entry, today), lake.table(name)
        if first is not None and table.exists:
            if declared.about == "customers" and min(table.days(), default=first) < first:
                _make_anew(lake)
            gone[name] = _let_go(table, declared, str(entry.counted_from), first)
    for name in lake.policy.tables:
        if alone := days_alone(lake, name):
            gone[name] = lake.table(name).remove_days(alone)
    return {name: rows for name, rows in gone.items() if rows}


def days_alone(lake: Lake, name: str) -> frozenset[date]:
    """Name the days of a mart that have to go, for the rows that it is kept with are gone since their time was over."""
    declared = lake.policy.tables[name]
    source = lake.policy.retention[declared.retention].kept_with
    # Marts about customers are made anew of what is left.
    if source is None or declared.about != "visitors" or DAY not in declared.partition_by:
        return frozenset()
    facts = [
        lake.table(fact) for fact, one in lake.policy.tables.items() if one.kind == "fact" and DAY in one.partition_by
    ]
    closed = frozenset[date]().union(*map(closed_days, facts))
    return closed.intersection(lake.table(name).days()) - set(lake.table(source).days())


def let_entries_go(registry: Registry, keyring: Keyring, policy: Policy, now: datetime) -> int:
    """Let the audit's entries go that are older than the policy keeps them; say how many. What is left proves itself (R49)."""
    entry = policy.retention.get(AUDIT)
    first = None if entry is None else oldest_kept(entry, now.date())
    return 0 if first is None else registry.let_accesses_go(first, now, keyring.audit_seal)


class Accounts(Protocol):
    """Who is registered, and since when nothing came of them."""

    def unchanged_since(self, before: datetime) -> npt.NDArray[np.int64]:
        """Name the customers whose newest form is from before this time, ascending."""

    def let_go(self, customers: Collection[int], before: datetime) -> int:
        """Forget those of these customers whose newest form is from before this time; say how many."""


def let_accounts_go(lake: Lake, accounts: Accounts, today: date) -> int:
    """Forget who was not seen for as long as the policy keeps a registration: no form, no event and no order; say how many."""
    entry = lake.policy.retention.get(REGISTRATION)
    first = None if entry is None else oldest_kept(entry, today)
    if first is None:
        return 0
    before = datetime.combine(first, time(), UTC)
    gone = unseen_since(lake, accounts, before)
    return accounts.let_go(gone.tolist(), before) if len(gone) else 0


def unseen_since(lake: Lake, accounts: Accounts, before: datetime) -> npt.NDArray[np.int64]:
    """Name the customers of whom there is nothing from after a time: their newest form is older, and no event or order is left."""
    waiting = accounts.unchanged_since(before)
    for name, declared in lake.policy.tables.items():
        if declared.about == "customers" and declared.kind == "fact" and len(waiting):
            seen = lake.table(name).read(columns=["customer"]).column("customer")
            waiting = np.setdiff1d(waiting, pc.unique(seen).to_numpy())
    return waiting


def _make_anew(lake: Lake) -> None:
    """Let the marts about customers that are made as a whole count as made of others; first, so that an interruption loses nothing."""
    for name, declared in lake.policy.tables.items():
        mart = lake.table(name)
        if (
            (declared.kind, declared.about) == ("mart", "customers")
            and DAY not in declared.partition_by
            and mart.exists
        ):
            mart.move_watermarks({BUILD: mart.watermark(BUILD) + 1})


def _let_go(table: LakeTable, declared: Table, column: str, first: date) -> int:
    if column in BY_DAY and DAY in declared.partition_by:
        old = [day for day in table.days() if day < first]
        return table.remove_files(table.files(old), RETENTION) if old else 0
    limit = datetime.combine(first, time(), UTC)
    whole, days = [], set()
    limit_us = int(limit.timestamp()) * 1_000_000
    for file, day, oldest_us, newest_us in _times(table, declared, column, first):
        if newest_us < limit_us:
            whole.append(file)
        elif oldest_us < limit_us:
            days.add(day)
    rows = table.remove_files(whole, RETENTION) if whole else 0

    def young(found: pa.Table) -> pa.ChunkedArray:
        return pc.greater_equal(found.column(column), pa.scalar(limit, found.schema.field(column).type))

    for day in sorted(days, key=str):
        rows += table.rewrite_day(day, keep=young, operation=of_day(RETENTION, day))
    return rows


def _times(table: LakeTable, declared: Table, column: str, first: date) -> Iterator[tuple[str, date | None, int, int]]:
    """Give the files that may have old rows: path, day, and the oldest and the newest time in the column (µs since 1970)."""
    by_day: dict[date | None, list[str]] = {None: table.files()}
    if DAY in declared.partition_by:
        near = [day for day in table.days() if day < first + timedelta(days=AHEAD_DAYS)]
        by_day = {day: table.files([day]) for day in near}
    day_of = {file: day for day, files in by_day.items() for file in files}
    if not day_of:
        return
    with open_duckdb() as connection:
        rows = connection.read_parquet([glob.escape(file) for file in day_of], filename=True, hive_partitioning=False)
        ends = ", ".join(f"epoch_us(cast({end}({column}) as timestamptz))" for end in ("min", "max"))
        for file, oldest_us, newest_us in rows.aggregate(f"filename, {ends}", "filename").fetchall():
            yield file, day_of[file], oldest_us, newest_us
