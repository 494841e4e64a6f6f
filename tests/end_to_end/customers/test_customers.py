"""Customers of the simulated shop go the whole way: profiles equal what was planted, and no planted secret comes out."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from footfall.house import House, now
from footfall.simulate.customers import SOURCES, PlantedCustomers, write_customers
from policy import load_policy
from tests.end_to_end.conftest import Footfall, everything_written
from tests.end_to_end.customers.joining import guesses
from transform.visits.visitors import visitor_numbers

pytestmark = pytest.mark.kafka
DAYS = 9
CUSTOMERS = 240
SETTINGS = '[sites.shop]\nhosts = ["www.shop.example"]\n'


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, PlantedCustomers]:
    folder = tmp_path_factory.mktemp("customers")
    start = now().date() - timedelta(days=DAYS)
    return folder, write_customers(
        folder, load_policy(), seed=11, start=start, days=DAYS, customers=CUSTOMERS, visitors_a_day=60
    )


@pytest.fixture(scope="module")
def shop(new_footfall: Callable[..., Footfall], planted: tuple[Path, PlantedCustomers]) -> Footfall:
    folder, _ = planted
    made = new_footfall(kafka=True).make()
    (made.data / "footfall.toml").write_text(SETTINGS)
    for source in SOURCES:
        made("ship", "--source", source, "--backfill", str(folder / f"{source}.jsonl"))
    made("ingest", "--drain")
    made("nightly", "--date", str(planted[1].as_of))
    return made


def profiles(shop: Footfall) -> dict[int, dict[str, Any]]:
    rows = shop.rows("select * from customer_profiles order by customer", "marketing", "profile")
    return {row["customer"]: row for row in rows}


def pseudonyms(shop: Footfall, ids: list[str]) -> dict[str, int]:
    with House.open(shop.data) as house:
        return {one: house.subjects.pseudonym(one) for one in ids}


def time(value: datetime | None) -> str | None:
    return None if value is None else value.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_every_record_is_where_it_was_planted(shop: Footfall, planted: tuple[Path, PlantedCustomers]) -> None:
    _, expected = planted
    for source, one in expected.sources.items():
        rows = [row for row in shop.status()["intakes"] if row["source"] == source]
        dropped, dead, stored = (added(row[name] for row in rows) for name in ("dropped", "dead_letters", "stored"))
        children = dropped.pop("child", 0) - one.dropped.get("child", 0)
        assert sum(row["lines_in"] for row in rows) == one.records
        assert 0 <= children <= one.of_children
        assert dead == one.dead_letters, source
        assert dropped == {reason: number for reason, number in one.dropped.items() if reason != "child"}, source
        kept = sum(one.kept.values()) + one.of_children - children
        assert sum(stored.values()) == sum(row["kept"] for row in rows) == kept


def added(counts: Iterable[dict[str, int]]) -> Counter[str]:
    """Add up counts by name."""
    totals: Counter[str] = Counter()
    for part in counts:
        totals.update(dict(part))
    return totals


def test_profiles_are_the_planted_ones(shop: Footfall, planted: tuple[Path, PlantedCustomers]) -> None:
    """R17, R30: browsing and buying of every registered customer, and of nobody else."""
    _, expected = planted
    found = profiles(shop)
    shown = {key: one for key, one in expected.customers.items() if not one.is_hidden and (one.events or one.orders)}
    names = pseudonyms(shop, list(expected.customers))
    assert set(found) == {names[key] for key in shown}
    assert len(found) > CUSTOMERS // 3
    scores = expected.scores(names)
    for key, one in shown.items():
        row = found[names[key]]
        assert row["role"] == one.role
        assert (row["views"], row["sessions"], row["days_seen"]) == (one.views, one.sessions, len(one.days))
        assert (row["orders"], row["frequency"], Decimal(str(row["monetary"]))) == (one.orders, one.orders, one.amount)
        seen = [at for at in (one.first_seen, one.last_seen, one.first_order, one.last_order) if at]
        assert (row["first_seen"], row["last_seen"]) == (time(min(seen)), time(max(seen)))  # an order shows it too
        assert row["top_country"] == (one.top_country or "unknown")
        assert (row["first_order"], row["last_order"]) == (time(one.first_order), time(one.last_order))
        assert row["recency_days"] == one.recency_days
        shares = {name: number / one.views for name, number in one.categories.items()}
        assert row["categories"] == pytest.approx(shares)
        assert [(page["minute"], page["path"]) for page in row["last_paths"]] == [
            (time(minute), path) for minute, path in one.last_paths
        ]
        assert (row["r"], row["f"], row["m"], row["segment"]) == (
            scores[key].r,
            scores[key].f,
            scores[key].m,
            scores[key].segment,
        )


def test_days_of_customers_are_the_planted_ones(shop: Footfall, planted: tuple[Path, PlantedCustomers]) -> None:
    _, expected = planted
    rows = shop.rows("select * from customer_daily order by customer, event_date", "marketing", "profile")
    found = {(row["customer"], row["event_date"]): row for row in rows}
    names = pseudonyms(shop, list(expected.customers))
    wanted = {
        (names[key], str(day)): figures
        for key, one in expected.customers.items()
        if not one.is_hidden
        for day, figures in one.days.items()
    }
    assert set(found) == set(wanted)
    for at, figures in wanted.items():
        row = found[at]
        assert (row["views"], row["sessions"], row["minutes"]) == (figures.views, figures.sessions, figures.minutes)
        assert (row["orders"], Decimal(str(row["amount"]))) == (figures.orders, figures.amount)
        assert row["categories"] == figures.categories


def test_nothing_of_children_is_left(shop: Footfall, planted: tuple[Path, PlantedCustomers]) -> None:
    """R10: what came before anybody knew is erased by the night."""
    _, expected = planted
    assert expected.children
    children = set(pseudonyms(shop, expected.children).values())
    for table in ("customer_events", "purchases", "customer_daily", "customer_profiles"):
        rows = shop.rows(f"select distinct customer from {table}", "batch", "profile")
        assert not children & {row["customer"] for row in rows}, table


def test_statistics_count_views_with_and_without_a_name(shop: Footfall, planted: tuple[Path, PlantedCustomers]) -> None:
    _, expected = planted
    found = {
        row["event_date"]: row["views"]
        for row in shop.rows("select event_date, sum(views) as views from geo_daily group by event_date", "analyst")
    }
    both = 0
    for day, views in found.items():
        at = datetime.fromisoformat(day).date()
        casual, named = expected.page_views_by_day[at], expected.customers_views_by_day[at]
        # A day with fewer than k customers shows none of them (R7).
        assert views in {casual, casual + named}
        both += views == casual + named
    assert both > 0


def test_no_secret_and_no_person_can_be_found_in_any_file(
    shop: Footfall, planted: tuple[Path, PlantedCustomers]
) -> None:
    """R5, R13, R26, R47: every byte below the data folder but Kafka's raw topics, decoded columns included."""
    _, expected = planted
    wanted = {text for kind in (expected.secrets, expected.personal) for texts in kind.values() for text in texts}
    wanted |= {str(number) for number in pseudonyms(shop, list(expected.customers)).values()} | set(expected.addresses)
    wanted |= set(expected.children) | set(expected.never_registered)
    assert len(wanted) > 500
    for name, content in everything_written(shop.data):
        found = [text for text in wanted if text in content]
        assert not found, f"{name} has {json.dumps(found[:3])}"


