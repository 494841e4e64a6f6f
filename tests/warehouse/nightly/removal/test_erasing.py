"""Rows of people who were found to be children leave the facts, and the accounts still add up (R10, R58)."""

from datetime import timedelta

from tests.warehouse.nightly.conftest import Warehouse
from tests.warehouse.nightly.customers import at, event, order
from warehouse.registry import Erasure

CHILD, ADULT = 7, 8


def customers(warehouse: Warehouse, table: str) -> set[int]:
    return set(warehouse.lake.table(table).read(columns=["customer"]).column("customer").to_pylist())


def test_what_is_queued_is_erased_and_stays_accounted_for(warehouse: Warehouse) -> None:
    warehouse.people.roles = {CHILD: "customer", ADULT: "customer"}
    events = [event(who, at(day, minute=day), "/games/go") for who in (CHILD, ADULT) for day in range(3)]
    warehouse.worker.take_about_customers("customer_events", events)
    warehouse.worker.take_about_customers("purchases", [order(CHILD, at(1)), order(ADULT, at(2))])
    assert warehouse.night().rows_erased == 0
    assert customers(warehouse, "customer_profiles") == {CHILD, ADULT}

    del warehouse.people.roles[CHILD]
    warehouse.people.queued = [Erasure(CHILD, "child", "queued", warehouse.clock.at)]
    night = warehouse.night()
    assert night.rows_erased == 4
    assert night.holds, night.accounting
    for table in ("customer_events", "purchases", "customer_daily", "customer_profiles"):
        assert customers(warehouse, table) == {ADULT}, table
    assert warehouse.people.queued[0].state == "queued", "a worker may still hold rows of the child"


def test_somebody_stays_queued_until_nothing_can_come_any_more(warehouse: Warehouse) -> None:
    warehouse.people.queued = [Erasure(CHILD, "child", "queued", warehouse.clock.at)]
    warehouse.worker.take_about_customers("customer_events", [event(CHILD, at(0))])
    warehouse.clock.at += timedelta(hours=2)
    assert warehouse.night().rows_erased == 1
    assert warehouse.people.queued[0].state == "queued", "only a night that finds nothing ends it"
    assert warehouse.night().rows_erased == 0
    assert warehouse.people.queued[0].state == "removed"
    warehouse.worker.take_about_customers("customer_events", [event(ADULT, at(0))])
    assert warehouse.night().holds
    assert customers(warehouse, "customer_events") == {ADULT}
