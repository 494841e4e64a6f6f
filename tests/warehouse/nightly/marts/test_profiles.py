"""Profiles: a function of retained events, registered customers and the date, whatever happened in between (R17, R30)."""

import random
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from tests.warehouse.nightly.conftest import Warehouse
from tests.warehouse.nightly.customers import at, event, events, order, orders
from tests.warehouse.nightly.hits import day, rows_of
from warehouse.nightly.marts import stale

EVENTS, ORDERS = "customer_events", "purchases"
HALF_HOUR = timedelta(minutes=30)
MADE = ("customer_daily", "customer_profiles", "geo_daily_cells", "page_daily", "referrer_daily", "agent_daily")


def profiles(shop: Warehouse) -> dict[int, dict[str, Any]]:
    """Give all profiles by customer."""
    rows = shop.lake.table("customer_profiles").read().to_pylist()
    return {row["customer"]: row for row in rows}


def test_a_profile_has_what_a_customer_looked_at_and_bought(warehouse: Warehouse) -> None:
    warehouse.people.roles.update({1: "seller", 4: "customer"})
    seen = [
        event(1, at(0, 23, 50), "/games/chess"),
        event(1, at(1, 0, 10), "/games/go", country="FR"),
        event(1, at(1, 9), "/", country="FR"),
        event(1, at(3), "/books", kind="event"),
    ]
    warehouse.worker.take_about_customers(EVENTS, seen)
    bought = [order(1, at(5, 8), "3.50"), order(1, at(2), "4"), order(1, at(4), "9", currency="EUR")]
    warehouse.worker.take_about_customers(ORDERS, bought)
    summary = warehouse.night(as_of=day(10))
    assert profiles(warehouse) == {
        1: {
            "customer": 1,
            "role": "seller",
            "first_seen": at(0, 23, 50),
            "last_seen": at(5, 8),
            "days_seen": 6,
            "sessions": 3,
            "views": 3,
            "top_country": "DE",
            "categories": [("games", 2 / 3)],
            "last_paths": [
                {"path": "/", "minute": at(1, 9)},
                {"path": "/games/go", "minute": at(1, 0, 10)},
                {"path": "/games/chess", "minute": at(0, 23, 50)},
            ],
            "orders": 3,
            "first_order": at(2),
            "last_order": at(5, 8),
            "recency_days": 5,
            "frequency": 3,
            "monetary": Decimal("7.50"),
            "r": 1,
            "f": 1,
            "m": 1,
            "segment": "lost",
            "as_of": day(10),
            "policy_version": "1.4",
        }
    }
    customers = summary.customers
    assert (customers.registered, customers.profiles, customers.left_out) == (2, 1, 1)
    assert (customers.segments, customers.orders_in_other_currencies) == ({"lost": 1}, 1)


def test_who_only_ordered_and_who_only_looked(warehouse: Warehouse) -> None:
    warehouse.people.roles.update({1: "customer", 2: "customer"})
    warehouse.worker.take_about_customers(ORDERS, [order(1, at(2))])
    warehouse.worker.take_about_customers(EVENTS, [event(2, at(3))])
    warehouse.night()
    bought, looked = profiles(warehouse)[1], profiles(warehouse)[2]
    assert (bought["first_seen"], bought["last_seen"], bought["days_seen"], bought["sessions"]) == (at(2), at(2), 1, 0)
    assert (bought["top_country"], bought["categories"], bought["last_paths"]) == ("unknown", [], [])
    assert (looked["segment"], looked["orders"], looked["monetary"]) == ("visitor", 0, Decimal(0))
    assert {looked[name] for name in ("first_order", "last_order", "recency_days", "r", "f", "m")} == {None}


def test_the_newest_pages_are_in_one_order_and_twenty(warehouse: Warehouse) -> None:
    warehouse.people.roles[1] = "customer"
    old = [event(1, at(0, 8, minute), f"/old/{minute}") for minute in range(30)]
    new = [event(1, at(6, 9), f"/{letter}") for letter in "tsrqponmlk"] + [event(1, at(6, 9, 1), "/z", kind="event")]
    between = [event(1, at(4, 10, minute), f"/between/{minute}") for minute in range(9)]
    for rows in (new, old, between):
        warehouse.worker.take_about_customers(EVENTS, rows)
    warehouse.night()
    paths = [(one["path"], one["minute"]) for one in profiles(warehouse)[1]["last_paths"]]
    assert paths == [
        *((f"/{letter}", at(6, 9)) for letter in "klmnopqrst"),
        *((f"/between/{minute}", at(4, 10, minute)) for minute in reversed(range(9))),
        ("/old/29", at(0, 8, 29)),
    ]


def test_what_comes_after_the_date_is_not_in_a_profile(warehouse: Warehouse) -> None:
    warehouse.people.roles.update({1: "customer", 2: "customer"})
    warehouse.worker.take_about_customers(EVENTS, [event(1, at(0)), event(1, at(5), "/later"), event(2, at(6))])
    warehouse.worker.take_about_customers(ORDERS, [order(1, at(1)), order(1, at(5))])
    warehouse.night(as_of=day(4))
    assert set(profiles(warehouse)) == {1}
    profile = profiles(warehouse)[1]
    assert (profile["last_seen"], profile["orders"], profile["recency_days"], profile["views"]) == (at(1), 1, 3, 1)
    assert [one["path"] for one in profile["last_paths"]] == ["/"]
    warehouse.night(as_of=day(6))
    assert (profiles(warehouse)[1]["recency_days"], profiles(warehouse)[2]["as_of"]) == (1, day(6))


