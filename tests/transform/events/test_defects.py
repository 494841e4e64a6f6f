"""Each defect of a record has its one reason, and whatever comes, every record is kept once or left once."""

import json
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest

import kernels
from tests.transform.events.records import DEFECTS, GOOD, kept, reasons, take
from transform.reasons import DROPPED, Reason, is_dead_letter

CASES: list[dict[str, Any]] = DEFECTS["case"]


@pytest.fixture(autouse=True, params=[True, False], ids=["kernels", "no kernels"])
def _with_and_without_kernels(request: pytest.FixtureRequest) -> Iterator[None]:
    with patch.object(kernels, "is_ready", lambda: request.param and kernels.library.is_ready()):
        yield


def value_of(case: dict[str, Any]) -> bytes:
    """Make the record of a case; {n} stands for n letters."""
    assert case.keys() - {"why", "source", "reason"} in ({"value"}, {"fields"}, {"without"}), case["why"]
    if "value" in case:
        return str(case["value"]).encode()
    good = GOOD[case["source"]]
    if "without" in case:
        return json.dumps({name: value for name, value in good.items() if name != case["without"]}).encode()
    text = json.dumps({**good, **json.loads(case["fields"])})
    for length in (257, 2048):
        text = text.replace(f"{{{length}}}", "a" * length)
    return text.encode()


def test_there_are_no_two_cases_for_the_same() -> None:
    assert len(CASES) >= 60
    assert len({case["why"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"])
def test_a_case_r16(case: dict[str, Any]) -> None:
    outcome = take(case["source"], [value_of(case)])
    assert reasons(outcome).get(0, "kept") == case["reason"]
    assert kept(outcome) == ([0] if case["reason"] == "kept" else [])


@pytest.mark.parametrize("source", sorted(GOOD))
def test_all_cases_together_have_the_same_reasons(source: str) -> None:
    """What a record is does not depend on the records beside it; only their ids are made different."""
    cases = [case for case in CASES if case["source"] == source]
    good, customer = (GOOD[source].get(name, "none").encode() for name in ("event_id", "customer_id"))
    values = [
        value_of(case)
        .replace(good, f"00000000-0000-4000-8000-{number:012x}".encode())
        .replace(b'"%s"' % customer, b'"c-%d"' % number)
        for number, case in enumerate(cases)
    ]
    outcome = take(source, values)
    found = [reasons(outcome).get(number, "kept") for number in range(len(cases))]
    assert found == [case["reason"] for case in cases]


def test_a_record_of_64_kibibytes_is_read_and_a_longer_one_is_not() -> None:
    text = json.dumps(GOOD["clickstream"]).encode()
    fits = text + b" " * (64 * 1024 - len(text))
    outcome = take("clickstream", [fits + b" ", fits])
    assert reasons(outcome) == {0: "record_too_long"}


@pytest.mark.parametrize(("depth", "reason"), [(31, None), (32, "nested_too_deep"), (10_000, "nested_too_deep")])
def test_deep_nesting_is_refused_wherever_it_stands(depth: int, reason: str | None) -> None:
    more = b', "more": ' + b"[" * depth + b"]" * depth + b"}"
    good = json.dumps(GOOD["clickstream"])[:-1].encode() + more
    in_a_string = json.dumps({**GOOD["clickstream"], "more": "[" * depth}).encode()
    assert reasons(take("clickstream", [good])).get(0) == reason
    assert reasons(take("clickstream", [in_a_string])) == {}


def test_bytes_that_are_no_text_are_no_json() -> None:
    good = json.dumps(GOOD["clickstream"]).encode()
    broken = [good.replace(b"shop.example", b"shop\xff"), good[:-1] + b', "more": "\xff"}', b"\xff", b"\x00"]
    assert set(reasons(take("clickstream", broken)).values()) == {"not_json"}
    assert len(reasons(take("clickstream", [good, *broken]))) == 4


def test_null_is_a_record_without_content() -> None:
    assert reasons(take("clickstream", [None])) == {0: "no_content"}


def test_reasons_of_fields_are_defects() -> None:
    assert all(is_dead_letter(reason) for reason in ("missing_url", "bad_url", "not_json", "unknown_site"))
    dropped = {
        "already_imported",
        "blank_line",
        "too_late",
        "repeated_event",
        "child",
        "lost_to_retention",
        "corrupt_batch",
    }
    assert {reason.value for reason in DROPPED} == dropped
    assert all(is_dead_letter(reason.value) == (reason.value not in dropped) for reason in Reason)
