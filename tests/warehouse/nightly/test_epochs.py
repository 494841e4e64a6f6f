"""A published day changes by fewer than k visitors with the month only, in all tables at once (R43)."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from policy import Policy
from tests.warehouse.nightly.conftest import Warehouse
from tests.warehouse.nightly.customers import at, event
from tests.warehouse.nightly.hits import NOW, crowd, day, hit, rows_of
from warehouse.lake.table import LakeTable
from warehouse.nightly.publishing import days_unsettled
from warehouse.registry import Erasure

RELEASES = ("geo_daily", "page_daily", "referrer_daily", "agent_daily", "missing_daily")
DECEMBER = datetime(2026, 12, 1, 3, tzinfo=UTC)
GONE: dict[str, Any] = {"kind": "error", "status": 404, "path": "/gone"}


def _visitors(warehouse: Warehouse, table: str = "geo_daily", column: str = "event_date") -> dict[Any, int]:
    found = Counter[Any]()
    for row in warehouse.rows(table):
        found[row[column]] += row["visitors"]
    return dict(found)


def _published(warehouse: Warehouse) -> dict[str, list[dict[str, Any]]]:
    return rows_of(warehouse.lake, RELEASES)


def test_late_rows_of_a_few_wait_for_the_month_and_those_of_many_do_not(warehouse: Warehouse) -> None:
    warehouse.worker.take([*crowd(day(0), 12), *crowd(day(1), 12), *crowd(day(1), 12, site="blog")])
    assert warehouse.night().days_waiting == ()
    before = _published(warehouse)
    assert days_unsettled(warehouse.lake) == set()
    warehouse.worker.take([*crowd(day(0), 9, start=100), *crowd(day(1), 1), *crowd(day(1), 10, start=100, site="blog")])
    assert days_unsettled(warehouse.lake) == {day(0), day(1)}
    summary = warehouse.night()
    assert summary.days_waiting == (day(0), day(1))
    assert {rebuilt.days for rebuilt in summary.rebuilt if rebuilt.table in RELEASES} == {(day(1),)}
    assert _visitors(warehouse, column="site") == {"shop": 24, "blog": 22}  # of the blog all tables, of the shop none
    shop = {name: [row for row in rows if row["site"] == "shop"] for name, rows in before.items()}
    assert {
        name: [row for row in rows if row["site"] == "shop"] for name, rows in _published(warehouse).items()
    } == shop
    again = warehouse.night()
    assert (again.rebuilt, again.days_waiting) == ((), (day(0), day(1)))
    warehouse.worker.take(crowd(day(0), 1, start=200))  # the tenth: now there are k of them
    assert warehouse.night().days_waiting == (day(1),)
    assert _visitors(warehouse)[day(0)] == 22
    warehouse.clock.at = DECEMBER
    summary = warehouse.night()
    assert (summary.days_waiting, {rebuilt.days for rebuilt in summary.rebuilt}) == ((), {(day(1),)})
    assert days_unsettled(warehouse.lake) == set()
    views = Counter[Any]()
    for row in warehouse.rows("page_daily"):
        views[row["event_date"], row["site"]] += row["views"]
    assert views == {(day(0), "shop"): 22, (day(1), "shop"): 13, (day(1), "blog"): 22}
    warehouse.worker.take(crowd(day(0), 3, start=300))
    assert warehouse.night().days_waiting == (day(0),)  # the month has had its release


@pytest.mark.long
def test_a_night_for_another_date_takes_no_month_away(warehouse: Warehouse) -> None:
    warehouse.worker.take(crowd(day(0), 12))
    warehouse.night()
    warehouse.worker.take(crowd(day(0), 3, start=300))
    assert warehouse.night().days_waiting == (day(0),)
    assert warehouse.night(as_of=date(2026, 10, 5)).rebuilt == ()
    assert warehouse.night(as_of=date(2036, 1, 5)).days_waiting == ()  # so far ahead by mistake
    warehouse.worker.take(crowd(day(0), 3, start=400))
    assert warehouse.night().days_waiting == (day(0),)
    warehouse.clock.at += timedelta(days=31)
    assert warehouse.night().days_waiting == ()


@pytest.mark.long
def test_a_table_that_changes_little_holds_the_others(warehouse: Warehouse) -> None:
    """Twelve more visitors of whom three met a missing page: who subtracts the days would see the three."""
    warehouse.worker.take([*crowd(day(0), 30), *crowd(day(0), 30, **GONE)])
    warehouse.night()
    before = _published(warehouse)
    warehouse.worker.take([*crowd(day(0), 12, start=100), *crowd(day(0), 3, start=100, **GONE)])
    assert warehouse.night().days_waiting == (day(0),)
    assert _published(warehouse) == before
    warehouse.worker.take(crowd(day(0), 9, start=103, **GONE))
    assert warehouse.night().days_waiting == ()
    assert (_visitors(warehouse), _visitors(warehouse, "missing_daily")) == ({day(0): 42}, {day(0): 42})


@pytest.mark.long
def test_a_child_that_is_erased_leaves_the_tables_with_others(warehouse: Warehouse) -> None:
    warehouse.worker.take(crowd(day(0), 12, collected_via="clickstream"))
    warehouse.worker.take_about_customers("customer_events", [event(one, at(0), "/") for one in range(1, 16)])
    warehouse.night()
    assert _visitors(warehouse) == {day(0): 12 + 15}
    warehouse.people.queued.append(Erasure(7, "child", "queued", warehouse.clock.at))
    summary = warehouse.night()
    assert (summary.rows_erased, summary.days_waiting) == (1, (day(0),))
    assert _visitors(warehouse) == {day(0): 12 + 15}
    warehouse.clock.at = DECEMBER
    assert warehouse.night().days_waiting == ()
    assert _visitors(warehouse) == {day(0): 12 + 14}


def test_a_day_is_published_when_it_is_over_or_at_once_when_asked(warehouse: Warehouse) -> None:
    today = NOW.date()
    warehouse.worker.take(crowd(today, 12))
    summary = warehouse.night()
    assert (summary.days_not_over, summary.days_waiting, warehouse.rows("geo_daily")) == ((today,), (), [])
    assert sum(row["views"] for row in warehouse.rows("geo_daily_cells")) == 12
    assert warehouse.night(at_once=True).days_not_over == ()
    assert _visitors(warehouse) == {today: 12}
    warehouse.worker.take(crowd(today, 4, start=50))
    assert warehouse.night().days_not_over == (today,)
    warehouse.clock.at += timedelta(days=1)
    summary = warehouse.night()
    assert (summary.days_not_over, summary.days_waiting, _visitors(warehouse)) == ((), (today,), {today: 12})


def test_a_setting_acts_at_once_and_a_limit_takes_back_what_it_forbids(warehouse: Warehouse, plimus: Policy) -> None:
    came = [*crowd(day(0), 12, referrer_host="a.example"), *crowd(day(0), 15, start=50)]
    warehouse.worker.take(came)
    warehouse.night()
    warehouse.night(own_hosts={"shop": ["a.example"]})
    assert _visitors(warehouse, "referrer_daily", "referrer_host") == {"internal": 12, "direct": 15}
    warehouse.worker.take(crowd(day(0), 1, start=200))
    assert warehouse.night(own_hosts={"shop": ["a.example"]}).days_waiting == (day(0),)
    stricter = msgspec.structs.replace(plimus, releases=msgspec.structs.replace(plimus.releases, k=29))
    assert warehouse.night(stricter).days_waiting == ()
    assert _published(warehouse) == {name: [] for name in RELEASES}


class KilledError(BaseException):
    """Stands for the process's end: nothing of ours may catch it."""


