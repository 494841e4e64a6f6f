"""After a month's key was destroyed nights go on, without its rows and with all accounts in order (R48, R58)."""

import pytest

from tests.warehouse.nightly.conftest import Warehouse
from tests.warehouse.nightly.customers import at, event, order

BUYER, READER = 7, 8
RELEASES = ("geo_daily", "page_daily")


@pytest.fixture
def warehouse_of_two_months(warehouse: Warehouse) -> Warehouse:
    """Give a warehouse whose 12 customers came in October, and some of them in November too, after a night."""
    everybody = range(1, 13)
    warehouse.people.roles = dict.fromkeys(everybody, "customer")
    october = [event(who, at(-5, minute=who), "/games/go") for who in everybody]
    november = [event(who, at(1, minute=who), "/tools/saw") for who in (BUYER, READER)]
    warehouse.worker.take_about_customers("customer_events", october + november)
    warehouse.worker.take_about_customers("purchases", [order(BUYER, at(-5)), order(BUYER, at(2))])
    assert warehouse.night().holds
    return warehouse


def profiles(warehouse: Warehouse) -> dict[int, tuple[int, int]]:
    """Give views and orders of each customer who has a profile."""
    rows = warehouse.lake.table("customer_profiles").read(columns=["customer", "views", "orders"]).to_pylist()
    return {row["customer"]: (row["views"], row["orders"]) for row in rows}


def test_a_night_goes_on_without_a_destroyed_month(warehouse_of_two_months: Warehouse) -> None:
    warehouse = warehouse_of_two_months
    assert len(profiles(warehouse)) == 12
    assert profiles(warehouse)[BUYER] == (2, 2)
    published = {name: warehouse.rows(name) for name in RELEASES}
    assert published["geo_daily"]
    warehouse.keyring.destroy("profile", "2026-10")
    night = warehouse.night()
    assert night.rows_lost == {"customer_events": 12, "purchases": 1, "customer_daily": 12}
    assert night.holds, night.accounting
    assert profiles(warehouse) == {BUYER: (1, 1), READER: (1, 0)}
    assert {day.month for day in warehouse.lake.table("customer_daily").days()} == {11}
    assert {name: warehouse.rows(name) for name in RELEASES} == published, "what was published stays"
    again = warehouse.night()
    assert (again.rows_lost, again.rebuilt, again.holds) == ({}, (), True)


def test_the_month_in_which_profiles_are_written_is_made_anew_from_what_is_left(
    warehouse_of_two_months: Warehouse,
) -> None:
    warehouse = warehouse_of_two_months
    warehouse.keyring.destroy("profile", f"{warehouse.clock.at:%Y-%m}")
    assert profiles(warehouse) == {}
    night = warehouse.night()
    assert night.holds, night.accounting
    assert night.rows_lost["customer_profiles"] == 12
    assert profiles(warehouse) == {who: (1, 1 if who == BUYER else 0) for who in range(1, 13)}, (
        "October is there, November is not"
    )


def test_rows_that_come_late_are_kept_under_a_key_of_their_own(warehouse_of_two_months: Warehouse) -> None:
    warehouse = warehouse_of_two_months
    warehouse.keyring.destroy("profile", "2026-10")
    warehouse.worker.take_about_customers("customer_events", [event(READER, at(-4), "/books")])
    night = warehouse.night()
    assert night.holds, night.accounting
    assert profiles(warehouse)[READER] == (2, 0)


def test_a_night_that_is_killed_before_letting_go_leaves_it_to_the_next(
    warehouse_of_two_months: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = warehouse_of_two_months
    warehouse.keyring.destroy("profile", "2026-10")
    with monkeypatch.context() as patch:
        patch.setattr("warehouse.lake.lost.Lost.let_go", _stop)
        with pytest.raises(InterruptedError):
            warehouse.night()
    night = warehouse.night()
    assert sum(night.rows_lost.values()) == 25
    assert profiles(warehouse) == {BUYER: (1, 1), READER: (1, 0)}


def _stop(*_: object) -> None:
    raise InterruptedError
