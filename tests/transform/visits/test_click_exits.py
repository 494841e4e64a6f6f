"""Events of a page: which of them leave and why, and that nothing of a person is left in those that stay."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.schemas import check_table
from tests.transform.events.records import CONTEXT, POLICY, SENT_MS, kept, reasons, record, stored, take
from transform.pseudonyms import pseudonyms

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
