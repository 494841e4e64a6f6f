"""Thousands of texts looked for at once are found exactly where a plain search finds them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.canaries.scan import Matcher, Pattern
from footfall.canaries.scan.matcher import BLOCK_BYTES, DIGITS

FEW_SIGNS = st.lists(st.sampled_from([b"a", b"b", b"0", b"\xc3", b"A"]), max_size=60).map(b"".join)


@given(FEW_SIGNS, st.lists(FEW_SIGNS.filter(lambda text: len(text) >= 8), max_size=8))
def test_as_a_plain_search_does(data: bytes, texts: list[bytes]) -> None:
    patterns = [Pattern(text.lower(), owner) for owner, text in enumerate(texts)]
    expected = {owner for owner, text in enumerate(texts) if text.lower() in data.lower()}
    assert Matcher(patterns).owners(data) == expected


@pytest.mark.parametrize("at", [0, 1, BLOCK_BYTES - 30, BLOCK_BYTES - 8, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1])
def test_between_two_blocks(at: int) -> None:
    matcher = Matcher([Pattern(b"a long secret of 29 bytes....", 5)])
    data = bytearray(2 * BLOCK_BYTES + 100)
    data[at : at + 29] = b"A long SECRET of 29 bytes...."
    assert matcher.owners(bytes(data)) == {5}
    assert matcher.owners(bytes(data[: at + 28])) == set()


@pytest.mark.parametrize("at", [1, 40, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1])
def test_a_number_inside_a_longer_one_is_another(at: int) -> None:
    matcher = Matcher([Pattern(b"3405803783", 1, DIGITS, DIGITS)])
    for before, behind, found in ((b"x", b"y", True), (b"1", b"y", False), (b"x", b"1", False)):
        text = b"." * (at - 1) + before + b"3405803783" + behind
        assert (matcher.owners(text) == {1}) is found
    assert matcher.owners(b"3405803783") == {1}


def test_what_chance_would_find_is_refused() -> None:
    with pytest.raises(ValueError, match="7 bytes"):
        Matcher([Pattern(b"1234567", 0)])


def test_nothing_to_look_for() -> None:
    assert Matcher([]).owners(b"anything at all") == set()
