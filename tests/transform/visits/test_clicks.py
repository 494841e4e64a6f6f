"""Events of a page: which of the two facts each goes to, and what is left of it there."""

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.schemas import arrow_schema, check_table
from tests.transform.events.records import CONTEXT, POLICY, SENT_MS, kept, reasons, record, stored, take
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


@pytest.mark.parametrize(
    ("behind_ms", "is_backfill", "reason"),
    [
        (48 * HOUR_MS, False, None),
        (48 * HOUR_MS + 1, False, "too_late"),
        (48 * HOUR_MS + 1, True, None),
        (5 * 365 * 24 * HOUR_MS, True, None),
        (-24 * HOUR_MS, False, None),
        (-24 * HOUR_MS - 1, False, "time_out_of_range"),
        (-24 * HOUR_MS - 1, True, "time_out_of_range"),
    ],
)
def test_the_window_for_late_events_r55(behind_ms: int, is_backfill: bool, reason: str | None) -> None:  # noqa: FBT001
    time = datetime.fromtimestamp((SENT_MS - behind_ms) / 1000, UTC).isoformat(timespec="milliseconds")
    outcome = take("clickstream", [record("clickstream", event_time=time)], is_backfill=[is_backfill])
    assert reasons(outcome).get(0) == reason


def test_the_first_of_repeated_events_stays_r53() -> None:
    """Even when an earlier one left for another reason."""
    values = [
        record("clickstream", 7, event_time="2026-11-01T00:00:00Z"),
        record("clickstream", 7),
        record("clickstream", 8),
        record("clickstream", 7, url="/other").replace(b"00000000-0000-4000-8000", b"00000000-0000-4000-8000".upper()),
        record("clickstream", 0xABCDEF),
        record("clickstream", 0xABCDEF).replace(b"abcdef", b"ABCDEF"),
    ]
    outcome = take("clickstream", values)
    assert reasons(outcome) == {0: "too_late", 3: "repeated_event", 5: "repeated_event"}
    assert len(set(outcome.event_ids.tolist())) == 3


def test_events_stored_before_leave_and_the_hash_is_of_the_source_r53() -> None:
    stored_before = take("clickstream", [record("clickstream", 1)]).event_ids
    outcome = take(
        "clickstream",
        [record("clickstream", 1), record("clickstream", 2)],
        is_seen=lambda events: np.isin(events, stored_before),
    )
    assert reasons(outcome) == {0: "repeated_event"}
    assert take("transaction", [record("transaction", 1)]).event_ids[0] != stored_before[0]
    assert (
        take("clickstream", [record("clickstream", 1)], event_key=b"another key, 16+").event_ids[0] != stored_before[0]
    )


def test_events_of_children_leave_whatever_their_browser_asks_r10() -> None:
    flagged = [pseudonym("c-1")]
    values = [
        record("clickstream", 1, customer_id="c-1"),
        record("clickstream", 2, customer_id="c-2"),
        record("clickstream", 3, customer_id="c-1", gpc=True),
        record("clickstream", 4),
    ]
    outcome = take("clickstream", values, is_child=lambda customers: np.isin(customers, flagged))
    assert reasons(outcome) == {0: "child", 2: "child"}


def test_the_same_visitor_by_log_and_by_beacon_is_told_apart_by_the_day() -> None:
    rows = [hit(), hit(), hit(event_time="2026-11-22T10:00:00Z"), hit(ip="81.2.69.161")]
    visitors = [row["visitor"] for row in rows]
    assert visitors[0] == visitors[1]
    assert len(set(visitors)) == 3


@settings(max_examples=20)
@given(
    address=st.ip_addresses().map(str),
    mail=st.from_regex(r"zq[a-z]{6,10}@mail\.example", fullmatch=True),
    token=st.uuids().map(str),
    customer=st.from_regex(r"customer [0-9A-Z]{10}", fullmatch=True),
    signals=st.sampled_from([{}, {"gpc": True}, {"dnt": True}]),
)
def test_nothing_that_names_a_person_is_in_any_table(
    address: str, mail: str, token: str, customer: str, signals: dict[str, bool]
) -> None:
    """R5, R8, R13, R23, R26: whatever it is and wherever it stands, nothing that is stored or left has it."""
    who = {"ip": address, "title": mail, "language": mail, "cookie": token, mail: token, **signals}
    places = [
        {"customer_id": customer, "url": f"https://{mail}/reset/{token}?mail={mail}&page={mail}"},
        {"url": f"/users/{mail}/{address}", "referrer": f"https://{address}/{mail}?c={customer.replace(' ', '+')}"},
        {"customer_id": customer, "kind": mail, "product": mail},
        {
            "kind": "outbound_click",
            "url": f"https://{mail}/{token}",
            "referrer": f"https://shop.example/~{mail}#{token}",
        },
        {"customer_id": customer, "collected_via": mail},
        {"customer_id": customer, "user_agent": f"{mail} {address} {token}", "site": f"{token}.example"},
        {"customer_id": customer, "event_time": "1990-01-01T00:00:00Z"},
    ]
    outcome = take("clickstream", [record("clickstream", at, **who, **place) for at, place in enumerate(places)])
    seen = str([table.to_pydict() for table in outcome.stored.values()]) + str(outcome.fields_dropped)
    seen += str([[str(column) for column in table.columns] for table in outcome.stored.values()])
    seen += str(outcome.left.to_pylist()) + str(outcome.event_ids.tolist())
    for secret in (address, mail, token, customer, mail.partition("@")[0]):
        assert len(secret) < 6 or secret not in seen
    assert len(kept(outcome)) + outcome.left.num_rows == len(places)


@settings(max_examples=30)
@given(
    st.lists(
        st.binary(max_size=40)
        | st.integers(0, 3).map(lambda number: record("clickstream", number))
        | st.integers(0, 3).map(lambda number: record("clickstream", number, customer_id="c-1"))
        | st.tuples(st.integers(0, 3), st.text(max_size=12)).map(
            lambda pair: record("clickstream", pair[0], url=pair[1])
        ),
        max_size=12,
    )
)
def test_every_record_has_exactly_one_end_r58(values: list[bytes]) -> None:
    outcome = take("clickstream", values)
    assert sorted([*kept(outcome), *reasons(outcome)]) == list(range(len(values)))
    assert {name: len(rows) for name, rows in outcome.rows.items()} == {
        name: table.num_rows for name, table in outcome.stored.items()
    }
    assert len(outcome.event_ids) == len(kept(outcome))


def test_an_empty_intake() -> None:
    outcome = take("clickstream", [])
    for name, table in outcome.stored.items():
        check_table(POLICY, name, table)
    assert (outcome.left.num_rows, len(outcome.event_ids), outcome.fields_dropped) == (0, 0, {})
