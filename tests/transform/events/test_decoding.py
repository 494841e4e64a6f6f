"""All ways of reading a record, by the kernel, by the decoder and with patience, give the same answer, whatever the bytes."""

import json
from collections import Counter
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import msgspec
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import kernels
from policy.model import Field, PolicyError, Source
from tests.transform.events.records import GOOD, POLICY, record
from transform.events.checking import check_fields
from transform.events.decoding import BLOCK_ROWS, Decoded, decode_records
from transform.events.exact import DEPTH_MAX, depth
from transform.events.fields import Form, shape_of
from transform.events.reading import shown_names

NEVER = msgspec.defstruct("Never", [("no_record_has_this", str)])
SOURCES = sorted(GOOD)
PIECES = st.sampled_from(
    [
        b'"', b'\\"', b"\\", b"{", b"}", b"[", b"]", b":", b",", b"null", b" ", b"\n", b"\xff", b"\xc2", b"\x00", b"\\u0022",
        b"\\ud800", b'"kind": "x", ', b'"kind": null, ', b'"more": {"a": 1}, ', b'"more" : 1, ', b'"site" :"x",', b"1e5", b"-0", b"NaN",
    ]
)  # fmt: skip
FIELDS = st.dictionaries(
    st.sampled_from(
        [
            "kind",
            "title",
            "referrer",
            "customer_id",
            "product",
            "gpc",
            "amount",
            "quantity",
            "age",
            "opt_out",
            "birth_date",
        ]
    )
    | st.text(max_size=8),
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.lists(st.text(max_size=5) | st.none(), max_size=3)
    | st.dictionaries(st.text(max_size=3), st.integers(), max_size=3),
    max_size=5,
)


def other_ways(values: list[bytes], source: str) -> tuple[Decoded, Decoded]:
    """Read records without kernels: as the decoder does, and with patience."""
    shape = shape_of(POLICY.sources[source])
    array = pa.array(values, pa.binary())
    with patch.object(kernels, "is_ready", lambda: False):
        return decode_records(array, shape), decode_records(array, replace(shape, decoder=msgspec.json.Decoder(NEVER)))


def judged(decoded: Decoded, source: str) -> Any:
    checked = check_fields(decoded, shape_of(POLICY.sources[source]), POLICY, frozenset())
    good = checked.reasons.is_null()
    columns = {name: column.filter(good).to_pylist() for name, column in checked.columns.items()}
    return decoded.rows.tolist(), decoded.refused, decoded.undeclared, checked.reasons.to_pylist(), columns


def assert_same(values: list[bytes], source: str) -> None:
    fast, patient = other_ways(values, source)
    decoded = decode_records(pa.array(values, pa.binary()), shape_of(POLICY.sources[source]))
    assert judged(decoded, source) == judged(fast, source) == judged(patient, source)
    with patch.object(kernels, "is_ready", lambda: False):
        assert judged(decoded, source) == judged(patient, source)


@settings(max_examples=120)
@given(st.sampled_from(SOURCES), st.lists(st.tuples(st.integers(0, 600), st.integers(0, 3), PIECES), max_size=3))
def test_a_spoiled_record_is_the_same_both_ways(source: str, cuts: list[tuple[int, int, bytes]]) -> None:
    value = json.dumps(GOOD[source]).encode()
    for at, length, piece in cuts:
        start = at % len(value)
        value = value[:start] + piece + value[start + length :]
    assert_same([value], source)


@settings(max_examples=80)
@given(st.sampled_from(SOURCES), st.lists(FIELDS, min_size=1, max_size=4), st.sampled_from([None, 1]))
@example("clickstream", [{"kind": 'a "quoted": name'}], None)
@example("clickstream", [{"title": "back\\slash\\"}], None)
def test_records_with_other_fields_are_the_same_both_ways(
    source: str, more: list[dict[str, Any]], indent: int | None
) -> None:
    values = [json.dumps({**GOOD[source], **fields}, indent=indent).encode() for fields in more]
    assert_same(values, source)


