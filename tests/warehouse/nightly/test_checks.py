"""What a night checks: keys, lines, models; and what it writes down (R57, R58, R49, T1)."""

from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest

from tests.warehouse.nightly.conftest import Warehouse
from tests.warehouse.nightly.customers import at, event, order
from tests.warehouse.nightly.hits import NOW, crowd, day
from warehouse.models import Model, ModelError, read_model
from warehouse.nightly.given import Given
from warehouse.nightly.marts.engine import DuckEngine
from warehouse.nightly.marts.stale import basis_of

HEAD = "/*\nname: mine\nkind: by_day\nquestion: Which?\ninputs: [hits]\ntable: geo_daily_cells\nkeys: [site]\naudits: {audits}\n*/\n"
SQL = (
    "select h.site as site, h.query as query, count(*) as views from hits as h group by h.site, h.query order by h.site"
)


def test_day_keys_go_when_their_time_is_over(warehouse: Warehouse) -> None:
    long_ago = (NOW - timedelta(days=9)).date()
    warehouse.keyring.day_key(long_ago)
    assert warehouse.night().day_keys_destroyed == ()
    warehouse.clock.at += timedelta(hours=warehouse.policy.windows.late_h)
    assert warehouse.night().day_keys_destroyed == (long_ago,)


def test_hashes_of_events_go_when_they_are_too_old_to_come_again(warehouse: Warehouse) -> None:
    table = warehouse.lake.table("event_ids")
    days = [NOW.date() - timedelta(days=age) for age in (0, 10, 11, 30)]
    rows = [
        {"event": age, "source": "clickstream", "intake": "t/0/0", "policy_version": "1.4", "event_date": on}
        for age, on in enumerate(days)
    ]
    table.commit(table.stage(pa.Table.from_pylist(rows, table.schema)), app_id="c/t/0", start=0, end=4)
    assert warehouse.night().rows_let_go == {"event_ids": 2}
    assert table.days() == sorted(days[:2])


def test_days_counted_under_two_keys_say_so(warehouse: Warehouse) -> None:
    """A later import of a day whose key is gone may count a visitor twice; the published rows tell it."""
    warehouse.keyring.day_key(day(0))
    warehouse.clock.at += timedelta(days=3)
    assert warehouse.night().day_keys_destroyed == (day(0),)
    warehouse.keyring.day_key(day(0))
    warehouse.worker.take([*crowd(day(0), 20), *crowd(day(1), 12)])
    warehouse.night()
    exact = {row["event_date"]: row["visitors_exact"] for row in warehouse.rows("geo_daily")}
    assert exact == {day(0): False, day(1): True}


def test_lines_that_add_up(warehouse: Warehouse) -> None:
    warehouse.worker.take(crowd(day(0), 12))
    warehouse.worker.take([])
    warehouse.worker.take(crowd(day(1), 5), finished=False)
    summary = warehouse.night()
    totals = summary.accounting
    assert (totals.lines_in, totals.kept, totals.dropped, totals.dead_letters) == (18, 12, 4, 2)
    assert (totals.hits, totals.hits_unfinished, totals.intakes_off) == (12, 5, 0)
    assert summary.holds
    assert warehouse.registry.findings() == []


def test_lines_that_do_not_add_up_are_a_finding_until_they_do(warehouse: Warehouse) -> None:
    warehouse.worker.take(crowd(day(0), 12), kept=11)
    summary = warehouse.night()
    assert (summary.accounting.intakes_off, summary.accounting.hits, summary.holds) == (1, 12, False)
    finding = warehouse.registry.findings()[0]
    assert (finding.kind, finding.detail) == ("accounting", "1 intakes do not add up: 11 kept, 12 hits stored")
    hits = warehouse.lake.table("hits")
    hits.replace_days(hits.read().slice(0, 11), [day(0)], watermarks={})
    assert warehouse.night().holds
    assert [one.detail for one in warehouse.registry.findings()] == [""]


