"""The kernel takes plain records and no others, and says of them what reading with patience says."""

import json
from collections import Counter
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import kernels
from tests.transform.events.records import GOOD, POLICY
from tests.transform.events.test_decoding import assert_same
from transform.events.exact import DEPTH_MAX, Record, read_record
from transform.events.fields import Form, shape_of
from transform.events.plain import Plain, read_plain

pytestmark = pytest.mark.skipif(not kernels.is_ready(), reason="there is no compiled library")

SOURCES = sorted(GOOD)
CLICK = json.dumps(GOOD["clickstream"]).encode()
NOT_PLAIN = [
    b"", b" ", b"\n\t", b"null", b"0", b'"x"', b"[]", b"[{}]", b"{", b"}", b"{}{}", b"{},", b"{} x", b"\xef\xbb\xbf{}", b"{}\0", b"{\0}", b"\x0b{}",
    b"{,}", b'{"a"}', b'{"a":}', b'{"a":1,}', b'{"a":1 "b":2}', b"{a:1}", b"{'a':1}", b"{1:1}", b'{"a":NaN}', b'{"a":Infinity}', b'{"a":-}',
    b'{"a":01}', b'{"a":1.}', b'{"a":.1}', b'{"a":1e}', b'{"a":+1}', b'{"a":0x1}', b'{"a":tru}', b'{"a":True}', b'{"a":nul}', b'{"a":"\t"}',
    b'{"a":"\n"}', b'{"a":"\x1f"}', b'{"a":"\0"}', b'{"a\x01":1}', b'{"a":"\xff"}', b'{"a":"\xed\xa0\x80"}', b'{"\xc0\x80":1}', b'{"a":"\xf4\x90\x80\x80"}',
    b'{"a":1,"a":1}', b'{"site":"a","site":"a"}', b'{"site":null,"site":null}', b'{"site":1}', b'{"site":["a"]}', b'{"gpc":"true"}', b'{"gpc":1}',
    b'{"site":"\\u0061"}', b'{"\\u0073ite":"a"}', b'{"site":"\\ud800"}', b'{"a":"\\"}', b'{"a":"\\""}', b'{"a":"', b'{"site":"a', b'{"site', b'{"site":',
    b'{"a":[1,]}', b'{"a":[}', b'{"a":{]}', b'{"a":[1}', b'{"a":{"b":1]}', b'{"a":{1}}', b'{"a":[1 2]}', b'{"a":' + b"[" * DEPTH_MAX + b"]" * DEPTH_MAX + b"}",
    b'{"a":' + b"[" * 100_000, b'{"a":' + b'{"a":' * 100_000, b'{"a":"' + b" " * 2**16 + b'"}',
]  # fmt: skip
PLAIN = [
    b"{}", b" { } ", b"\r\n\t {\n} \r", b'{"site" : "a" , "gpc" : true}', b'{"site":null}', b'{"":""}', b'{"a":0,"A":-0.0e-0}', b'{"a":1E+99999}',
    b'{"a":' + b"9" * 5000 + b"}", b'{"a":[1,"b",null,{"c":{}}],"d":{"d":1,"d":2}}', b'{"a":' + b"[" * (DEPTH_MAX - 1) + b"]" * (DEPTH_MAX - 1) + b"}",
    b'{"title":"\xc3\xa9 \xf0\x9f\x98\x80 \x7f"}', b'{"\xc3\xa9":1}', b'{"site":""}', b'{"site_":1,"sit":2}', b'{"title":"[{NaN'  + b"'" + b'}]"}',
]  # fmt: skip
PIECES = st.sampled_from(
    [
        *(b'"', b"\\", b'\\"', b"\\\\", b"{", b"}", b"[", b"]", b":", b",", b" ", b"\n", b"\0", b"\x1f", b"\x7f", b"\xff", b"\xc3\xa9", b"\xed\xa0\x80"),
        *(b"\xef\xbb\xbf", b"\\ud800", b"\\u0061", b"NaN", b"-", b"0", b"1e5", b"null", b"true", b"9" * 40, b"[[[[", b'{"a":1}', b'"site":"x",', b', "a": 1'),
    ]
)  # fmt: skip
CUTS = st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 12), PIECES), max_size=3)


def plain(values: list[bytes | None], source: str = "clickstream") -> Plain:
    return read_plain(pa.array(values, pa.binary()), shape_of(POLICY.sources[source]))


def plain_names(source: str) -> list[str]:
    return [one.name for one in shape_of(POLICY.sources[source]).fields if one.form is not Form.TEXTS]


