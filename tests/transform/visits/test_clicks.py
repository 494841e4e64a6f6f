"""Events of a page: which of the two facts each goes to, and what is left of it there."""

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest

from policy.schemas import arrow_schema, check_table
from tests.transform.events.records import CONTEXT, POLICY, reasons, record, stored, take
from transform.pseudonyms import pseudonyms
from transform.steps import CLICKSTREAM_STEPS, WEB_LOG_STEPS

HOUR_MS = 3_600_000
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def pseudonym(customer_id: str) -> int:
    return int(pseudonyms(pa.array([customer_id]), CONTEXT.customer_key)[0])


def hit(**fields: Any) -> dict[str, Any]:
    (row,) = stored(take("clickstream", [record("clickstream", **fields)]), "hits")
    return row


def event(**fields: Any) -> dict[str, Any]:
    (row,) = stored(take("clickstream", [record("clickstream", customer_id="c-17", **fields)]), "customer_events")
    return row


def test_the_list_tells_the_life_of_an_event_and_shares_the_steps_of_a_line() -> None:
    names = [step.__name__ for step in CLICKSTREAM_STEPS]
    assert names == [
        "read_clicks",
        "check_sites",
        "check_products",
        "find_page",
        "check_times",
        "leave_late",
        "name_customers",
        "leave_children",
        "leave_repeated",
        "respect_signals",
        "find_client",
        "locate",
        "classify_agent",
        "number_visitors",
        "scrub_urls",
        "name_event_kind",
        "name_category",
        "forget_client",
        "state_origin",
    ]
    shared = [step for step in WEB_LOG_STEPS if step.__name__ not in {"read_lines", "name_kind"}]
    assert [step for step in CLICKSTREAM_STEPS if step in shared] == shared


def test_a_casual_visit_is_a_hit_as_the_policy_says() -> None:
    value = record(
        "clickstream", event_time="2026-11-23T00:30:00.5+01:00", url="https://shop.example/shoes?page=2&who=ann"
    )
    outcome = take("clickstream", [value])
    for name, table in outcome.stored.items():
        assert table.schema.names == arrow_schema(POLICY, name).names
        check_table(POLICY, name, table)
    (row,) = stored(outcome, "hits")
    expected = {
        "kind": "page",
        "event_time": datetime(2026, 11, 22, 23, 30, 0, 500_000, tzinfo=UTC),
        "utc_offset_min": 60,
        "event_date": date(2026, 11, 22),
        "channel": "web",
        "collected_via": "clickstream",
        "method": "-",
        "status": 200,
        "bytes": None,
        "path": "/shoes",
        "query": "page=2",
        "country": "GB",
        "browser": "Firefox",
        "is_bot": False,
        "intake": "topic/0/0",
    }
    assert {name: row[name] for name in expected} == expected
    assert outcome.stored["customer_events"].num_rows == 0


def test_a_customers_visit_is_an_event_to_the_minute_r8() -> None:
    assert event(event_time="2026-11-23T10:00:59.999-00:30", product="Photo Tool", url="/shoes/red") == {
        "customer": pseudonym("c-17"),
        "event_time": datetime(2026, 11, 23, 10, 30, tzinfo=UTC),
        "kind": "page",
        "site": "shop.example",
        "channel": "web",
        "path": "/shoes/red",
        "category": "shoes",
        "product": "Photo Tool",
        "country": "GB",
        "collected_via": "clickstream",
        "policy_version": "1.4",
        "event_date": date(2026, 11, 23),
    }


