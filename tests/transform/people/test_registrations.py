"""Forms: what the registry gets, and that nobody under the age limit is among it."""

import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transform.events.records import CONTEXT, event_id, kept, reasons, record, take
from transform.people.registrations import REGISTRATIONS
from transform.pseudonyms import pseudonyms

CASES: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parents[2] / "data" / "event_children.toml").read_text(encoding="utf-8")
)["case"]


def pseudonym(customer_id: str) -> int:
    return int(pseudonyms(pa.array([customer_id]), CONTEXT.customer_key)[0])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"])
def test_a_case_r10(case: dict[str, Any]) -> None:
    assert case.keys() == {"why", "time", "fields", "child"}
    sent_ms = int(datetime.fromisoformat(case["time"]).timestamp() * 1000)
    value = record("registration", event_time=case["time"], **case["fields"])
    outcome = take("registration", [value], sent_ms=[sent_ms])
    assert reasons(outcome) == ({0: "child"} if case["child"] else {})
    assert outcome.children.tolist() == ([pseudonym("c-17")] if case["child"] else [])


@given(born=st.dates(date(1995, 1, 1), date(2030, 1, 1)), signed=st.dates(date(2005, 1, 1), date(2030, 1, 1)))
@settings(max_examples=40)
def test_nobody_is_taken_before_their_thirteenth_birthday_r10(born: date, signed: date) -> None:
    time = f"{signed.isoformat()}T12:00:00Z"
    sent_ms = int(datetime.fromisoformat(time).timestamp() * 1000)
    value = record("registration", event_time=time, birth_date=born.isoformat())
    outcome = take("registration", [value], sent_ms=[sent_ms])
    if born > signed:
        assert reasons(outcome) == {0: "bad_birth_date"}
    else:
        # The day in the 13th year after birth that has the birthday's month and day, or 1 March for 29 February.
        birthday = (born.year + 13, born.month, born.day)
        assert (len(kept(outcome)) == 1) == ((signed.year, signed.month, signed.day) >= birthday)


def test_each_child_is_named_once_and_only_by_a_number() -> None:
    """Forms of one person in one intake: whatever the others say, a child's age in one of them decides (R10)."""
    ages = [5, 6, 40, 12, 30]
    values = [record("registration", at, age=age, customer_id=f"c-{at // 2}") for at, age in enumerate(ages)]
    outcome = take("registration", values)
    assert sorted(outcome.children.tolist()) == sorted({pseudonym("c-0"), pseudonym("c-1")})
    assert kept(outcome) == [4]
    assert outcome.registrations is not None
    assert outcome.registrations.column("customer_id").to_pylist() == ["c-2"]


def test_who_was_flagged_before_does_not_come_back_r10() -> None:
    flagged = pseudonym("c-17")
    values = [record("registration", at, customer_id=f"c-{17 + at}", age=40) for at in range(2)]
    outcome = take("registration", values, is_child=lambda customers: customers == flagged)
    assert reasons(outcome) == {0: "child"}
    assert outcome.children.tolist() == []


def test_credentials_do_not_reach_the_registry_r26() -> None:
    texts = {"name": "Ada (password: hunter2secret)", "company": "Lamps, card 4111 1111 1111 1111"}
    outcome = take(
        "registration", [record("registration", 0, **texts), record("registration", 1, name="Jo 3rd, b. 1970")]
    )
    assert outcome.registrations is not None
    names, companies = (outcome.registrations.column(name).to_pylist() for name in ("name", "company"))
    assert names[0].startswith("Ada")
    assert "hunter2secret" not in str(names)
    assert companies[0] == "Lamps, card {card}"
    assert names[1] == "Jo 3rd, b. 1970"


def test_the_registry_gets_what_the_form_said_and_null_for_the_rest() -> None:
    full = record(
        "registration",
        1,
        country="DE",
        company="Acme",
        phone="+49 30 1234567",
        opt_out=["newsletter", "profile"],
        auto_login_opt_in=True,
        birth_date="1990-05-17",
        age=36,
    )
    outcome = take("registration", [record("registration"), full])
    assert outcome.registrations is not None
    assert outcome.registrations.schema == REGISTRATIONS
    bare, filled = outcome.registrations.to_pylist()
    said = {"country", "company", "phone", "opt_out", "auto_login_opt_in"}
    assert {name for name, value in bare.items() if value is None} == said
    assert filled["opt_out"] == ["newsletter", "profile"]
    assert filled["event_id"] == event_id(1)
    assert filled["event_time"] == datetime.fromisoformat("2026-11-23T09:00:00Z")
    assert not {"age", "birth_date"} & set(outcome.registrations.schema.names)
    assert outcome.stored == {}
    assert outcome.rows["registrations"].tolist() == [0, 1]


def test_no_opt_outs_are_not_the_same_as_nothing_said_r28() -> None:
    outcome = take("registration", [record("registration", 1, opt_out=[]), record("registration", 2)])
    assert outcome.registrations is not None
    assert outcome.registrations.column("opt_out").to_pylist() == [[], None]


def test_a_form_is_never_late_r28() -> None:
    """Or an opt-out would be lost."""
    old = record("registration", event_time="2019-01-01T00:00:00Z")
    assert reasons(take("registration", [old])) == {}


def test_a_form_that_came_before_leaves_r53() -> None:
    values = [record("registration", 1), record("registration", 2), record("registration", 1, name="Somebody Else")]
    assert reasons(take("registration", values)) == {2: "repeated_event"}
    assert set(reasons(take("registration", values, is_seen=lambda events: np.ones(len(events), bool))).values()) == {
        "repeated_event"
    }


def test_an_empty_intake() -> None:
    outcome = take("registration", [])
    assert outcome.registrations is not None
    assert (outcome.registrations.num_rows, outcome.left.num_rows, len(outcome.event_ids)) == (0, 0, 0)