def assert_as_patience_says(found: Plain, values: list[bytes], source: str) -> None:
    """Compare field by field, bad ones too: the column of a number has what JSON wrote."""
    undeclared: Counter[str] = Counter()
    for at, row in enumerate(found.rows.tolist()):
        record = read_record(values[row], shape_of(POLICY.sources[source]))
        assert isinstance(record, Record), record
        assert not record.bad
        assert {name: column[at].as_py() for name, column in found.columns.items()} == record.values
        undeclared.update(record.undeclared)
    assert found.undeclared == undeclared


@pytest.mark.parametrize("source", SOURCES)
def test_good_records_are_plain_however_they_are_spaced(source: str) -> None:
    """Else nothing would be won; arrays are read by the decoder."""
    good = {name: value for name, value in GOOD[source].items() if name in plain_names(source)}
    values = [
        json.dumps(good, separators=(",", ":")).encode(),
        json.dumps(good, indent=1).encode(),
        json.dumps(dict(reversed(good.items()))).encode(),
        json.dumps({**good, "mood": {"is": ["good"]}, "nothing": None}).encode(),
        json.dumps(dict.fromkeys(plain_names(source))).encode(),
    ]
    found = plain([*values, None], source)
    assert found.rows.tolist() == list(range(len(values)))
    assert found.undeclared == {"mood": 1, "nothing": 1}
    assert_as_patience_says(found, values, source)


@pytest.mark.parametrize("value", NOT_PLAIN, ids=lambda value: f"{value[:30]!a} {len(value)}")
def test_what_is_not_plain_is_left_and_spoils_nothing(value: bytes) -> None:
    found = plain([CLICK, value, CLICK])
    assert found.rows.tolist() == [0, 2]
    assert_as_patience_says(found, [CLICK, value, CLICK], "clickstream")
    assert_same([CLICK, value], "clickstream")


@pytest.mark.parametrize("value", PLAIN, ids=lambda value: f"{value[:30]!a} {len(value)}")
def test_what_is_plain_is_taken(value: bytes) -> None:
    values = [value, CLICK, value, CLICK]
    found = plain([*values])
    assert found.rows.tolist() == [0, 1, 2, 3]
    assert_as_patience_says(found, values, "clickstream")
    assert_same(values, "clickstream")


@settings(max_examples=300)
@given(st.sampled_from(SOURCES), st.lists(CUTS, min_size=1, max_size=4))
@example("clickstream", [[(0, 0, b"\xef\xbb\xbf")], [(1999, 0, b"\0")]])
def test_spoiled_records_are_read_as_with_patience(source: str, cuts: list[list[tuple[int, int, bytes]]]) -> None:
    values = []
    for pieces in cuts:
        value = json.dumps(GOOD[source]).encode()
        for at, length, piece in pieces:
            start = at % (len(value) + 1)
            value = value[:start] + piece + value[start + length :]
        values.append(value)
    assert_as_patience_says(plain([*values], source), values, source)


@settings(max_examples=100)
@given(
    st.lists(
        st.dictionaries(
            st.text(max_size=5) | st.sampled_from(["site", "title", "gpc", "kind", "product"]),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.text(max_size=5),
                lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
                max_leaves=4,
            ),
            max_size=40,
        ),
        max_size=5,
    )
)
def test_any_objects_are_read_as_with_patience(objects: list[dict[str, Any]]) -> None:
    """Fields come and go from record to record, and names that nobody declared outnumber the records."""
    values = [json.dumps(one, ensure_ascii=False).encode("utf-8", "surrogatepass") for one in objects]
    assert_as_patience_says(plain([*values]), values, "clickstream")


def test_names_that_nobody_declared_do_not_outgrow_their_room() -> None:
    """What does not fit is read by the decoder, and every name is counted."""
    values = [json.dumps({f"n{first * 20 + one}": one for one in range(20)}).encode() for first in range(4)]
    assert plain([*values]).rows.tolist() == []
    assert plain([*values, *[CLICK] * 16]).rows.tolist() == [0, *range(4, 20)]
    assert_same([*values, *[CLICK] * 30], "clickstream")


def test_a_slice_is_read_from_its_start_and_nulls_hold_nothing() -> None:
    values = pa.array([b"x", CLICK, None, CLICK, b"y"], pa.binary())
    shape = shape_of(POLICY.sources["clickstream"])
    assert read_plain(values.slice(1, 3), shape).rows.tolist() == [0, 2]
    assert read_plain(values.slice(2, 1), shape).rows.tolist() == []
    hidden = pa.Array.from_buffers(pa.binary(), 1, [pa.py_buffer(b"\0"), *pa.array([CLICK], pa.binary()).buffers()[1:]])
    assert read_plain(hidden, shape).rows.tolist() == []
