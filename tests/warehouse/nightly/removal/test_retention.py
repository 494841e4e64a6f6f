"""Rows go when their time is over, in every table: just inside they stay, just outside they go, and nothing else changes (R56, R43)."""

import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from msgspec.structs import replace

from policy.model import Retention
from tests.warehouse.nightly.conftest import Clock, Warehouse
from tests.warehouse.nightly.customers import event, order
from tests.warehouse.nightly.hits import NOW, crowd, hit
from warehouse.lake import Lake
from warehouse.nightly.publishing import days_unsettled
from warehouse.nightly.removal.erasing import erased_rows
from warehouse.nightly.removal.retention import let_old_rows_go, oldest_kept
from warehouse.nightly.summary import Accounting, account
from warehouse.relations import open_duckdb, view_keyed

TODAY = NOW.date()
HITS_FROM = date(2024, 10, 23)
CUSTOMERS_FROM = date(2023, 11, 23)
LONG_FROM = date(2020, 11, 23)
RELEASES = ("geo_daily", "page_daily", "agent_daily")


def noon(on: date) -> datetime:
    return datetime.combine(on, time(12), UTC)


def before(on: date) -> date:
    return on - timedelta(days=1)


def put(warehouse: Warehouse, table: str, rows: list[dict[str, Any]]) -> None:
    """Commit rows as nobody's intake."""
    target = warehouse.lake.table(table)
    start = target.mark("c/u/0") or 0
    staged = target.stage(pa.Table.from_pylist(rows, target.schema))
    target.commit(staged, app_id="c/u/0", start=start, end=start + 1)


@pytest.mark.parametrize(
    ("months", "today", "first"),
    [
        (25, TODAY, HITS_FROM),
        (1, date(2026, 3, 31), date(2026, 2, 28)),
        (12, date(2028, 2, 29), date(2027, 2, 28)),
        (11, date(2026, 12, 1), date(2026, 1, 1)),
        (30_000, TODAY, date.min),
    ],
)
def test_months_are_those_of_the_calendar(months: int, today: date, first: date) -> None:
    assert oldest_kept(Retention("why", "R56", months=months, counted_from="at"), today) == first


def test_days_are_days_and_what_is_kept_with_another_has_none() -> None:
    assert oldest_kept(Retention("why", "R56", days=30, counted_from="at"), TODAY) == date(2026, 10, 24)
    assert oldest_kept(Retention("why", "R56", kept_with="hits"), TODAY) is None


@dataclass
class Old:
    """A warehouse whose rows are as old as they may be, and a day older; and what its releases said before."""

    warehouse: Warehouse
    released: dict[str, list[dict[str, Any]]]


def letter(on: date) -> dict[str, Any]:
    where = {"topic": "web_log", "topic_id": "t", "partition": 0, "offset": on.toordinal()}
    return {
        **where,
        "source": "web_log",
        "reason": "no_content",
        "shape": "",
        "taken_at": noon(on),
        "policy_version": "1.4",
    }


@pytest.fixture
def old(warehouse: Warehouse) -> Old:
    """Give it after a night of a time when all of it was young."""
    warehouse.clock.at = noon(HITS_FROM)
    first, second = before(HITS_FROM), HITS_FROM
    warehouse.worker.take(crowd(first, 30, taken_at=noon(first)))
    warehouse.worker.take(
        [*crowd(first, 2, start=90, taken_at=noon(second)), *crowd(second, 25, taken_at=noon(second))]
    )
    warehouse.people.roles = {7: "customer", 8: "customer"}
    days = (before(CUSTOMERS_FROM), CUSTOMERS_FROM)
    warehouse.worker.take_about_customers("customer_events", [event(7, noon(on), "/games") for on in days])
    warehouse.worker.take_about_customers("purchases", [order(7, noon(on)) for on in days])
    assert warehouse.night(at_once=True).holds
    released = {name: warehouse.rows(name) for name in RELEASES}
    assert {row["event_date"] for row in released["geo_daily"]} == {first, second}
    warehouse.clock.at = NOW
    return Old(warehouse, released)