@pytest.mark.long
@pytest.mark.parametrize(
    "at_month",
    [False, pytest.param(True, marks=pytest.mark.long)],
    ids=["a night", "the first night of a month"],
)
def test_a_night_that_is_killed_between_two_tables_is_made_good(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, *, at_month: bool
) -> None:
    warehouse.worker.take([*crowd(day(0), 30), *crowd(day(0), 30, **GONE)])
    warehouse.night()
    before = _published(warehouse)
    warehouse.worker.take([*crowd(day(0), 12, start=100), *crowd(day(0), 3, start=100, **GONE)])
    if at_month:
        assert warehouse.night().days_waiting == (day(0),)
        warehouse.clock.at = DECEMBER
    replace_days, deadly = (
        LakeTable.replace_days,
        ["missing_daily"],
    )  # the first release, and the one that changes little

    def dying(table: LakeTable, rows: Any, days: Any, *, watermarks: Any) -> None:
        replace_days(table, rows, days, watermarks=watermarks)
        if table.name in deadly:
            deadly.remove(table.name)
            raise KilledError

    monkeypatch.setattr(LakeTable, "replace_days", dying)
    with pytest.raises(KilledError):
        warehouse.night()
    assert warehouse.night().days_waiting == (() if at_month else (day(0),))
    assert _visitors(warehouse) == {day(0): 42 if at_month else 30}
    assert at_month or _published(warehouse) == before


@pytest.mark.long
def test_of_two_releases_of_a_month_the_one_less_the_other_shows_nobody(
    warehouse: Warehouse, other_warehouse: Warehouse
) -> None:
    """Seeded nights in which rows come and go; the first night of a month ends where one night from nothing does."""
    chance = random.Random(5)
    batches = [
        [
            hit(
                day(chance.randrange(3)),
                number * 100 + chance.randrange(size),
                country=chance.choice(("DE", "DE", "FR", "JP")),
                path=chance.choice(("/", "/", "/a", "/b")),
                device=chance.choice(("Desktop", "Desktop", "Phone")),
            )
            for _ in range(3 * size)
        ]
        for number, size in enumerate((40, 3, 30, 60, 1))
    ]
    waited = 0
    last: dict[str, dict[Any, int]] = {}
    for number, batch in enumerate(batches):
        warehouse.worker.take(batch)
        waited += len(warehouse.night().days_waiting)
        shown = {name: _rows_and_totals(warehouse, name) for name in RELEASES}
        for name in RELEASES if number else ():
            for key in last[name].keys() | shown[name].keys():
                change = abs(shown[name].get(key, 0) - last[name].get(key, 0))
                assert change == 0 or change >= 10, (name, key)
        last = shown
    assert waited > 0
    for batch in batches:
        other_warehouse.worker.take(batch)
    warehouse.clock.at = other_warehouse.clock.at = DECEMBER
    warehouse.night()
    other_warehouse.night()
    columns = ("released_at",)
    assert rows_of(warehouse.lake, RELEASES, without=columns) == rows_of(
        other_warehouse.lake, RELEASES, without=columns
    )


def _rows_and_totals(warehouse: Warehouse, name: str) -> dict[Any, int]:
    """Give the visitors of every row, and of every day where they add up."""
    found = Counter[Any]()
    for row in warehouse.rows(name):
        names = tuple(row.get(column) for column in ("country", "region", "path", "referrer_host", "facet", "name"))
        found[row["event_date"], names] = row["visitors"]
        if name in ("geo_daily", "agent_daily"):
            found[row["event_date"], row.get("facet")] += row["visitors"]
    return dict(found)
