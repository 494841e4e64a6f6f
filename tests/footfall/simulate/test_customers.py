"""The simulated customers: the same seed gives the same bytes, and planted-customers.json tells the truth about them."""

import hashlib
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from footfall.simulate import PlantedCustomers, write_customers
from footfall.simulate.customers import SOURCES
from footfall.simulate.customers.accounts import COMMUNICATIONS, POLICY_VERSION
from footfall.simulate.customers.truth import PlantedCustomer
from policy import load_policy
from policy.errors import UsageError
from tests.footfall.simulate.reading_records import Person, good_records, is_named, lines_of, minute_of, persons

START = date(2026, 11, 9)
POLICY = load_policy()
SIZE: dict[str, Any] = {"seed": 11, "start": START, "days": 12, "customers": 200, "visitors_a_day": 30}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("records")
    write_customers(folder, POLICY, **SIZE)
    return folder


@pytest.fixture(scope="module")
def planted(folder: Path) -> PlantedCustomers:
    return PlantedCustomers.read(folder)


@pytest.fixture(scope="module")
def people(folder: Path) -> dict[str, Person]:
    return persons(good_records(folder, "clickstream")[0], good_records(folder, "transaction")[0])


def hash_of(folder: Path) -> str:
    return hashlib.sha256(
        b"".join(file.name.encode() + file.read_bytes() for file in sorted(folder.iterdir()))
    ).hexdigest()


