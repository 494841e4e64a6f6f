"""Which views count: of one way of collection, of casual visitors and of those who were logged in (R7, R15, T4)."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from tests.warehouse.nightly.conftest import Warehouse
from tests.warehouse.nightly.customers import at, event
from tests.warehouse.nightly.hits import crowd, day, hit

BEACON: Mapping[str, Any] = {"collected_via": "clickstream", "method": "-", "bytes": None}
EVENTS = "customer_events"
PUBLISHED = ("geo_daily", "page_daily", "referrer_daily", "agent_daily")
CELLS = (*(f"{name}_cells" for name in PUBLISHED), "crowd_daily_cells")


def members(number: int, customers: int, path: str = "/", **values: object) -> list[dict[str, Any]]:
    """Give a page view of so many customers on a day."""
    return [event(customer, at(number), path, **values) for customer in range(1, customers + 1)]


def cells(warehouse: Warehouse, table: str, *columns: str) -> dict[tuple[Any, ...], tuple[int, int]]:
    """Give views and visitors of each row of a table by some of its columns."""
    return {tuple(row[name] for name in columns): (row["views"], row["visitors"]) for row in warehouse.rows(table)}


def test_views_of_both_kinds_are_added_up(warehouse: Warehouse) -> None:
    """Who is registered does not matter; an event that is no page does not count."""
    warehouse.worker.take(crowd(day(0), 12, path="/a", **BEACON))
    logged_in = [*members(0, 11, "/a"), *members(0, 11, "/b", country="FR"), *members(0, 5, kind="event")]
    warehouse.worker.take_about_customers(EVENTS, logged_in)
    assert warehouse.night().holds
    assert cells(warehouse, "geo_daily", "country", "region") == {
        ("DE", "DE-BE"): (12, 12),
        ("DE", "unknown"): (11, 11),
        ("FR", "unknown"): (11, 11),
    }
    assert cells(warehouse, "page_daily", "path") == {("/a",): (23, 23), ("/b",): (11, 11)}
    assert cells(warehouse, "referrer_daily", "referrer_host") == {("direct",): (12, 12), ("unknown",): (22, 11)}
    assert cells(warehouse, "agent_daily", "facet", "name") == {
        ("browser", "Firefox"): (12, 12),
        ("browser", "unknown"): (22, 11),
        ("device", "Desktop"): (12, 12),
        ("device", "unknown"): (22, 11),
        ("system", "Linux"): (12, 12),
        ("system", "unknown"): (22, 11),
    }


@pytest.mark.parametrize(
    ("why", "counting", "log", "expected"),
    [
        ("the log where there is one", {}, 12, 12),
        ("the beacon where there is no log", {}, 0, 30 + 11),
        ("the beacon where the site says so", {"shop": "clickstream"}, 12, 30 + 11),
        ("the log where the site says so", {"shop": "log_file"}, 12, 12),
        ("nothing where the log counts and there is none", {"shop": "log_file"}, 0, 0),
        ("the site's own way, whatever others say", {"blog": "clickstream"}, 12, 12),
    ],
)
def test_one_way_of_collection_counts(
    warehouse: Warehouse, why: str, counting: dict[str, str], log: int, expected: int
) -> None:
    warehouse.worker.take(crowd(day(0), log))
    warehouse.worker.take(crowd(day(0), 30, start=100, **BEACON))
    warehouse.worker.take_about_customers(EVENTS, members(0, 11))
    warehouse.night(counting=counting)
    views = sum(row["views"] for row in warehouse.rows("geo_daily_cells"))
    assert views == sum(row["views"] for row in warehouse.rows("page_daily")) == expected, why


def test_each_day_counts_for_itself_and_another_choice_changes_what_is_there(warehouse: Warehouse) -> None:
    warehouse.worker.take([*crowd(day(0), 12), *crowd(day(0), 14, **BEACON), *crowd(day(1), 14, **BEACON)])
    warehouse.worker.take_about_customers(EVENTS, [*members(2, 10), *members(3, 9)])
    warehouse.night()
    assert {row["event_date"]: row["views"] for row in warehouse.rows("geo_daily")} == {
        day(0): 12,
        day(1): 14,
        day(2): 10,
    }
    changed = {rebuilt.table for rebuilt in warehouse.night(counting={"shop": "clickstream"}).rebuilt}
    assert changed == {*PUBLISHED, *CELLS}
    assert {row["event_date"]: row["views"] for row in warehouse.rows("geo_daily")} == {
        day(0): 14,
        day(1): 14,
        day(2): 10,
    }


def test_answers_are_those_of_servers(warehouse: Warehouse) -> None:
    """An event has no answer; by convention it says 200, and whoever sends one may say 404."""
    bot: dict[str, Any] = {"is_bot": True, "bot_kind": "Search engines", "bot_label": "Findbot"}
    gone: dict[str, Any] = {"kind": "error", "status": 404, "path": "/gone"}
    rows = [*crowd(day(0), 12), *crowd(day(0), 10, **gone), *crowd(day(0), 11, **bot)]
    warehouse.worker.take([*rows, *({**row, **BEACON} for row in rows)])
    warehouse.night()
    assert sum(row["requests"] for row in warehouse.rows("status_daily")) == len(rows)
    assert [row["requests"] for row in warehouse.rows("bot_daily")] == [11]
    assert [row["views"] for row in warehouse.rows("missing_daily")] == [10]


def test_a_host_called_unknown_is_not_mistaken_for_those_of_whom_it_is_not_known(warehouse: Warehouse) -> None:
    warehouse.worker.take(crowd(day(0), 12, referrer_host="unknown", **BEACON))
    warehouse.worker.take_about_customers(EVENTS, members(0, 10))
    warehouse.night()
    assert set(cells(warehouse, "referrer_daily", "referrer_host")) == {("unknown.",), ("unknown",)}


def test_logged_in_views_of_too_few_are_in_no_published_table(warehouse: Warehouse) -> None:
    """They are in the exact cells, which nobody but the batch reads; no total of a published table has them."""
    warehouse.worker.take(crowd(day(0), 12, **BEACON))
    warehouse.worker.take_about_customers(EVENTS, members(0, 9))
    hidden = {rebuilt.table: rebuilt.hidden_days for rebuilt in warehouse.night().rebuilt}
    assert sum(row["views"] for row in warehouse.rows("geo_daily_cells")) == 21
    for name in PUBLISHED:
        assert {row["views"] for row in warehouse.rows(name)} == {12}
        assert hidden[name] == 1


def test_all_published_tables_of_a_day_add_up_to_the_same_with_logged_in_views(warehouse: Warehouse) -> None:
    places = ("DE", "FR", "JP", "unknown")
    for number in range(4):
        casual = [
            hit(
                day(number),
                visitor,
                path=f"/{visitor % 7}",
                country=places[visitor % 3],
                region=f"r{visitor % 9}",
                **BEACON,
            )
            for visitor in range(40)
        ]
        warehouse.worker.take(casual)
    warehouse.worker.take_about_customers(
        EVENTS,
        [
            event(customer, at(number), f"/{customer % (4 + number)}", country=places[customer % 4])
            for number in range(3)
            for customer in range(1, 60 - 25 * number)
            for _ in range(1 + customer % 3)
        ],
    )
    warehouse.night()
    totals: dict[date, set[tuple[int, int]]] = defaultdict(set)
    for name in ("geo_daily", "agent_daily"):
        facets: dict[tuple[date, str], Counter[str]] = defaultdict(Counter)
        for row in warehouse.rows(name):
            facets[row["event_date"], row.get("facet", "")].update(views=row["views"], visitors=row["visitors"])
        for (on, _), total in facets.items():
            totals[on].add((total["views"], total["visitors"]))
    assert {on: len(different) for on, different in totals.items()} == {day(number): 1 for number in range(4)}
    for name in PUBLISHED:
        assert min(row["visitors"] for row in warehouse.rows(name)) >= warehouse.policy.k
    for name in ("page_daily", "referrer_daily"):
        views = Counter[date]()
        for row in warehouse.rows(name):
            views[row["event_date"]] += row["views"]
        assert {on: {views[on]} for on in totals} == {on: {count for count, _ in found} for on, found in totals.items()}


def test_late_events_of_customers_make_the_day_of_the_statistics_stale(warehouse: Warehouse) -> None:
    warehouse.worker.take([*crowd(day(0), 12, **BEACON), *crowd(day(1), 12, **BEACON)])
    warehouse.night()
    warehouse.worker.take_about_customers(EVENTS, members(1, 10))
    days = {rebuilt.table: rebuilt.days for rebuilt in warehouse.night().rebuilt}
    statistics = {name: (day(1),) for name in (*PUBLISHED, *CELLS)}
    assert days == statistics | {"customer_daily": (day(1),), "customer_profiles": None}