@pytest.mark.parametrize("customers", [1, 4, 5, 23, 400])
def test_recency_frequency_and_money_are_what_pandas_makes_of_them(warehouse: Warehouse, customers: int) -> None:
    """The figures, the fifths and the segments are worked out here again, with other tools."""
    warehouse.people.roles.update(dict.fromkeys(range(1, customers + 1), "customer"))
    days, as_of = [day(number) for number in range(20)], day(21)
    bought = orders(customers, days, customers)
    warehouse.worker.take_about_customers(ORDERS, bought)
    warehouse.night(as_of=as_of)
    frame = pd.DataFrame(bought)
    frame["paid"] = pd.Series([row["amount"] if row["currency"] == "USD" else Decimal(0) for row in bought])
    grouped = frame.groupby("customer")
    expected = pd.DataFrame(
        {
            "recency_days": grouped["event_date"].max().map(lambda last: (as_of - last).days),
            "frequency": grouped.size(),
            "monetary": grouped["paid"].sum(),
        }
    )
    for name, column, ascending in (("r", "recency_days", False), ("f", "frequency", True), ("m", "monetary", True)):
        ordered = expected.reset_index().sort_values([column, "customer"], ascending=[ascending, True])
        expected[name] = pd.Series(_fifths(len(ordered)), index=ordered["customer"])
    expected["segment"] = [_segment(r, f) for r, f in zip(expected["r"], expected["f"], strict=True)]
    found = {customer: {name: row[name] for name in expected.columns} for customer, row in profiles(warehouse).items()}
    assert found == expected.to_dict("index")


def _fifths(rows: int) -> list[int]:
    """Give rows their fifths, 1 first; the first fifths have one row more where it does not come out even."""
    return [fifth + 1 for fifth in range(5) for _ in range(rows // 5 + (fifth < rows % 5))]


def _segment(r: int, f: int) -> str:
    if r >= 4:
        return "champion" if f >= 4 else "promising"
    if f >= 4:
        return "loyal"
    if r <= 2:
        return "at risk" if f == 3 else "lost"
    return "regular"


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in (1, 2))])
def test_many_nights_end_where_one_night_does(
    warehouse: Warehouse, other_warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Rows come in any order, people register late, leave, and come back; rebuilt from nothing gives the same rows."""
    chance, days = random.Random(seed), [day(number) for number in range(6)]
    taken: list[tuple[str, list[dict[str, Any]]]] = []
    if seed % 2:
        monkeypatch.setattr(stale, "CHUNK_BYTES_MAX", 1)
    for number in range(5):
        for _ in range(chance.randint(0, 2)):
            some = chance.sample(days, chance.randint(1, 3))
            table = chance.choice((EVENTS, EVENTS, ORDERS))
            made = (events if table == EVENTS else orders)(chance.randint(0, 99), some, chance.randint(1, 14))
            taken.append((table, made))
            warehouse.worker.take_about_customers(table, made)
        people = warehouse.people.roles
        people.update({chance.randint(1, 14): chance.choice(("customer", "seller")) for _ in range(4)})
        for gone in chance.sample(sorted(people), chance.randint(0, 2)):
            del people[gone]
        warehouse.clock.at += timedelta(days=chance.randint(0, 1))
        if number < 4:
            warehouse.night()
    monkeypatch.undo()
    chance.shuffle(taken)
    for table, rows in taken:
        other_warehouse.worker.take_about_customers(table, rows)
    other_warehouse.people.roles.update(warehouse.people.roles)
    other_warehouse.clock.at = warehouse.clock.at
    warehouse.night()
    other_warehouse.night()
    without = ("released_at",)
    assert rows_of(warehouse.lake, MADE, without=without) == rows_of(other_warehouse.lake, MADE, without=without)
    check_by_hand(profiles(warehouse), taken, warehouse.people.roles)


def check_by_hand(
    found: Mapping[int, Mapping[str, Any]], taken: list[tuple[str, list[dict[str, Any]]]], roles: Mapping[int, str]
) -> None:
    """Work some figures out again in plain Python."""
    seen = [row for table, rows in taken if table == EVENTS for row in rows if row["customer"] in roles]
    bought = [row for table, rows in taken if table == ORDERS for row in rows if row["customer"] in roles]
    times: dict[int, list[Any]] = {}
    for row in [*seen, *bought]:
        times.setdefault(row["customer"], []).append(row.get("event_time") or row["order_time"])
    assert set(found) == set(times)
    for customer, profile in found.items():
        own = sorted(row["event_time"] for row in seen if row["customer"] == customer)
        began = [one for one, before in zip(own, [None, *own], strict=False) if not before or one > before + HALF_HOUR]
        pages = [row for row in seen if row["customer"] == customer and row["kind"] == "page"]
        categories = Counter(row["category"] for row in pages if row["category"])
        newest = sorted(
            ((row["event_time"], row["path"]) for row in pages), key=lambda one: (-one[0].timestamp(), one[1])
        )
        assert (profile["first_seen"], profile["last_seen"]) == (min(times[customer]), max(times[customer]))
        assert (profile["sessions"], profile["views"]) == (len(began), len(pages))
        assert profile["days_seen"] == len({time.date() for time in times[customer]})
        assert dict(profile["categories"]) == {name: count / len(pages) for name, count in categories.items()}
        assert [(one["minute"], one["path"]) for one in profile["last_paths"]] == newest[:20]
        assert profile["role"] == roles[customer]