def test_the_same_seed_gives_the_same_bytes_in_any_process(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    write_customers(here, POLICY, seed=3, start=START, days=3, customers=40, visitors_a_day=10)
    program = (
        "import sys; from datetime import date; from pathlib import Path; from footfall.simulate import write_customers; "
        "from policy import load_policy; write_customers(Path(sys.argv[1]), load_policy(), seed=3, start=date(2026, 11, 9), "
        "days=3, customers=40, visitors_a_day=10)"
    )
    other = {**os.environ, "PYTHONHASHSEED": "77", "TZ": "Asia/Tokyo"}
    subprocess.run([sys.executable, "-c", program, there], env=other, check=True, timeout=60)
    assert hash_of(here) == hash_of(there)


def test_another_seed_gives_other_people_and_other_events(
    tmp_path: Path, folder: Path, planted: PlantedCustomers
) -> None:
    other = write_customers(tmp_path, POLICY, **{**SIZE, "seed": 12})
    assert not set(other.customers) & set(planted.customers)
    ids = [{record["event_id"] for record in good_records(place, "clickstream")[0]} for place in (tmp_path, folder)]
    assert not ids[0] & ids[1]


def test_the_truth_is_written_as_it_is_returned(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    planted = write_customers(
        tmp_path,
        POLICY,
        seed=3,
        start=START,
        days=2,
        customers=40,
        visitors_a_day=0,
        sources=["transaction"],
        progress=lambda done, days: seen.append((done, days)),
    )
    assert PlantedCustomers.read(tmp_path) == planted
    assert list(planted.sources) == ["transaction"]
    assert seen == [(1, 2), (2, 2)]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["planted-customers.json", "transaction.jsonl"]


@pytest.mark.parametrize("source", SOURCES)
def test_every_record_has_one_fate(folder: Path, planted: PlantedCustomers, source: str) -> None:
    found = planted.sources[source]
    fates = [found.kept, found.dropped, found.dead_letters]
    assert (
        sum(sum(fate.values()) for fate in fates) + found.of_children == found.records == len(lines_of(folder, source))
    )
    good, repeated = good_records(folder, source)
    of_children = (
        [record for record in good if record["customer_id"] in planted.children] if source != "clickstream" else []
    )
    if source == "clickstream":
        of_children = [record for record in good if record.get("customer_id") in planted.children]
    told = found.dropped.get("child", 0)
    assert len(of_children) == found.of_children + told
    assert len(good) == sum(found.kept.values()) + len(of_children)
    assert repeated == found.dropped["repeated_event"] > 0
    declared = {field.name for field in POLICY.sources[source].fields}
    undeclared = Counter(name for record in good for name in record if name not in declared)
    assert undeclared == found.fields_dropped
    assert {"password", "card_number", "cookie", "viewport"} <= set(undeclared)


def test_events_have_names_or_none(folder: Path, planted: PlantedCustomers) -> None:
    good, _ = good_records(folder, "clickstream")
    kept = [record for record in good if record.get("customer_id") not in planted.children]
    named = Counter(is_named(record) for record in kept)
    assert planted.sources["clickstream"].kept == {"hits": named[False], "customer_events": named[True]}
    assert min(named.values()) > 500
    refused = [record for record in kept if record.get("customer_id") and not is_named(record)]
    assert len(refused) > 10
    views = [record for record in kept if record.get("kind") in {None, "page_view"}]
    for counts, has_name in ((planted.page_views_by_day, False), (planted.customers_views_by_day, True)):
        assert Counter(minute_of(view).date() for view in views if is_named(view) == has_name) == counts


def test_clicks_that_lead_away_are_counted_by_host(folder: Path, planted: PlantedCustomers) -> None:
    good, _ = good_records(folder, "clickstream")
    away = [record for record in good if record.get("kind") == "outbound_click" and not is_named(record)]
    hosts = Counter((urlsplit(record["url"]).hostname or "").removeprefix("www.") for record in away)
    assert hosts == planted.links
    assert len(hosts) == 3


def test_each_customer_is_as_described(planted: PlantedCustomers, people: dict[str, Person]) -> None:
    assert set(people) - set(planted.customers) - set(planted.children) == set(planted.never_registered) & set(people)
    for customer_id, one in planted.customers.items():
        read = people.get(customer_id, Person())
        assert one.events == len(read.minutes)
        assert (one.first_seen, one.last_seen) == (min(read.minutes, default=None), max(read.minutes, default=None))
        assert one.days_seen == len({minute.date() for minute in read.minutes})
        assert one.views == len(read.views)
        assert one.sessions == read.sessions().total()
        assert one.categories == read.categories()
        assert one.last_paths == sorted(read.views, key=lambda view: (-view[0].timestamp(), view[1]))[:20]
        assert (one.orders, one.amount) == (len(read.orders), read.amount)
        assert (one.first_order, one.last_order) == (min(read.orders, default=None), max(read.orders, default=None))
        if one.last_order:
            assert one.recency_days == (START + timedelta(days=12) - one.last_order.date()).days
        for day in {*one.days, *(minute.date() for minute in read.minutes)}:
            assert one.days[day].sessions == read.sessions()[day]
            assert one.days[day].minutes == len({minute for minute in read.minutes if minute.date() == day})
            assert one.days[day].views == sum(minute.date() == day for minute, _ in read.views)
            assert one.days[day].orders == sum(order.date() == day for order in read.orders)
        assert sum(day.amount for day in one.days.values()) == one.amount
        assert sum(one.countries.values()) == one.events


def test_the_newest_form_counts(folder: Path, planted: PlantedCustomers) -> None:
    forms = sorted(good_records(folder, "registration")[0], key=minute_of)
    changed = 0
    for customer_id, one in planted.customers.items():
        mine = [form for form in forms if form["customer_id"] == customer_id]
        said = [form["opt_out"] for form in mine if form.get("opt_out") is not None]
        assert one.email == mine[-1]["email"]
        assert one.opt_out == (sorted(said[-1]) if said else [])
        assert {form["role"] for form in mine} == {one.role}
        assert one.is_hidden is ("profile" in one.opt_out)
        assert one.registered_at == datetime.fromisoformat(mine[0]["event_time"])
        assert one.name in {None, mine[-1]["name"]}
        changed += len(mine) > 1
    assert changed > 20
    assert {one.role for one in planted.customers.values()} == {"customer", "seller"}
    assert 0 < sum(one.is_hidden for one in planted.customers.values()) < 60


def test_children_tell_their_age_sooner_or_later(folder: Path, planted: PlantedCustomers) -> None:
    forms, _ = good_records(folder, "registration")
    assert len(planted.children) >= 3
    for child in planted.children:
        last = max((form for form in forms if form["customer_id"] == child), key=minute_of)
        years = (
            last.get("age")
            if "age" in last
            else (minute_of(last).date() - date.fromisoformat(last["birth_date"])).days / 365.25
        )
        assert years is not None
        assert years < 13.0
    assert planted.sources["clickstream"].of_children > 0
    assert not {form["customer_id"] for form in forms} & set(planted.never_registered)


def test_visits_have_the_shapes_that_rules_turn_on(people: dict[str, Person]) -> None:
    pauses = Counter[str]()
    for person in people.values():
        ordered = sorted(person.minutes)
        for before, now in pairwise(ordered):
            pause = now - before
            assert pause != timedelta(minutes=30)
            pauses["short"] += timedelta(minutes=10) < pause < timedelta(minutes=30)
            pauses["long"] += timedelta(minutes=30) < pause < timedelta(hours=3)
            pauses["over midnight"] += before.date() != now.date() and pause < timedelta(minutes=30)
    assert min(pauses[name] for name in ("short", "long", "over midnight")) > 1


def test_every_secret_and_every_person_stands_in_the_records(folder: Path, planted: PlantedCustomers) -> None:
    text = b"".join((folder / f"{source}.jsonl").read_bytes() for source in SOURCES)
    assert set(planted.secrets) == {"password", "token", "session", "card"}
    assert [one for found in planted.secrets.values() for one in found if one.encode() not in text] == []
    assert [one for one in planted.addresses if f'"{one}"'.encode() not in text] == []
    gone = [one for one in planted.personal["email"] if one.encode() not in text]
    unregistered = len(planted.never_registered)
    assert len(gone) == unregistered  # their forms never arrive


def test_persons_came_with_and_without_their_name(folder: Path, planted: PlantedCustomers) -> None:
    good, _ = good_records(folder, "clickstream")
    named = {(one["ip"], one["user_agent"], one["customer_id"]) for one in good if is_named(one)}
    unnamed = {(one["ip"], one["user_agent"]) for one in good if not is_named(one)}
    assert len(planted.persons) > 20
    assert all(person in named and person[:2] in unnamed for person in map(tuple, planted.persons))


def test_some_records_come_late_or_out_of_order(folder: Path) -> None:
    for source in ("clickstream", "transaction"):
        times = [minute_of(record) for record in good_records(folder, source)[0]]
        assert any(later < earlier - timedelta(hours=1) for earlier, later in pairwise(times))
        assert any(time < datetime(2026, 11, 18, tzinfo=UTC) for time in times[-len(times) // 50 :])


def test_the_policy_knows_what_is_planted() -> None:
    assert set(COMMUNICATIONS) <= set(POLICY.communications)
    assert POLICY.version == POLICY_VERSION


def test_fifths_are_those_of_ntile() -> None:
    """Twelve buyers: the first two fifths have three members; equal values go by pseudonym."""
    planted = PlantedCustomers(1, START, 1, START, "USD", "shop", "www.shop.example")
    folder_of = {f"c{number}": 100 - number for number in range(12)}
    one = _customer()
    for number in range(12):
        planted.customers[f"c{number}"] = replace(one, orders=1 + number // 6, amount=Decimal(5), recency_days=number)
    planted.customers["looks"] = one
    planted.customers["hides"] = replace(one, is_hidden=True, orders=1)
    scores = planted.scores({**folder_of, "looks": 7})
    assert "hides" not in scores
    assert (scores["looks"].r, scores["looks"].segment) == (None, "visitor")
    assert [scores[f"c{number}"].r for number in range(12)] == [5, 5, 4, 4, 3, 3, 2, 2, 2, 1, 1, 1]
    assert [scores[f"c{number}"].m for number in range(12)] == [5, 5, 4, 4, 3, 3, 2, 2, 2, 1, 1, 1]
    assert [scores[f"c{number}"].f for number in range(12)] == [2, 2, 2, 1, 1, 1, 5, 5, 4, 4, 3, 3]
    assert [scores[f"c{number}"].segment for number in (0, 4, 6, 9, 10)] == [
        "promising",
        "regular",
        "loyal",
        "loyal",
        "at risk",
    ]


def _customer() -> PlantedCustomer:
    return PlantedCustomer(
        "customer", "a@example.org", None, "DE", [], datetime(2026, 1, 1, tzinfo=UTC), is_hidden=False
    )


@pytest.mark.parametrize(("name", "value"), [("seed", -1), ("days", 0), ("customers", 0), ("visitors_a_day", -1)])
def test_numbers_out_of_range_are_wrong_use(tmp_path: Path, name: str, value: int) -> None:
    with pytest.raises(UsageError, match=f"{name.replace('_', ' ')} must be .* {value} was given"):
        write_customers(tmp_path / "records", POLICY, **{**SIZE, name: value})
    assert not (tmp_path / "records").exists()


def test_one_customer_and_nobody_else_have_records_too(tmp_path: Path) -> None:
    planted = write_customers(tmp_path, POLICY, seed=1, start=START, days=1, customers=1, visitors_a_day=0)
    assert planted.sources["registration"].records == len(lines_of(tmp_path, "registration")) > 0
