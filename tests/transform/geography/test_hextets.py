"""IPv6 addresses as whole columns: whatever is read is what the standard library reads, and the usual forms are all read."""

from ipaddress import IPv6Address

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from transform.geography.hextets import read_hextets

GROUPS = st.sampled_from(["", "", "0", "1", "0ab", "FFFF", "12345", "g"])
WRITTEN = st.ip_addresses(v=6).flatmap(lambda one: st.sampled_from([str(one), one.exploded, str(one).upper()]))
SIMILAR = st.lists(GROUPS, min_size=2, max_size=10).map(":".join)
ANYTHING = st.text("0123456789abcdefABCDEF::::.%[]g", min_size=2, max_size=40)


def expected(text: str) -> int | None:
    try:
        return int(IPv6Address(text))
    except ValueError:
        return None


@given(st.lists((WRITTEN | SIMILAR | ANYTHING).filter(lambda text: len(text) > 1), min_size=1, max_size=30))
def test_all_that_is_read_is_right_and_all_usual_forms_are_read(texts: list[str]) -> None:
    bounds = np.cumsum([0, *map(len, texts)])
    data = np.frombuffer("".join(texts).encode(), np.uint8)
    read = read_hextets(data, bounds, np.arange(len(texts)))
    found = {row: high << 64 | low for row, high, low in zip(*(part.tolist() for part in read), strict=True)}
    for row, text in enumerate(texts):
        if row in found or not {".", "%"} & set(text):
            assert found.get(row) == expected(text), text


def test_only_the_rows_asked_for_are_read() -> None:
    texts = ["2001:db8::1", "::", "fe80::1"]
    bounds = np.cumsum([0, *map(len, texts)])
    read = read_hextets(np.frombuffer("".join(texts).encode(), np.uint8), bounds, np.array([2]))
    assert (read.rows.tolist(), read.high.tolist(), read.low.tolist()) == ([2], [0xFE80 << 48], [1])
