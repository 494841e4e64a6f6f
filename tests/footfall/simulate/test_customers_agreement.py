"""The pipeline reads the simulated records as they were meant, as they are and as `ship` sends them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from footfall.simulate import PlantedCustomers
from footfall.simulate.customers import SOURCES
from footfall.simulate.customers.stream import Stream
from ingest.ship.events import EventCleaner
from policy import load_policy
from transform.batch import Batch
from transform.context import Context
from transform.geography import Places
from transform.pseudonyms import pseudonyms
from transform.steps import Outcome, run_source

POLICY = load_policy()
SENT = datetime(2026, 11, 19, 9, tzinfo=UTC)
CUSTOMER_KEY = b"c" * 16


@dataclass
class Run:
    """What was planted, and what the steps made of it, by source."""

    planted: PlantedCustomers
    outcomes: Mapping[str, Outcome]
    counts: Mapping[str, int]

    def reasons(self, source: str) -> Counter[str]:
        return Counter(self.outcomes[source].left.column("reason").to_pylist())


def context() -> Context:
    def none(numbers: Any) -> Any:
        return np.zeros(len(numbers), np.bool_)

    return Context(
        policy=POLICY,
        places=Places.shipped(),
        geography_level="region",
        trusted_proxies=(),
        query_parameters=frozenset(),
        day_key=lambda _: b"d" * 16,
        intake="intake",
        taken_at=SENT,
        tally=lambda _: None,
        customer_key=CUSTOMER_KEY,
        event_key=b"e" * 16,
        is_child=none,
        is_seen=none,
        sites=frozenset({"shop"}),
        products=frozenset(),
        categories={},
    )


def run(*, live: bool, cleaned: bool) -> Run:
    stream = Stream(POLICY, seed=7, start=date(2026, 11, 9), days=10, customers=200, visitors_a_day=30, live=live)
    outcomes, counts = {}, {}
    for source in SOURCES:
        parts = list(stream.spelled(source))
        values = pa.array([line for lines, _, _ in parts for line in lines], pa.binary())
        historic = np.concatenate([marks for _, _, marks in parts])
        if cleaned:
            values = EventCleaner(POLICY, source)(values).lines
        rows = pa.table(
            {
                "row": pa.array(np.arange(len(values), dtype=np.int32)),
                "value": values,
                "sent_ms": pa.array(np.full(len(values), int(SENT.timestamp() * 1000))),
                "is_backfill": pa.array(historic),
            }
        )
        outcomes[source] = run_source(source, Batch.start(rows), context())
        counts[source] = len(values)
    return Run(stream.truth(), outcomes, counts)


@pytest.fixture(scope="module", params=["history", "live", "shipped"])
def done(request: pytest.FixtureRequest) -> Run:
    return run(live=request.param == "live", cleaned=request.param == "shipped")


def test_records_leave_as_planted(done: Run) -> None:
    for source, planted in done.planted.sources.items():
        assert done.counts[source] == planted.records
        reasons = done.reasons(source)
        # All forms of a child leave when one of them is in the intake; its events need the registry to be known.
        children = planted.of_children if source == "registration" else 0
        told = {"child": planted.dropped.get("child", 0) + children} if children else {}
        assert reasons == planted.dropped | planted.dead_letters | told
        outcome = done.outcomes[source]
        kept = {name: table.num_rows for name, table in outcome.stored.items()}
        if outcome.registrations is not None:
            kept = {"registry": outcome.registrations.num_rows}
        open_table = {"clickstream": "customer_events", "registration": "registry", "transaction": "purchases"}[source]
        assert kept == {**planted.kept, open_table: planted.kept[open_table] + planted.of_children - children}


def test_late_events_leave_only_when_they_are_live(done: Run) -> None:
    historic = sum(one.historic for one in done.planted.sources.values())
    is_live = historic < sum(done.counts.values())
    for source in ("clickstream", "transaction"):
        assert (done.reasons(source)["too_late"] > 0) is is_live
    assert done.reasons("registration")["too_late"] == 0


def test_undeclared_fields_are_counted_unless_they_were_not_sent(done: Run) -> None:
    found = {source: outcome.fields_dropped for source, outcome in done.outcomes.items()}
    if any(found.values()):
        assert found == {source: one.fields_dropped for source, one in done.planted.sources.items()}


def test_customers_are_seen_as_planted(done: Run) -> None:
    events = done.outcomes["clickstream"].stored["customer_events"].to_pandas()
    orders = done.outcomes["transaction"].stored["purchases"].to_pandas()
    ids = sorted(done.planted.customers)
    for customer_id, number in zip(ids, pseudonyms(pa.array(ids), CUSTOMER_KEY).tolist(), strict=True):
        one, mine = done.planted.customers[customer_id], events[events["customer"] == number]
        views = mine[mine["kind"] == "page"]
        assert Counter(mine["country"].tolist()) == one.countries
        assert Counter(views["category"].dropna().tolist()) == one.categories
        minutes = [minute.to_pydatetime() for minute in views["event_time"]]
        newest = sorted(
            zip(minutes, views["path"].tolist(), strict=True), key=lambda view: (-view[0].timestamp(), view[1])
        )
        assert newest[:20] == one.last_paths
        bought = orders[orders["customer"] == number]
        assert bought[bought["currency"] == "USD"]["amount"].sum() == one.amount
        assert len(bought) == one.orders


def test_page_views_of_nobody_are_those_planted(done: Run) -> None:
    hits = done.outcomes["clickstream"].stored["hits"].to_pandas()
    pages = hits[(hits["kind"] == "page") & ~hits["is_bot"]]
    assert Counter(pages["event_date"].tolist()) == done.planted.page_views_by_day


def test_of_clicks_that_lead_away_the_host_is_kept_r34(done: Run) -> None:
    hits = done.outcomes["clickstream"].stored["hits"].to_pandas()
    assert Counter(hits["outbound_host"].dropna().tolist()) == done.planted.links
    assert len(done.planted.links) == 3


def test_nothing_that_is_stored_holds_a_secret_or_a_person(done: Run) -> None:
    stored = "".join(
        f"{table.to_pydict()} "
        for outcome in done.outcomes.values()
        for table in (*outcome.stored.values(), outcome.left)
    )
    secrets = [one for found in done.planted.secrets.values() for one in found]
    people = [one for found in done.planted.personal.values() for one in found]
    assert len(secrets) > 40
    assert [one for one in (*secrets, *people, *done.planted.addresses) if one in stored] == []


def test_shipped_records_hold_no_secret() -> None:
    stream = Stream(POLICY, seed=7, start=date(2026, 11, 9), days=2, customers=200, visitors_a_day=30, live=False)
    for source in SOURCES:
        clean = EventCleaner(POLICY, source)
        sent = b"\n".join(
            line
            for lines, _, _ in stream.spelled(source)
            for line in clean(pa.array(lines, pa.binary())).lines.to_pylist()
        )
        planted = stream.truth([source])
        assert planted.secrets
        assert [one for found in planted.secrets.values() for one in found if one.encode() in sent] == []
