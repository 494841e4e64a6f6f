"""Addresses read by a kernel: every place and every usual form is what the slower way gives, whatever the text."""

from ipaddress import IPv6Address
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import kernels
from kernels.addresses import place_numbers, unusual
from kernels.library import KernelError
from transform.columns import bytes_and_bounds
from transform.geography.addresses import find_places, read_addresses
from transform.geography.intervals import Intervals
from transform.visits.client import parse_address, usual_form

pytestmark = pytest.mark.skipif(not kernels.is_ready(), reason="there is no compiled library")

GROUPS = st.sampled_from(["", "", "0", "0", "1", "0ab", "FFFF", "ffff", "12345", "g", "2002", "64", "ff9b", "2001"])
V6 = st.ip_addresses(v=6) | st.sampled_from(
    [IPv6Address(text) for text in ("::", "::1", "::ffff:1.2.3.4", "64:ff9b::102:304", "2002:102:304::", "2001::f")]
)
WRITTEN = V6.flatmap(lambda one: st.sampled_from([str(one), one.exploded, str(one).upper(), f"[{one}]", f"{one}%7"]))
SIMILAR = st.lists(GROUPS, max_size=10).map(":".join)
NEARLY_V4 = st.from_regex(r"\A\d{1,4}(\.\d{1,4}){2,4}\Z") | st.ip_addresses(v=4).map(str)
ANYTHING = st.text("0123456789abcdefABCDEF::::....%[] g\x00é", max_size=90) | st.text(max_size=20)
TEXTS = st.lists(st.none() | WRITTEN | SIMILAR | NEARLY_V4 | ANYTHING, max_size=40)
CARRYING = ("::ffff:1.2.3.4", "64:ff9b::1.2.3.4", "2002:102:304::", "2001::fefd:fcfb")
STARTS = st.lists(st.integers(1, 255), max_size=40).map(lambda starts: sorted({0, *starts}))


def intervals(starts: list[int], bits: int) -> Intervals:
    """Divide the addresses by their first byte, and number the runs."""
    keys = [start << bits - 8 for start in starts]
    numbers = np.arange(len(starts), dtype=np.int16)
    return Intervals(np.array(keys, np.uint32) if bits == 32 else np.array(keys, np.uint64), numbers)


@given(TEXTS, STARTS, STARTS)
@example(["1.2.3.4", *CARRYING], [0, 1, 2], [0, 32])
def test_places_are_those_of_the_slower_way(
    texts: list[str | None], v4_starts: list[int], v6_starts: list[int]
) -> None:
    column = pa.array(["left out", *texts], pa.string()).slice(1)
    v4, v6 = intervals(v4_starts, 32), intervals(v6_starts, 64)
    assert find_places(column, v4, v6).tolist() == read_addresses(column).find(v4, v6).tolist()


@given(TEXTS)
@example(["::ffff:0:1", "::ffff:102:304", "1:2:3:4:5:6::8", "2001:db8::A", "2001:db8:0:0:1::", "1::0:0:0:1"])
def test_usual_forms_are_those_of_the_slower_way(texts: list[str | None]) -> None:
    column = pa.array(["left out", *(text or "" for text in texts)], pa.string()).slice(1)
    found = usual_form(column)
    with patch.object(kernels, "is_ready", lambda: False):
        assert found.to_pylist() == usual_form(column).to_pylist()


@given(V6)
def test_what_is_not_marked_needs_no_change_and_what_is_usual_is_not_marked(address: IPv6Address) -> None:
    texts = [str(address), address.exploded, str(address).upper(), f"{address}%1", f"[{address}]"]
    marks = unusual(*bytes_and_bounds(pa.array(texts))).tolist()
    for text, is_marked in zip(texts, marks, strict=True):
        assert is_marked or str(parse_address(text)) == text
    assert marks[0] == (address.ipv4_mapped is not None)


def test_only_rare_spellings_are_left_to_others() -> None:
    texts = ["192.0.2.1", "2001:db8::1", "host", "1:2", "", "[2001:db8::1]", "2001:db8::1%eth0", "::ffff:192.0.2.1"]
    v4, v6 = intervals([0], 32), intervals([0], 64)
    found, left = place_numbers(bytes_and_bounds(pa.array(texts)), (v4.starts, v4.places), (v6.starts, v6.places))
    assert found.tolist()[:5] == [0, 0, -1, -1, -1]
    assert left.tolist() == [5, 6, 7]


def test_runs_of_the_other_kind_are_refused() -> None:
    v4, v6 = intervals([0], 32), intervals([0], 64)
    with pytest.raises(KernelError, match="not at uint64 and uint32"):
        place_numbers(bytes_and_bounds(pa.array(["::"])), (v6.starts, v6.places), (v4.starts, v4.places))


def test_a_text_outside_the_bytes_is_an_error() -> None:
    with pytest.raises(KernelError, match="FOOTFALL_KERNELS=off"):
        unusual(np.zeros(4, np.uint8), np.array([0, 5], np.int32))