def test_no_secret_stands_in_what_only_the_key_opens(shop: Footfall, planted: tuple[Path, PlantedCustomers]) -> None:
    """R13, R26: encrypted columns hold pseudonyms and scrubbed paths, no credential, no address, no customer's id."""
    _, expected = planted
    wanted = {text for texts in expected.secrets.values() for text in texts} | set(expected.addresses)
    wanted |= {text for texts in expected.personal.values() for text in texts}
    with House.open(shop.data) as house:
        for name in ("customer_events", "purchases", "customer_daily", "customer_profiles"):
            content = json.dumps(house.lake.table(name).read().to_pylist(), default=str)
            found = [text for text in wanted if text in content]
            assert not found, f"{name} has {json.dumps(found[:3])}"


def test_nobody_may_read_visitors_and_customers_together(shop: Footfall) -> None:
    """R8, T4: whoever may read one may not read the other in the same question, whatever the role and purpose."""
    policy = load_policy()
    joined = "select count(*) as n from hits as h join customer_events as c on c.path = h.path"
    for role, one in policy.roles.items():
        for purpose in one.purposes:
            code, _, said = shop.end("sql", "--role", role, "--purpose", purpose, joined)
            assert code in {1, 2}, f"{role} for {purpose}: {said}"


def test_no_join_on_shared_columns_singles_out_a_person(shop: Footfall, planted: tuple[Path, PlantedCustomers]) -> None:
    """R8: even who holds every key and joins all rows on any columns they share guesses wrong nearly always."""
    _, expected = planted
    assert len(expected.persons) > 30
    with House.open(shop.data) as house:
        hits, customers = (house.lake.table(name).read() for name in ("hits", "customer_events"))
        truth = _one_person(house, expected)
    found = list(guesses(hits, customers, truth))
    shared = [name for name in hits.column_names if name in customers.column_names]
    assert len(found) == 2 ** len(shared) - 1 > 500
    assert any(guess.pairs for guess in found), "there is something to guess"
    for guess in found:
        assert guess.right <= max(2, guess.pairs // 20), guess
    # The same attempt succeeds where a common key is left in.
    ids = dict(zip(truth.column("visitor").to_pylist(), truth.column("customer").to_pylist(), strict=True))
    keyed = hits.append_column(
        "key", pa.array([ids.get(one) for one in hits.column("visitor").to_pylist()], pa.int64())
    )
    keyed = keyed.filter(keyed.column("key").is_valid()).select(["visitor", "key"])
    (leak,) = guesses(
        keyed, customers.append_column("key", customers.column("customer")).select(["customer", "key"]), truth
    )
    assert leak.right == leak.pairs > 0


def _one_person(house: House, expected: PlantedCustomers) -> pa.Table:
    """Name the visitor numbers of those who came both with and without their name, on every day, and their pseudonyms."""
    addresses, agents, ids = (pa.array(column).dictionary_encode() for column in zip(*expected.persons, strict=True))
    customers = [house.subjects.pseudonym(one) for one in ids.to_pylist()]
    sites = pa.array([expected.site] * len(customers)).dictionary_encode()
    visitors = []
    days = house.lake.table("hits").days()
    for day in days:
        dates = pa.array([day] * len(customers), pa.date32())
        visitors += visitor_numbers(addresses, agents, sites, dates, house.keyring.day_key).to_pylist()
    return pa.table({"visitor": visitors, "customer": customers * len(days)})


def test_a_report_of_a_site_without_a_log_has_its_views(shop: Footfall, tmp_path: Path) -> None:
    shop("report", "-o", str(tmp_path / "traffic.html"))
    assert "nobody came" not in (tmp_path / "traffic.html").read_text()
    shop("report", "--role", "marketing", "-o", str(tmp_path / "customers.html"))
    assert "Champion" in (tmp_path / "customers.html").read_text()


def test_traffic_answers_where_customers_are(shop: Footfall) -> None:
    """Releases that read no customers do not make every day one that waits (R7, R43)."""
    told = json.loads(shop("traffic", "--by", "device", "--json"))
    assert told["days"] > 0
    assert told["rows"]
