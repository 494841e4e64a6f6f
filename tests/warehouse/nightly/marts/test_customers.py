"""What customers did by day: sessions over midnight, minutes, countries, money, and who is in it at all (R17, R30)."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from policy.errors import UsageError
from tests.warehouse.nightly.conftest import Warehouse
from tests.warehouse.nightly.customers import at, event, order
from tests.warehouse.nightly.hits import day
from warehouse.registry import Subjects

EVENTS, ORDERS = "customer_events", "purchases"


@pytest.fixture
def shop(warehouse: Warehouse) -> Warehouse:
    """Give a warehouse with the registered customers 1 and 2, and the seller 3."""
    warehouse.people.roles.update({1: "customer", 2: "customer", 3: "seller"})
    return warehouse


def daily(shop: Warehouse, *columns: str) -> dict[tuple[date, int], Any]:
    """Give columns of `customer_daily` by day and customer."""
    rows = shop.lake.table("customer_daily").read().to_pylist()
    found = {(row["event_date"], row["customer"]): tuple(row[name] for name in columns) for row in rows}
    assert len(found) == len(rows)
    return found if len(columns) > 1 else {key: values[0] for key, values in found.items()}


def test_a_day_has_views_sessions_minutes_and_money(shop: Warehouse) -> None:
    shop.worker.take_about_customers(
        EVENTS,
        [
            event(1, at(0, 9, 0), "/games/chess"),
            event(1, at(0, 9, 0), "/games/go"),
            event(1, at(0, 9, 30), "/books"),
            event(1, at(0, 10, 1), "/"),
            event(1, at(0, 10, 2), "/books", kind="event"),
            event(2, at(0, 9, 0), "/help", kind="event"),
        ],
    )
    shop.worker.take_about_customers(ORDERS, [order(1, at(0, 10), "10.50"), order(1, at(0, 11), "0.25")])
    shop.night()
    found = daily(shop, "views", "sessions", "minutes", "categories", "orders", "amount", "policy_version")
    assert found == {
        (day(0), 1): (4, 2, 4, [("books", 1), ("games", 2)], 2, Decimal("10.75"), "1.4"),
        (day(0), 2): (0, 1, 1, [], 0, Decimal(0), "1.4"),
    }


def test_a_session_counts_on_the_day_on_which_it_began(shop: Warehouse) -> None:
    shop.worker.take_about_customers(EVENTS, [event(1, at(0, 23, 50)), event(1, at(1, 0, 20)), event(1, at(1, 0, 51))])
    shop.worker.take_about_customers(EVENTS, [event(2, at(1, 0, 5)), event(2, at(0, 23, 30))])
    shop.night()
    assert daily(shop, "sessions") == {(day(0), 1): 1, (day(1), 1): 1, (day(0), 2): 1, (day(1), 2): 1}


def test_half_an_hour_is_still_the_same_session(shop: Warehouse) -> None:
    shop.worker.take_about_customers(EVENTS, [event(1, at(0, 23, 45)), event(1, at(1, 0, 15)), event(1, at(1, 0, 45))])
    shop.night()
    assert daily(shop, "sessions") == {(day(0), 1): 1, (day(1), 1): 0}


def test_late_rows_before_midnight_make_the_next_day_stale(shop: Warehouse) -> None:
    shop.worker.take_about_customers(EVENTS, [event(1, at(1, 0, 10)), event(1, at(4)), event(2, at(2))])
    shop.night()
    assert daily(shop, "sessions") == {(day(1), 1): 1, (day(4), 1): 1, (day(2), 2): 1}
    shop.worker.take_about_customers(EVENTS, [event(1, at(0, 23, 55))])
    summary = shop.night()
    days = {rebuilt.table: rebuilt.days for rebuilt in summary.rebuilt}
    assert days["customer_daily"] == (day(0), day(1))
    assert days["geo_daily_cells"] == (day(0),)
    assert daily(shop, "sessions")[day(1), 1] == 0


def test_days_that_follow_nothing_are_not_made(shop: Warehouse) -> None:
    shop.worker.take_about_customers(EVENTS, [event(1, at(0))])
    shop.night()
    shop.worker.take_about_customers(EVENTS, [event(1, at(0, 13))])
    days = {rebuilt.table: rebuilt.days for rebuilt in shop.night().rebuilt}
    assert days["customer_daily"] == (day(0),)


def test_the_country_is_where_most_events_came_from_and_the_first_name_of_equals(shop: Warehouse) -> None:
    countries = {1: ("FR", "DE", "FR"), 2: ("US", "DE", "US", "DE"), 3: ("unknown",)}
    rows = [
        event(customer, at(0, 9, minute), country=country)
        for customer, seen in countries.items()
        for minute, country in enumerate(seen)
    ]
    shop.worker.take_about_customers(EVENTS, rows)
    shop.night()
    assert daily(shop, "country") == {(day(0), 1): "FR", (day(0), 2): "DE", (day(0), 3): "unknown"}


def test_orders_alone_make_a_day_and_other_money_is_no_amount(shop: Warehouse) -> None:
    bought = [order(1, at(0), "7.00"), order(1, at(0), "9.00", currency="EUR"), order(2, at(1), "5", currency="EUR")]
    shop.worker.take_about_customers(ORDERS, bought)
    summary = shop.night()
    assert daily(shop, "orders", "amount", "views", "country") == {
        (day(0), 1): (2, Decimal("7.00"), 0, "unknown"),
        (day(1), 2): (1, Decimal(0), 0, "unknown"),
    }
    assert summary.customers.orders_in_other_currencies == 2
    assert shop.night(currency="EUR").customers.orders_in_other_currencies == 1
    assert daily(shop, "amount") == {(day(0), 1): Decimal("9.00"), (day(1), 2): Decimal("5.00")}


def test_only_registered_customers_have_days(shop: Warehouse) -> None:
    shop.worker.take_about_customers(EVENTS, [event(1, at(0)), event(9, at(0)), event(9, at(3))])
    shop.worker.take_about_customers(ORDERS, [order(9, at(5))])
    shop.night()
    assert set(daily(shop, "views")) == {(day(0), 1)}


def test_who_registers_late_or_leaves_changes_the_own_days_only(shop: Warehouse) -> None:
    rows = [event(1, at(0)), event(9, at(1)), event(9, at(2)), event(2, at(2)), event(2, at(3))]
    shop.worker.take_about_customers(EVENTS, rows)
    shop.worker.take_about_customers(ORDERS, [order(9, at(5))])
    shop.night()
    shop.people.roles[9] = "customer"
    days = {rebuilt.table: rebuilt.days for rebuilt in shop.night().rebuilt}
    assert days == {"customer_daily": (day(1), day(2), day(5)), "customer_profiles": None}
    assert {on for on, customer in daily(shop, "views") if customer == 9} == {day(1), day(2), day(5)}
    del shop.people.roles[2]
    days = {rebuilt.table: rebuilt.days for rebuilt in shop.night().rebuilt}
    assert days == {"customer_daily": (day(2), day(3)), "customer_profiles": None}
    assert {customer for _, customer in daily(shop, "views")} == {1, 9}
    assert shop.night().rebuilt == ()


def test_a_day_of_events_that_is_gone_leaves_the_customers_tables(shop: Warehouse) -> None:
    shop.worker.take_about_customers(EVENTS, [event(1, at(0)), event(2, at(1))])
    shop.night()
    table = shop.lake.table(EVENTS)
    table.replace_days(table.schema.empty_table(), [day(0)], watermarks={})
    shop.night()
    assert set(daily(shop, "views")) == {(day(1), 2)}
    assert shop.lake.table("customer_profiles").read().column("customer").to_pylist() == [2]


def test_nothing_is_made_again_on_the_same_date(shop: Warehouse) -> None:
    shop.worker.take_about_customers(EVENTS, [event(1, at(0))])
    shop.night()
    assert shop.night().rebuilt == ()
    shop.clock.at += timedelta(days=1)
    assert [rebuilt.table for rebuilt in shop.night().rebuilt] == ["customer_profiles"]


def test_children_and_those_who_opted_out_of_profiles_are_in_no_table_from_the_next_night_on(shop: Warehouse) -> None:
    """The real registry: who is registered there, and under which pseudonym."""
    subjects = Subjects(shop.registry, shop.keyring, shop.clock)
    one, two, child = (subjects.pseudonym(name) for name in ("one", "two", "child"))
    subjects.commit(forms(["one", "two", "child"]), np.array([], np.int64), app_id="c/r/0", start=0, end=3)
    shop.worker.take_about_customers(EVENTS, [event(customer, at(0)) for customer in (one, two, child)])
    shop.worker.take_about_customers(EVENTS, [event(child, at(1))])
    summary = shop.night(subjects=subjects)
    assert {customer for _, customer in daily(shop, "views")} == {one, two, child}
    subjects.commit(forms(["two"], ["profile"]), np.array([child], np.int64), app_id="c/r/0", start=3, end=4)
    summary = shop.night(subjects=subjects)
    assert summary.rows_erased == 2
    rebuilt = {one.table: one.days for one in summary.rebuilt}
    assert rebuilt.pop("customer_profiles") is None
    assert set(rebuilt.values()) == {(day(0), day(1))}, "the child's views leave the statistics too"
    assert set(daily(shop, "views")) == {(day(0), one)}
    assert shop.lake.table("customer_profiles").read().column("customer").to_pylist() == [one]
    assert (summary.customers.registered, summary.customers.left_out) == (1, 0)


def forms(names: list[str], opt_out: list[str] | None = None) -> pa.Table:
    """Give forms as ingestion hands them to the registry; those who opt out do it a day later."""
    rows = [
        {
            "event_id": f"{name}/{opt_out}",
            "event_time": at(1 if opt_out else 0),
            "customer_id": name,
            "role": "customer",
            "name": name,
            "email": f"{name}@example.com",
            "policy_version": "1.4",
            "country": None,
            "company": None,
            "phone": None,
            "opt_out": opt_out,
            "auto_login_opt_in": None,
        }
        for name in names
    ]
    texts = ["event_id", "customer_id", "role", "name", "email", "policy_version", "country", "company", "phone"]
    types = {name: pa.string() for name in texts} | {
        "event_time": pa.timestamp("us", tz="UTC"),
        "opt_out": pa.list_(pa.string()),
        "auto_login_opt_in": pa.bool_(),
    }
    return pa.Table.from_pylist(rows, pa.schema([(name, types[name]) for name in rows[0]]))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"counting": {"shop": "beacon"}}, 'the site shop counts "beacon"; it can count log_file or clickstream'),
        ({"currency": "euro"}, 'the currency "euro" is no ISO 4217 code such as USD'),
    ],
)
def test_a_setting_that_is_none_stops_the_night(shop: Warehouse, settings: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError) as caught:
        shop.night(**settings)
    assert str(caught.value) == says
