"""Rows that come when older ones of their day were let go are in no release; the night says so until they go, too (R43, R56)."""

from datetime import date, timedelta

from tests.warehouse.nightly.conftest import Warehouse
from tests.warehouse.nightly.hits import NOW, crowd
from tests.warehouse.nightly.removal.test_retention import HITS_FROM, noon
from warehouse.nightly.summary import say_unpublished
from warehouse.nightly.summary.unpublished import count_unpublished
from warehouse.relations import open_duckdb

CLOSED, OPEN = HITS_FROM - timedelta(days=1), HITS_FROM


def finding(warehouse: Warehouse) -> str:
    """Give the last word about closed days."""
    return next((found.detail for found in warehouse.registry.findings() if found.kind == "closed_days"), "")


def test_rows_of_a_closed_day_are_named_until_they_go(warehouse: Warehouse) -> None:
    warehouse.clock.at = noon(OPEN)
    warehouse.worker.take([*crowd(CLOSED, 30, taken_at=noon(CLOSED)), *crowd(OPEN, 25, taken_at=noon(OPEN))])
    # Two who came later, and two of a site that had too few to publish: all of them were looked at.
    warehouse.worker.take(crowd(CLOSED, 2, start=90, taken_at=noon(OPEN)))
    warehouse.worker.take(crowd(CLOSED, 2, start=95, site="quiet", taken_at=noon(OPEN)))
    warehouse.night(at_once=True)
    warehouse.clock.at = NOW
    assert warehouse.night().rows_unpublished == {}
    released = warehouse.rows("geo_daily")
    assert {row["event_date"] for row in released} == {CLOSED, OPEN}

    warehouse.worker.take([*crowd(CLOSED, 20, start=200, taken_at=NOW), *crowd(OPEN, 20, start=200, taken_at=NOW)])
    warehouse.worker.take(crowd(CLOSED, 3, start=300, site="quiet", taken_at=NOW))
    warehouse.worker.take(crowd(CLOSED, 4, start=400, site="new", is_bot=True, taken_at=NOW))
    night = warehouse.night()
    assert night.holds
    assert night.rows_unpublished == {CLOSED: 27}
    kept = [row for row in warehouse.rows("geo_daily") if row["event_date"] == CLOSED]
    assert kept == [row for row in released if row["event_date"] == CLOSED]
    said = finding(warehouse)
    assert said == say_unpublished({CLOSED: 27})
    assert said.startswith(f"27 rows of {CLOSED} are in no release: older rows of that day were let go before (R56)")
    assert warehouse.night().rows_unpublished == {CLOSED: 27}, "as long as they are there"

    warehouse.clock.at = noon(NOW.date().replace(year=NOW.year + 2, month=12) + timedelta(days=1))
    gone = warehouse.night()
    assert (gone.rows_let_go["hits"], gone.rows_unpublished) == (76, {}), "all that there was"
    assert (finding(warehouse), CLOSED in warehouse.lake.table("geo_daily").days()) == ("", True)


def test_what_came_while_the_night_ran_is_in_its_release() -> None:
    with open_duckdb() as connection:
        connection.execute(
            "create view geo_daily as select * from (values (date '2024-01-01', 'shop', timestamptz '2024-01-02 00:05:00+00'), "
            "(date '2024-01-01', 'blog', timestamptz '2024-02-01 00:05:00+00')) as r(event_date, site, released_at)"
        )
        connection.execute(
            "create view hits as select date '2024-01-01' as event_date, site, taken_at from (values "
            "('shop', timestamptz '2024-01-02 01:05:00+00'), ('shop', timestamptz '2024-01-02 01:05:01+00'), "
            "('blog', timestamptz '2024-02-01 01:05:00+00'), ('blog', timestamptz '2024-02-01 01:05:01+00'), "
            "('none', timestamptz '2024-02-01 01:05:00+00'), ('none', timestamptz '2024-02-01 01:05:01+00')) as h(site, taken_at)"
        )
        assert count_unpublished(connection, ["geo_daily"]) == {date(2024, 1, 1): 3}


def test_several_days_are_one_sentence() -> None:
    said = say_unpublished({date(2024, 1, 3): 1, date(2024, 1, 1): 1_200})
    assert said.startswith(
        "1,201 rows of 2 days from 2024-01-01 to 2024-01-03 are in no release: older rows of those days"
    )
    assert say_unpublished({date(2024, 1, 3): 1}).startswith("1 row of 2024-01-03 is in no release")
    assert say_unpublished({}) == ""