def test_what_is_too_old_goes_and_what_was_made_of_it_stays(old: Old) -> None:
    warehouse, released = old.warehouse, old.released
    put(warehouse, "dead_letters", [letter(TODAY - timedelta(days=days)) for days in (30, 31)])
    warehouse.people.changed_at = {7: noon(date(2020, 1, 1)), 8: noon(before(CUSTOMERS_FROM)), 9: noon(CUSTOMERS_FROM)}
    night = warehouse.night()
    first, second = before(HITS_FROM), HITS_FROM
    facts = {"hits": 30, "dead_letters": 1, "customer_events": 1, "purchases": 1}
    cells = set(night.rows_let_go) - set(facts)
    assert {name: rows for name, rows in night.rows_let_go.items() if name in facts} == facts
    assert cells >= {"geo_daily_cells", "page_daily_cells"}, "those of a day without hits go with its last event"
    assert night.accounts_let_go == 1, "7 has events and orders that are retained, 9 came within the time"
    assert sorted(warehouse.people.changed_at) == [7, 9]
    assert night.holds, night.accounting
    assert night.accounting.lines_in == night.accounting.kept + night.accounting.dropped + night.accounting.dead_letters
    assert [row["event_date"] for row in warehouse.rows("hits")] == [first] * 2 + [second] * 25
    assert warehouse.lake.table("customer_events").days() == [CUSTOMERS_FROM]
    assert [row["taken_at"].date() for row in warehouse.rows("dead_letters")] == [TODAY - timedelta(days=30)]
    assert {name: warehouse.rows(name) for name in RELEASES} == released, "what was published stays"
    assert warehouse.lake.table("customer_daily").days() == [CUSTOMERS_FROM]
    profiles = warehouse.lake.table("customer_profiles").read(columns=["customer", "views", "orders"]).to_pylist()
    assert profiles == [{"customer": 7, "views": 1, "orders": 1}], "profiles are made of what is left"
    assert first in days_unsettled(warehouse.lake), "no answer from the rows that are left of a day"

    # Everything is made anew under another limit; lines of the first day come late.
    warehouse.worker.take(crowd(first, 20, start=200, taken_at=NOW))
    policy = warehouse.policy
    again = warehouse.night(replace(policy, releases=replace(policy.releases, rounding=10)))
    assert again.holds, again.accounting
    assert again.rows_let_go == {}
    assert (night.rows_unpublished, again.rows_unpublished) == ({}, {first: 20})
    kept = {name: [row for row in warehouse.rows(name) if row["event_date"] == first] for name in RELEASES}
    assert kept == {name: [row for row in rows if row["event_date"] == first] for name, rows in released.items()}
    assert warehouse.lake.table("status_daily").days() == [first, second]

    # A row that goes for no such reason is missing.
    hits = warehouse.lake.table("hits")
    hits.rewrite_day(HITS_FROM, keep=lambda rows: pa.array([False] + [True] * (rows.num_rows - 1)), operation="lost")
    accounting = accounting_of(warehouse)
    assert (accounting.holds, accounting.missing) == (False, {"log_file": 1})

    # The next day the last hits are too old, and six years later what was published.
    lake = warehouse.lake
    gone = let_old_rows_go(lake, TODAY + timedelta(days=1))
    assert (gone["hits"], hits.days()) == (24 + 2, [first]), "but for those that came late"
    assert gone["geo_daily_cells"] > 0
    assert lake.table("geo_daily_cells").days() == [first]
    released_on = HITS_FROM.replace(year=HITS_FROM.year + 6)
    assert "geo_daily" not in let_old_rows_go(lake, released_on), "just inside"
    gone = let_old_rows_go(lake, released_on + timedelta(days=1))
    assert gone["geo_daily"] == sum(row["event_date"] == first for row in released["geo_daily"])
    assert lake.table("geo_daily").days() == [second], "which was published anew under the other limit"
    assert let_old_rows_go(lake, released_on + timedelta(days=1)) == {}


@pytest.mark.long
def test_what_a_later_limit_forbids_does_not_stay(old: Old) -> None:
    """The rows are gone, so the day cannot be merged anew: it is published of what is left, which here is too little."""
    warehouse, policy = old.warehouse, old.warehouse.policy
    assert warehouse.night().rows_let_go["hits"] == 30
    warehouse.night(replace(policy, releases=replace(policy.releases, k=20)))
    first, second = before(HITS_FROM), HITS_FROM
    assert warehouse.lake.table("geo_daily").days() == [first, second]
    warehouse.night(replace(policy, releases=replace(policy.releases, k=26)))
    assert warehouse.lake.table("geo_daily").days() == [first], "25 visitors are too few now, and 32 are not"
    warehouse.night(replace(policy, releases=replace(policy.releases, k=33)))
    assert warehouse.lake.table("geo_daily").days() == []


def accounting_of(warehouse: Warehouse) -> Accounting:
    """Compare the rows as they are now with what the intakes say."""
    with open_duckdb() as connection:
        for name in ("hits", "intakes", "customer_events", "purchases"):
            view_keyed(connection, warehouse.lake.table(name), columns=warehouse.policy.tables[name].names)
        return account(connection, warehouse.policy, erased_rows(warehouse.lake))


def test_rows_are_gone_at_once_and_files_after_the_grace(warehouse: Warehouse) -> None:
    on = before(HITS_FROM)
    put(warehouse, "hits", crowd(on, 3, intake="u/0/0", taken_at=noon(on)))
    put(warehouse, "hits", crowd(HITS_FROM, 2, intake="u/0/1", taken_at=noon(HITS_FROM)))
    now = datetime.now(UTC)
    for ago, removed in ((timedelta(hours=23), 0), (timedelta(hours=25), 1)):
        lake = Lake(warehouse.folder / f"copy-{removed}", warehouse.policy, Clock(now - ago), warehouse.keyring)
        shutil.copytree(warehouse.lake.root, lake.root)
        table = lake.table("hits")
        (gone,) = table.files([on])
        assert let_old_rows_go(lake, TODAY) == {"hits": 3}
        with duckdb.connect() as connection:
            assert connection.read_parquet(table.files()).aggregate("count(*)").fetchall() == [(2,)]
        assert (table.vacuum(), Path(gone).is_file()) == (removed, not removed)


def test_a_mixed_file_is_written_again_without_the_old_rows(warehouse: Warehouse) -> None:
    on = before(HITS_FROM)
    rows = [hit(on, 1, intake="u/0/0", taken_at=noon(on)), hit(on, 2, intake="u/0/1", taken_at=noon(HITS_FROM))]
    put(warehouse, "hits", rows)
    hits = warehouse.lake.table("hits")
    old_files = hits.files()
    assert let_old_rows_go(warehouse.lake, TODAY) == {"hits": 1}
    assert [row["visitor"] for row in warehouse.rows("hits")] == [2]
    assert not set(hits.files()) & set(old_files)