@pytest.mark.parametrize(
    ("fields", "table"),
    [
        ({}, "hits"),
        ({"customer_id": "c-1"}, "customer_events"),
        ({"customer_id": "c-1", "gpc": False, "dnt": False}, "customer_events"),
        ({"customer_id": "c-1", "gpc": True}, "hits"),
        ({"customer_id": "c-1", "dnt": True}, "hits"),
        ({"customer_id": "c-1", "gpc": False, "dnt": True}, "hits"),
        ({"customer_id": " "}, "hits"),
        ({"gpc": True}, "hits"),
        ({"customer_id": "c-1", "user_agent": GOOGLEBOT}, "customer_events"),
    ],
)
def test_one_event_goes_to_one_fact_t2_t4(fields: dict[str, Any], table: str) -> None:
    outcome = take("clickstream", [record("clickstream", **fields)])
    assert {name: rows.tolist() for name, rows in outcome.rows.items() if len(rows)} == {table: [0]}
    assert {name: part.num_rows for name, part in outcome.stored.items() if part.num_rows} == {table: 1}


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({}, "page"),
        ({"kind": "page_view"}, "page"),
        ({"kind": ""}, "page"),
        ({"url": "/logo.png"}, "resource"),
        ({"kind": "add_to_cart"}, "event"),
        ({"kind": "add_to_cart", "url": "/logo.png"}, "event"),
        ({"kind": "outbound_click"}, "event"),
    ],
)
def test_each_event_has_its_kind(fields: dict[str, Any], kind: str) -> None:
    assert hit(**fields)["kind"] == kind
    assert event(**fields)["kind"] == kind


def test_of_a_click_that_leads_away_the_host_is_kept_r34() -> None:
    away = {"kind": "outbound_click", "url": "https://www.bank.example/accounts/zoe?iban=DE02"}
    row = hit(**away, referrer="https://shop.example/shoes/red?page=3")
    assert (row["path"], row["query"], row["outbound_host"]) == ("/shoes/red", "page=3", "bank.example")
    assert row["referrer_host"] is None
    assert "zoe" not in str(row)
    assert hit(**away)["path"] == "/"
    assert event(**away, referrer="/help/contact")["category"] == "help"
    assert hit()["outbound_host"] is None


def test_only_the_host_of_a_referrer_is_kept_r13() -> None:
    assert hit(referrer="https://www.google.com/search?q=ann+other")["referrer_host"] == "google.com"
    assert hit(referrer="")["referrer_host"] is None


@pytest.mark.parametrize(
    ("url", "category"),
    [
        ("/", None),
        ("https://shop.example", None),
        ("https://shop.example?page=2", None),
        ("/shoes", "footwear"),
        ("https://shop.example/shoes/red", "footwear"),
        ("/footwear/old", "moved"),
        ("/hats/", "hats"),
        ("/about.html", "about.html"),
        ("/~ann/diary", None),
        ("/6f8c1f5e-4f0e-4c55-9a0c-0a5b7c3d2e1f/pay", None),
    ],
)
def test_a_category_is_the_first_part_of_the_path_or_what_the_site_calls_it(url: str, category: str | None) -> None:
    categories = {"shop.example": {"shoes": "footwear", "footwear": "moved"}, "other.example": {"hats": "headgear"}}
    outcome = take("clickstream", [record("clickstream", customer_id="c-1", url=url)], categories=categories)
    assert stored(outcome, "customer_events")[0]["category"] == category


def test_each_site_has_names_of_its_own_for_categories() -> None:
    sites = ["shop.example", "other.example", "third.example"]
    values = [record("clickstream", at, customer_id="c-1", url="/hats", site=site) for at, site in enumerate(sites)]
    categories = {"shop.example": {"hats": "caps"}, "other.example": {"hats": "headgear"}}
    rows = stored(take("clickstream", values, categories=categories), "customer_events")
    assert [row["category"] for row in rows] == ["caps", "headgear", "hats"]


def test_who_counts_as_registered_is_asked_of_sites_and_products_r4() -> None:
    registered: dict[str, Any] = {"sites": frozenset({"shop.example", "My Shop"}), "products": frozenset({"Hat"})}
    fields = [
        {},
        {"site": "foreign.example"},
        {"site": "My Shop"},
        {"product": "Coat"},
        {"product": "Hat"},
        {"site": "no site"},
    ]
    outcome = take("clickstream", [record("clickstream", at, **more) for at, more in enumerate(fields)], **registered)
    assert reasons(outcome) == {1: "unknown_site", 3: "unknown_product", 5: "bad_site"}


def test_an_event_says_itself_how_it_was_collected_r15() -> None:
    assert hit(collected_via="other")["collected_via"] == "other"
    assert event()["collected_via"] == "clickstream"
