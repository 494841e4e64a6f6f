import re
import unicodedata
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transform.access_log import shape
from transform.access_log.shape import SHAPE_CHARACTERS_MAX

CATEGORIES = [
    "Cc",
    "Cf",
    "Cn",
    "Co",
    "Pc",
    "Pd",
    "Pe",
    "Pf",
    "Pi",
    "Po",
    "Ps",
    "Sc",
    "Sk",
    "Sm",
    "So",
    "Zl",
    "Zp",
    "Zs",
]
"""Unicode's classes of what is no letter, mark or number; a lone surrogate cannot be sent."""
ALPHABET = re.compile("(?:a|9|" + "|".join(CATEGORIES) + ")*")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"", ""),
        (b"10.0.0.1 - bob", "9Po9Po9Po9ZsPdZsa"),
        (b'[10/Oct/2020] "GET', "Ps9PoaPo9PeZsPoa"),
        ("Zoë Müller, Große Str. 5½".encode(), "aZsaPoZsaZsaPoZs9"),
        ("नमस्ते ١٢".encode(), "aZs9"),
        (b"a\xff\xfe\x00b", "aSoCca"),
        (b"-----BEGIN-----", "PdaPd"),
        (b"a-" * 40, "aPd" * 21 + "a"),
        (b"?" * 63 + b"!a", "Poa"),
        ("é".encode() * 4096, "a"),
    ],
)
def test_a_shape(line: bytes, expected: str) -> None:
    assert shape(line) == expected


@given(st.text() | st.text("abc019 .-_é\0"), st.binary(max_size=20))
def test_a_shape_says_nothing_but_classes(text: str, tail: bytes) -> None:
    answer = shape(text.encode("utf-8", "surrogatepass") + tail)
    assert len(answer) <= 64
    assert ALPHABET.fullmatch(answer)
    assert not re.search(r"aa|99|([A-Z][a-z])\1", answer)


@given(st.text("abcdefgh", min_size=1), st.text("stuvwxyz", min_size=1), st.integers(0, 10**9))
def test_lines_that_differ_in_words_and_numbers_only_have_one_shape(one: str, other: str, number: int) -> None:
    assert shape(f"{one}, {number}!".encode()) == shape(f"{other}, 7!".encode())


def plainly(line: bytes) -> str:
    """Give the shape character by character."""
    pieces: list[str] = []
    for character in line.decode(errors="replace"):
        category = unicodedata.category(character)
        piece = {"L": "a", "M": "a", "N": "9"}.get(category[0], category)
        if not pieces or piece != pieces[-1]:
            pieces.append(piece)
    while len("".join(pieces)) > SHAPE_CHARACTERS_MAX:
        pieces.pop()
    return "".join(pieces)


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_a_shape_is_what_its_characters_say_one_by_one(line: bytes) -> None:
    assert shape(line) == plainly(line)


def test_every_character_has_the_piece_of_its_category() -> None:
    for number in (*range(0x800), *range(0x800, 0x110000, 61)):
        if not 0xD800 <= number < 0xE000:
            assert shape(chr(number).encode()) == plainly(chr(number).encode())


def test_a_long_line_costs_no_more_than_its_beginning() -> None:
    begin = process_time()
    for piece in (b"a", b"a1", b"\xff", "é".encode(), b" .", b"\0"):
        shape(piece * (1 << 20))
    assert process_time() - begin < 1.0
