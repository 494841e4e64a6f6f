"""Escaping, numbers and dates as text."""

from datetime import date
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.parts.markup import (
    Markup,
    bar,
    count_of,
    day_text,
    element,
    joined,
    number,
    percent,
    short_text,
    size_text,
)

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(
    ["</script><script>alert(1)</script>", "\" onload='x'", "<!--", "]]>", "&lt;&amp;", "`${1}`", "\0\x1b\x7f"]
)


class _Seen(HTMLParser):
    def __init__(self, html: Markup) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def _pictured(text: str) -> str:
    """Say what a text becomes: control characters turn into pictures of themselves."""
    return "".join(
        "␡" if char == "\x7f" else chr(0x2400 + ord(char)) if char < " " and char not in "\t\n\r" else char
        for char in text
    )


@given(ANY_TEXT)
def test_no_text_becomes_an_element_or_an_attribute(text: str) -> None:
    seen = _Seen(element("p", text, title=text))
    assert [tag for tag, _ in seen.tags] == ["p"]
    assert list(seen.tags[0][1]) == ["title"]
    assert seen.tags[0][1]["title"] == _pictured(text)
    assert seen.text == _pictured(text)


@given(ANY_TEXT, ANY_TEXT)
def test_text_added_to_markup_from_either_side_is_escaped_once(left: str, right: str) -> None:
    seen = _Seen(left + element("b", "x") + right)
    assert [tag for tag, _ in seen.tags] == ["b"]
    assert seen.text == f"{_pictured(left)}x{_pictured(right)}"
    assert joined([left, right], "<").count("<") == 0


def test_an_element_leaves_out_what_is_none_or_false_and_shortens_numbers() -> None:
    written = element("rect", x=0, width=1 / 3, rx=None, hidden=True, data_c="US", class_="a", aria_sort=None)
    assert written == '<rect x="0" width="0.3333333333" hidden data-c="US" class="a"/>'


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 B"),
        (626, "626 B"),
        (54_832, "55 kB"),
        (878_559_341, "879 MB"),
        (2_747_282_740, "2.75 GB"),
        (2_570_000_000_000, "2.57 TB"),
        (5 * 10**15, "5,000.00 TB"),
    ],
)
def test_sizes(size_bytes: int, text: str) -> None:
    assert size_text(size_bytes) == text


@pytest.mark.parametrize(
    ("value", "top", "text"),
    [
        (0, 500, "0"),
        (2500, 5000, "2,500"),
        (5000, 25_000, "5k"),
        (12_500, 25_000, "12.5k"),
        (500_000, 2_000_000, "500k"),
        (2_500_000, None, "2.5M"),
        (98_765_432_109, None, "98.8B"),
        (5 * 10**12, None, "5,000B"),
        (9999, None, "9,999"),
    ],
)
def test_short_numbers_share_their_axis_unit(value: float, top: float | None, text: str) -> None:
    assert short_text(value, top) == text


def test_numbers_carry_their_exact_value_for_the_readers_own_format() -> None:
    assert number(1501) == '<data value="1501">1,501</data>'
    assert number(12_345_678, "short") == '<data value="12345678" data-style="short">12.3M</data>'
    assert number(9_999_999, "short") == '<data value="9999999">9,999,999</data>'
    assert number(0.0061, "percent") == '<data value="0.0061" data-style="percent">0.6%</data>'
    assert number(0.0004, "percent") == '<data value="0.0004" data-style="percent">&lt;0.1%</data>'
    assert number(0, "percent") == '<data value="0" data-style="percent">0%</data>'


def test_the_smallest_bar_can_be_seen_and_nothing_has_none() -> None:
    assert 'width="0.6%"' in bar(1, 10**9)
    assert 'width="0%"' in bar(0, 10**9)
    assert 'width="0%"' in bar(0, 0)
    assert percent(100 / 3) == "33.33%"


def test_dates_and_counts_in_words() -> None:
    day = date(2015, 5, 7)
    assert day_text(day) == "7 May 2015"
    assert day_text(day, "weekday") == "Thu 7 May 2015"
    assert day_text(day, "short") == "7 May"
    assert count_of(1, "day") == "1 day"
    assert count_of(1200, "day") == "1,200 days"