@settings(max_examples=50)
@given(st.sampled_from(SOURCES), st.lists(st.binary(max_size=30) | PIECES, max_size=5))
def test_any_bytes_are_the_same_both_ways(source: str, values: list[bytes]) -> None:
    assert_same(values, source)


@pytest.mark.parametrize("count", [0, 1, BLOCK_ROWS - 1, BLOCK_ROWS, BLOCK_ROWS + 1, 3 * BLOCK_ROWS])
def test_records_stay_in_order_over_blocks(count: int) -> None:
    """Odd ones, which go the patient way, come back to their places."""
    values = [record("clickstream", at, title=f'page "{at}"' if at % 7 == 0 else f"page {at}") for at in range(count)]
    assert_same(values, "clickstream")
    decoded = decode_records(pa.array(values, pa.binary()), shape_of(POLICY.sources["clickstream"]))
    for one in (decoded, other_ways(values, "clickstream")[0]):
        assert one.rows.tolist() == list(range(count))
        assert one.columns["event_id"].to_pylist() == [f"00000000-0000-4000-8000-{at:012x}" for at in range(count)]


def test_a_slice_of_a_column_is_read_from_its_start() -> None:
    values = pa.array([b"x", record("clickstream", 5), record("clickstream", 6, mood="good"), b"y"], pa.binary())
    decoded = decode_records(values.slice(1, 2), shape_of(POLICY.sources["clickstream"]))
    assert (decoded.rows.tolist(), decoded.refused, decoded.undeclared) == ([0, 1], {}, Counter(mood=1))


def test_good_records_with_other_fields_take_the_fast_way() -> None:
    """Else a producer that always sends one field too many would make the worker five times slower."""
    shape = shape_of(POLICY.sources["clickstream"])
    for value in (record("clickstream", mood="good"), json.dumps({**GOOD["clickstream"], "kind": None}).encode()):
        assert shape.decoder.decode(value) is not None


@given(st.recursive(st.just(""), lambda inner: st.lists(inner, max_size=2), max_leaves=60))
def test_depth_is_what_a_reader_would_count(nested: Any) -> None:
    def count(found: Any) -> int:
        return 1 + max((count(one) for one in found), default=0) if isinstance(found, list) else 0

    text = json.dumps([[nested]] * DEPTH_MAX)
    assert depth(text) == 2 + count(nested)


def test_every_source_of_the_policy_has_a_shape_that_follows_it() -> None:
    """Adding a field is one edit in the policy."""
    for name, source in POLICY.sources.items():
        if name != "web_log":
            assert [one.name for one in shape_of(source).fields] == [field.name for field in source.fields]
    more = Field(name="mood", type="bool", purposes=("profile",), clause="R30", why="A field that is new.")
    grown = msgspec.structs.replace(POLICY.sources["clickstream"], fields=(more,))
    assert [(one.name, one.form) for one in shape_of(grown).fields] == [("mood", Form.FLAG)]


def test_a_type_that_json_does_not_have_is_refused() -> None:
    field = Field(name="line", type="binary", purposes=("profile",), clause="R30", why="Bytes.")
    source = Source(description="x", channel="web", collected_via="other", fields=(field,))
    with pytest.raises(PolicyError, match='the field "line" is declared as binary'):
        shape_of(source)


def test_only_harmless_names_are_shown_r2() -> None:
    names = Counter({"screen": 3, "ann@example.org": 2, "user17": 1, "a" * 41: 1, "": 1, "mood swing": 1, "other": 1})
    assert shown_names(names) == {"screen": 3, "other": 7}
    many = Counter(f"{first}_{second}" for first in "abcdefghij" for second in "abcdefgh")
    shown = shown_names(many)
    assert (len(shown), shown["other"], sum(shown.values())) == (51, 30, 80)
