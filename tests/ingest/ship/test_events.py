"""JSON records lose what may not be sent, and nothing else: cases of one line each, and whatever hypothesis thinks of."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.ship.events import Cleaned, EventCleaner
from policy import load_policy
from transform.events.exact import read_record
from transform.events.fields import RECORD_BYTES_MAX, shape_of
from transform.reasons import Reason

POLICY = load_policy()
CANARY = "CANARY4f7aXq"


def cases() -> list[dict[str, Any]]:
    text = (Path(__file__).parents[2] / "data" / "shipped_records.toml").read_text(encoding="utf-8")
    listed: list[dict[str, Any]] = tomllib.loads(text)["case"]
    for case in listed:
        assert case.keys() - {"removed"} in ({"why", "source", "record", "sent"}, {"why", "source", "record", "same"})
    return listed


def clean(source: str, *records: bytes | None) -> Cleaned:
    return EventCleaner(POLICY, source)(pa.array(records, pa.binary()))


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["why"])
def test_a_record_is_sent_without_what_may_not_be_sent(case: dict[str, Any]) -> None:
    record = case["record"].encode()
    done = clean(case["source"], record)
    expected = case["record"] if case.get("same") else case["sent"]
    assert done.lines.to_pylist() == [expected.encode()]
    assert done.redacted == (expected != case["record"])
    assert done.removed == case.get("removed", {})


def test_bytes_that_are_no_text_and_no_bytes_at_all_go_through() -> None:
    lines = [b'{"title":"\xff"}', None, b"", b"\xff\xfe", b"[" * 5000, b'{"title":' * 3000]
    lines += [b'{"title":"\\x"}', b'{"opt_out":["\\ud800"]}', b'{"title":NaN}', b'{"amount":1e999}']
    assert clean("clickstream", *lines[:-3], lines[-2]).lines.to_pylist() == [*lines[:-3], lines[-2]]
    assert clean("registration", lines[-3]).lines.to_pylist() == [lines[-3]]
    assert clean("transaction", lines[-1]).lines.to_pylist() == [lines[-1]]


def test_a_list_that_is_too_deep_is_emptied() -> None:
    deep = b'{"opt_out":' + b"[" * 900 + b"]" * 900 + b"}"
    assert clean("registration", deep).lines.to_pylist() == [b'{"opt_out":[null]}']


def test_a_record_that_is_too_long_to_be_read_is_sent_as_its_length() -> None:
    long = b'{"title":"CANARY","note":"' + b"CANARY" * 12_000
    done = clean("clickstream", long, long[:RECORD_BYTES_MAX])
    assert done.lines.to_pylist() == [b" " * len(long), long[:RECORD_BYTES_MAX]]
    assert done.redacted == 1
    assert read_record(done.lines[0].as_py(), shape_of(POLICY.sources["clickstream"])) is Reason.RECORD_TOO_LONG


def test_records_of_a_block_do_not_mix() -> None:
    records = [b'{"title":"%d"}' % number for number in range(50)]
    records[7] = b'{"title":"password=x7"}'
    done = clean("clickstream", *records)
    assert done.lines.to_pylist() == [*records[:7], b'{"title":"password={redacted}"}', *records[8:]]
    assert done.redacted == 1


def test_names_that_may_tell_something_are_counted_as_other() -> None:
    names = [
        "ann@example.org",
        "1",
        "x" * 41,
        *("y" * (number + 1) for number in range(40)),
        *("z" * (number + 1) for number in range(40)),
    ]
    done = clean("clickstream", *(json.dumps({name: 1}).encode() for name in names))
    assert done.removed["other"] == 3 + 30
    assert done.removed.total() == len(names)
    assert done.lines.to_pylist() == [b"{}"] * len(names)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(CANARY),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
SECRET_NAMES = st.sampled_from(
    ["password", "Password", "user_password", "token", "cookie", "card_number", "cvv", "x", "note"]
)


@given(
    name=SECRET_NAMES,
    value=VALUES,
    title=st.text(max_size=8),
    source=st.sampled_from(["clickstream", "registration", "transaction"]),
    blanks=st.booleans(),
    escapes=st.booleans(),
)
def test_no_undeclared_value_is_sent(
    name: str, value: Any, title: str, source: str, *, blanks: bool, escapes: bool
) -> None:
    """Whatever the value, however it is written."""
    record = {"event_id": "1", name: [value, CANARY], "title": title}
    separators = (" , ", " : ") if blanks else (",", ":")
    try:
        line = json.dumps(record, separators=separators, ensure_ascii=escapes).encode()
    except UnicodeEncodeError:
        return  # half a character, which has no bytes
    (sent,) = clean(source, line).lines.to_pylist()
    assert CANARY.encode() not in sent
    assert json.loads(sent)["event_id"] == "1"


@given(
    name=SECRET_NAMES,
    wrap=st.sampled_from(["{}", "see {} now", '"{}"', "x?{}&y=1", "a\n{}", "\\{}"]),
    escaped=st.booleans(),
)
def test_no_named_credential_in_a_declared_text_is_sent(name: str, wrap: str, *, escaped: bool) -> None:
    if name in {"x", "note"}:
        return
    text = wrap.format(f"{name}={CANARY}")
    line = json.dumps({"title": text, "opt_out": [text], "name": {"a": text}}).encode()
    if escaped:
        line = line.replace(b"=", b"\\u003d").replace(b"a", b"\\u0061")
    for source in ("clickstream", "registration"):
        (sent,) = clean(source, line).lines.to_pylist()
        assert CANARY.encode() not in sent


@given(number=st.integers(min_value=0, max_value=10**12 - 1), joint=st.sampled_from(["", " ", "-", "."]))
def test_long_numbers_that_are_no_cards_stay(number: int, joint: str) -> None:
    text = joint.join(f"{number:012}"[start : start + 4] for start in (0, 4, 8))
    line = json.dumps({"title": text}, separators=(",", ":")).encode()
    assert clean("clickstream", line).lines.to_pylist() == [line]
