"""What the kernel says of a text at a look is what patterns, detectors and the standard library say of it."""

from collections.abc import Callable
from typing import Any, Final
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kernels
from kernels.events import Field, Sure, judge, read_events, uuid_hashes
from kernels.library import KernelError
from transform.columns import bytes_and_bounds
from transform.events.checking import BLANK, CONTROL
from transform.events.formats import (
    LENGTH_ANY,
    URL,
    UUID,
    WEB,
    holds_no_credential,
    is_address,
    is_no_credential,
    matching,
    names_nobody,
    quickly,
    surely,
)
from transform.events.times import read_times

pytestmark = pytest.mark.skipif(not kernels.is_ready(), reason="there is no compiled library")

CHECKS: Final[list[tuple[Sure, Callable[[Any], Any]]]] = [
    (Sure.UUID, matching(UUID)),
    (Sure.WEB, matching(URL)),
    (Sure.WEB, matching(WEB)),
    (Sure.ADDRESS, is_address),
    (Sure.WORD, is_no_credential),
    (Sure.WORD, holds_no_credential),
    (Sure.SHORT_NAME, names_nobody),
]
UUIDS = st.uuids().map(str) | st.uuids().map(lambda one: str(one).upper())
HEXTETS = st.lists(st.sampled_from(["0", "1", "ab", "FFFF", "01", "", "12345"]), min_size=2, max_size=9).map(":".join)
OCTETS = st.lists(st.sampled_from(["0", "1", "99", "255", "256", "01", "", "1000"]), min_size=3, max_size=5)
WEBS = st.from_regex(
    r"(https?|HTTPS|ftp|app)://?[a-zA-Z0-9.:@\[\]-]{0,12}[/?#]?[ -~é]{0,8}|/[/\\]?[ -~]{0,8}", fullmatch=True
)
WORDS = st.text("abcxyzAKIP0123456789_-", max_size=12) | st.from_regex(
    r"[0-9a-f]{1,3}([-_x][0-9]{1,3}){0,4}", fullmatch=True
)
TEXTS = st.text(max_size=12) | UUIDS | HEXTETS | OCTETS.map(".".join) | WEBS | WORDS
SPOILED = st.tuples(TEXTS, st.integers(0, 40), st.sampled_from(["", " ", "\n", "\x7f", "\xa0", "-", ".", ":", "é", "A"])).map(
    lambda one: one[0][: one[1]] + one[2] + one[0][one[1] :]
)  # fmt: skip
TIMES = st.from_regex(
    r"[0-3][0-9]{3}-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{0,13})?([Zz]|[+-][0-2][0-9]:?[0-6][0-9])?\n?",
    fullmatch=True,
)
DAYS = st.tuples(st.sampled_from([1000, 1900, 1999, 2000, 2004, 2100, 2999]), st.integers(0, 13), st.integers(0, 32))
STAMPS = DAYS.map(lambda day: "{:04}-{:02}-{:02}T23:59:59.9999999-23:59".format(*day))


@settings(max_examples=200)
@given(st.lists(TEXTS | SPOILED, max_size=8))
def test_what_is_sure_is_good(texts: list[str]) -> None:
    column = pa.array(["cut away", *texts], pa.string()).slice(1)
    for form, check in CHECKS:
        expected = check(column).to_pylist()
        assert not np.any(surely(form, column) & ~np.array(expected, np.bool_)), (form, expected)
        assert quickly(form, check)(column).to_pylist() == expected


def test_a_null_is_nothing() -> None:
    """Even with a text beneath it."""
    below = pa.array(["a", "b"]).buffers()
    column = pa.Array.from_buffers(pa.string(), 2, [pa.py_buffer(b"\2"), *below[1:]])
    assert surely(Sure.WORD, column).tolist() == [False, True]
    assert quickly(Sure.WORD, matching("b"))(column).to_pylist() == [None, True]
    assert read_times(column).good.tolist() == [False, False]


@given(st.lists(UUIDS | SPOILED, max_size=5))
def test_nothing_else_is_a_uuid(texts: list[str]) -> None:
    column = pa.array(texts, pa.string())
    assert surely(Sure.UUID, column).tolist() == matching(UUID)(column).to_pylist()


@given(st.lists(TEXTS | SPOILED | st.text("\x1f ~\x7f", max_size=3), max_size=5), st.integers(0, 20))
def test_what_is_printable_has_no_control_character_and_says_something(texts: list[str], length_max: int) -> None:
    column = pa.array(texts, pa.string())
    strange = (
        np.array(matching(CONTROL)(column))
        | np.array(matching(BLANK)(column))
        | np.array([len(text) > length_max for text in texts], np.bool_)
    )
    ascii_only = np.array([text.isascii() for text in texts], np.bool_)
    assert surely(Sure.PRINTABLE, column, length_max).tolist() == (ascii_only & ~strange).tolist()


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (Sure.UUID, "b8cf85a8-aa3b-4526-8c5c-cb6dbbe08577"),
        *((Sure.WEB, text) for text in ("/", "/a?b#c", "https://www.example.com", "http://a-b.example/c?d=%20#e")),
        *((Sure.ADDRESS, text) for text in ("0.0.0.1", "255.9.10.199", "::", "2001:db8::1", "1:2:3:4:5:6:7:8", "a::")),
        *((Sure.WORD, text) for text in ("", "c-0", "User_17")),
        *((Sure.SHORT_NAME, text) for text in ("P-400", "a_b-c", "12345678")),
        *((Sure.PRINTABLE, text) for text in ("a", " ~", "Page 1")),
    ],
)  # fmt: skip
def test_the_usual_texts_are_sure(form: Sure, text: str) -> None:
    assert surely(form, pa.array([text])).tolist() == [True]


def test_without_kernels_nothing_is_sure() -> None:
    with patch.object(kernels, "is_ready", lambda: False):
        assert surely(Sure.WORD, pa.array(["a"])).tolist() == [False]
        assert quickly(Sure.WORD, is_no_credential)(pa.array(["a"])).to_pylist() == [True]


@settings(max_examples=300)
@given(st.lists(TIMES | STAMPS | SPOILED | st.none(), max_size=6))
def test_times_are_those_read_without_kernels(texts: list[str | None]) -> None:
    column = pa.array(["x", *texts], pa.string()).slice(1)
    found = read_times(column)
    with patch.object(kernels, "is_ready", lambda: False):
        expected = read_times(column)
    assert [one.tolist() for one in found] == [np.where(expected.good, one, 0).tolist() for one in expected]


def test_what_cannot_be_is_an_error() -> None:
    nothing = np.empty(0, np.int64)
    with pytest.raises(KernelError, match="65 fields"):
        read_events(np.empty(0, np.uint8), nothing, nothing, fields=[("a", Field.TEXT)] * 65, bytes_max=1)
    with pytest.raises(KernelError, match="36"):
        uuid_hashes(*bytes_and_bounds(pa.array(["0" * 35])), (1, 2))
    with pytest.raises(KernelError, match="form"):
        judge(*bytes_and_bounds(pa.array(["a"])), 99, LENGTH_ANY)  # type: ignore[arg-type]
