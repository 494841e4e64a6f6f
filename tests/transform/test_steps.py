"""The ordered list as a whole: what goes in, what comes out, and what must never come out."""

from datetime import UTC, date, datetime
from ipaddress import ip_network

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy import load_policy
from policy.schemas import arrow_schema, check_table
from transform.batch import Batch
from transform.context import Context
from transform.geography import Places
from transform.steps import WEB_LOG_STEPS, Outcome, run_source

POLICY = load_policy()
TAKEN_AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
SENT_MS = int(TAKEN_AT.timestamp() * 1000)
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


@pytest.fixture(scope="module")
def context() -> Context:
    counted: list[int] = []
    return Context(
        policy=POLICY,
        places=Places.shipped(),
        geography_level="region",
        trusted_proxies=(ip_network("10.0.0.0/8"),),
        query_parameters=frozenset({"page"}),
        day_key=lambda day: day.isoformat().encode().ljust(16, b"."),
        intake="topic/0/0",
        taken_at=TAKEN_AT,
        tally=lambda address: counted.append(len(address)),
        customer_key=b"c" * 16,
        event_key=b"e" * 16,
        is_child=lambda customers: np.zeros(len(customers), bool),
        is_seen=lambda events: np.zeros(len(events), bool),
        sites=frozenset(),
        products=frozenset(),
        categories={},
    )


def line(
    address: str = "203.0.113.9",
    *,
    time: str = "22/Nov/2026:10:00:00 +0100",
    request: str = "GET / HTTP/1.1",
    status: int = 200,
    referrer: str = "-",
    agent: str = AGENT,
    more: str = "",
) -> bytes:
    return f'{address} - ann [{time}] "{request}" {status} 512 "{referrer}" "{agent}"{more}'.encode()


def taken(lines: list[bytes], context: Context) -> tuple[pa.Table, Outcome]:
    count = len(lines)
    site = pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), pa.array(["shop"]))
    rows = pa.table(
        {
            "row": pa.array(range(count), pa.int32()),
            "line": pa.array(lines, pa.binary()),
            "site": site,
            "sent_ms": pa.array([SENT_MS] * count, pa.int64()),
        }
    )
    outcome = run_source("web_log", Batch.start(rows), context)
    return outcome.stored["hits"], outcome


def test_the_list_tells_the_life_of_a_line() -> None:
    assert [step.__name__ for step in WEB_LOG_STEPS] == [
        "read_lines",
        "check_times",
        "find_client",
        "locate",
        "classify_agent",
        "number_visitors",
        "scrub_urls",
        "name_kind",
        "forget_client",
        "state_origin",
    ]


def test_rows_have_the_columns_of_the_policy_and_no_others(context: Context) -> None:
    hits, _ = taken([line(), line(request="GET /a.css HTTP/1.1")], context)
    assert hits.schema.names == arrow_schema(POLICY, "hits").names
    check_table(POLICY, "hits", hits)


@pytest.mark.parametrize(
    ("request_line", "status", "kind"),
    [
        ("GET / HTTP/1.1", 200, "page"),
        ("GET /page HTTP/1.1", 304, "page"),
        ("GET /page HTTP/1.1", 206, "page"),
        ("GET /style.css HTTP/1.1", 200, "resource"),
        ("GET /style.css HTTP/1.1", 304, "resource"),
        ("GET /old HTTP/1.1", 301, "redirect"),
        ("GET /gone HTTP/1.1", 404, "error"),
        ("GET /gone.png HTTP/1.1", 404, "error"),
        ("GET / HTTP/1.1", 500, "error"),
        ("POST /cart HTTP/1.1", 200, "event"),
        ("POST /cart HTTP/1.1", 302, "redirect"),
        ("HEAD / HTTP/1.1", 200, "event"),
        ("GET / HTTP/1.1", 204, "event"),
        (r"\x16\x03\x01", 400, "error"),
    ],
)
def test_each_hit_has_its_kind(context: Context, request_line: str, status: int, kind: str) -> None:
    hits, _ = taken([line(request=request_line, status=status)], context)
    assert hits.column("kind").to_pylist() == [kind]


def test_days_are_those_of_utc_and_the_offset_is_kept(context: Context) -> None:
    hits, _ = taken([line(time="23/Nov/2026:00:30:00 +0100")], context)
    assert hits.column("event_date").to_pylist() == [date(2026, 11, 22)]
    assert hits.column("utc_offset_min").to_pylist() == [60]


def test_impossible_times_are_dead_letters(context: Context) -> None:
    times = [
        "31/Dec/1994:23:00:00 +0000",
        "24/Nov/2026:11:59:59 +0000",
        "24/Nov/2026:12:00:01 +0000",
        "01/Jan/1995:00:00:00 +0000",
    ]
    hits, end = taken([line(time=time) for time in times], context)
    assert hits.num_rows == 2
    assert end.left.to_pylist() == [
        {"row": 0, "reason": "time_out_of_range"},
        {"row": 2, "reason": "time_out_of_range"},
    ]


def test_a_trusted_proxy_speaks_for_its_client(context: Context) -> None:
    """The same visitor directly and through our proxy is one visitor in one place."""
    direct, forwarded = line("81.2.69.160"), line("10.0.0.7", more=' "81.2.69.160"')
    forged = line("81.2.69.160", more=' "8.8.8.8"')
    hits, _ = taken([direct, forwarded, forged], context)
    assert len(set(hits.column("visitor").to_pylist())) == 1
    assert set(hits.column("country").to_pylist()) == {"GB"}


def test_visitors_differ_by_address_agent_and_day(context: Context) -> None:
    lines = [line(), line("203.0.113.10"), line(agent="Other/1.0"), line(time="21/Nov/2026:10:00:00 +0100"), line()]
    hits, _ = taken(lines, context)
    visitors = hits.column("visitor").to_pylist()
    assert visitors[0] == visitors[4]
    assert len(set(visitors)) == 4


@settings(max_examples=40)
@given(address=st.ip_addresses().map(str), user=st.emails(), token=st.uuids().map(str))
def test_nothing_that_names_a_person_survives(context: Context, address: str, user: str, token: str) -> None:
    """R5, R13, R26: whatever the address and wherever it stands, no stored value has it."""
    lines = [
        line(
            address,
            request=f"GET /u/{address}?user={user}&ip={address} HTTP/1.1",
            referrer=f"http://{address}/?q={user}",
        ),
        line("10.0.0.1", request=f"GET /reset/{token} HTTP/1.1", agent=f"agent {user} {address}", more=f' "{address}"'),
        f"{address} no log line {user}".encode(),
    ]
    hits, end = taken(lines, context)
    stored = str(hits.to_pylist()) + str(end.left.to_pylist())
    for secret in (address, user, token):
        assert len(secret) < 4 or secret not in stored


def test_an_empty_intake_gives_an_empty_table(context: Context) -> None:
    hits, end = taken([], context)
    assert (hits.num_rows, end.left.num_rows) == (0, 0)
    check_table(POLICY, "hits", hits)


def test_a_method_of_ones_own_is_not_kept_r12(context: Context) -> None:
    requests = ["GET / HTTP/1.1", "PROPFIND / HTTP/1.1", "jane_doe / HTTP/1.1", "PASSWORD-SUMMER / HTTP/1.1", "-"]
    hits, _ = taken([line(request=request) for request in requests], context)
    assert hits.column("method").to_pylist() == ["GET", "PROPFIND", "OTHER", "OTHER", "-"]
    assert set(hits.column("method").combine_chunks().dictionary.to_pylist()) == {"GET", "PROPFIND", "OTHER", "-"}