def test_rows_about_customers_that_are_missing_are_a_finding(warehouse: Warehouse) -> None:
    """They carry no intake, so they are compared in sum, by table and by way of collection (R15, R58)."""
    warehouse.worker.take(crowd(day(0), 12))
    warehouse.worker.take_about_customers("customer_events", [event(1, at(0)), event(2, at(0))])
    warehouse.worker.take_about_customers("purchases", [order(1, at(0)), order(1, at(1))])
    accounting = warehouse.night().accounting
    assert accounting.stored == (
        ("clickstream", "customer_events", 2),
        ("transaction", "purchases", 2),
        ("web_log", "hits", 12),
    )
    assert accounting.collected == (
        ("customer_events", "clickstream", 2),
        ("hits", "log_file", 12),
        ("purchases", "transaction_form", 2),
    )
    assert (accounting.lines_in, accounting.kept, accounting.hits, accounting.holds) == (25, 16, 12, True)
    warehouse.worker.take_about_customers("customer_events", [event(3, at(0))], kept=3)
    purchases = warehouse.lake.table("purchases")
    purchases.remove_days([day(1)])
    summary = warehouse.night()
    assert summary.accounting.missing == {"customer_events": 2, "purchases": 1, "transaction_form": 1}
    assert not summary.holds
    assert warehouse.registry.findings()[0].detail == (
        "0 intakes do not add up: 19 kept, 12 hits stored; "
        "rows missing: 2 of customer_events, 1 of purchases, 1 of transaction_form"
    )


def test_hits_that_an_intake_says_it_stored_have_to_be_there(warehouse: Warehouse) -> None:
    """One intake of events may go to two tables; its own figures have to add up as well."""
    warehouse.worker.take_about_customers(
        "customer_events", [event(1, at(0))], stored=[("customer_events", 1), ("hits", 1)]
    )
    assert warehouse.night().accounting.intakes_off == 1


def test_the_night_is_in_the_audit(warehouse: Warehouse) -> None:
    warehouse.night()
    accesses = warehouse.registry.accesses()[-2:]
    assert [(access.who, access.role, access.purpose, access.tables) for access in accesses] == [
        ("nightly", "batch", "operations", ("hits", "intakes")),
        ("nightly", "batch", "profile", ("customer_events", "purchases")),
    ]
    assert {(access.allowed, access.at) for access in accesses} == {(True, NOW)}


def _model(audits: str) -> Model:
    return read_model("mine.sql", HEAD.format(audits=audits) + SQL)


@pytest.mark.parametrize(
    ("audits", "says"),
    [
        ("{not_null: [query]}", "query is empty in 1 rows"),
        ("{range: {views: [5, null]}}", "views is not from 5 to None in 1 rows"),
        ("{range: {views: [null, 9]}}", "views is not from None to 9 in 1 rows"),
        ("{reconcile: {views: select 7 as seven}}", "views adds up to 15, but select 7 as seven gives 7"),
        ("{}", "1 keys (site) stand in more than one row"),
    ],
)
def test_a_mart_that_fails_its_audit_is_not_stored(warehouse: Warehouse, audits: str, says: str) -> None:
    warehouse.worker.take([*crowd(day(0), 12), *crowd(day(0), 3, query="a=1")])
    with pytest.raises(ModelError) as caught:
        _made(warehouse, _model(audits))
    assert says in str(caught.value)


def test_a_mart_that_keeps_its_audit_is_made(warehouse: Warehouse) -> None:
    warehouse.worker.take(crowd(day(0), 12))
    audits = "{not_null: [site], range: {views: [1, 12]}, reconcile: {views: select count(*) from hits}}"
    assert _made(warehouse, _model(audits)) == [{"site": "shop", "query": None, "views": 12}]


def _made(warehouse: Warehouse, model: Model) -> list[dict[str, Any]]:
    given = Given(warehouse.policy, {}, {}, "USD", warehouse.people.registered(), NOW.date())
    with DuckEngine((model,), given, {}) as engine:
        engine.look_at(model, basis_of(model, (model,), {"hits": warehouse.lake.table("hits")}, given), (day(0),))
        return engine.make(model).to_pylist()
