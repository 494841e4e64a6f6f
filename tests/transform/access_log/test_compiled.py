"""The compiled kernel gives what the way by columns gives, on hostile lines too, and asks for nothing around them."""

from random import Random

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import kernels
from kernels.lines import CanonicalLines, read_canonical
from tests.transform.access_log.cases import CANONICAL, COMBINED, MARGIN, as_exact_tables, as_lists, good_lines, spoil
from transform.access_log import parse_lines
from transform.access_log.exact import LINE_BYTES_MAX, split_request
from transform.access_log.peers import host, is_ip

pytestmark = pytest.mark.skipif(not kernels.is_ready(), reason="there is no compiled library")

ASCII = st.characters(min_codepoint=1, max_codepoint=127, exclude_characters='"\\')


def read(lines: list[bytes]) -> CanonicalLines:
    """Read lines that stand in a buffer of their own, which ends with the last of them."""
    raw = np.frombuffer(b"".join(lines), np.uint8).copy()
    return read_canonical(raw, edges(lines), np.ones(len(lines), np.bool_))


def edges(lines: list[bytes]) -> npt.NDArray[np.int64]:
    return np.cumsum([0, *map(len, lines)], dtype=np.int64)


def texts(found: CanonicalLines, name: str) -> list[str | None]:
    """Give a column of text, one a line."""
    codes, bounds, content = found.texts[name]
    return [
        None if code < 0 else content[bounds[code] : bounds[code + 1]].tobytes().decode("ascii")
        for code in codes.tolist()
    ]


def both_ways(lines: list[bytes | None]) -> list[tuple[pa.Table, pa.Table]]:
    array = pa.array(lines, pa.large_binary())
    compiled = parse_lines(array)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "is_ready", lambda: False)
        return [compiled, parse_lines(array)]


@pytest.mark.parametrize("seed", range(5))
def test_what_was_cut_mixed_and_spoilt_is_the_same_both_ways(seed: int) -> None:
    random = Random(seed)
    lines = [*CANONICAL * 20, *good_lines()]
    spoilt = [spoil(random.choice(lines), random.choice(lines), random) for _ in range(3_000)]
    cut = [line[random.randrange(len(line)) :][: random.randrange(len(line) + 1)] for line in lines]
    compiled, by_columns = both_ways([*spoilt, b"", None, *cut, MARGIN])
    assert as_lists(compiled) == as_lists(by_columns)
    assert compiled[0].schema == by_columns[0].schema


@pytest.mark.parametrize("line", CANONICAL)
def test_the_buffer_may_end_anywhere(line: bytes) -> None:
    for lines in [[line[:end]] for end in range(len(line) + 1)] + [[line, line[start:]] for start in range(len(line))]:
        assert as_lists(parse_lines(pa.array(lines, pa.binary()))) == as_exact_tables([*lines])
    assert read([line]).rows.tolist() == [0], "a canonical line needs no room behind it"


def test_huge_lines_and_long_fields() -> None:
    agents = [b"a" * size for size in (*range(70), 1000, LINE_BYTES_MAX - 200, LINE_BYTES_MAX)]
    longest = COMBINED.replace(b"Mozilla", b"a" * (LINE_BYTES_MAX - len(COMBINED) + len(b"Mozilla")))
    hosts = [b"h" * size for size in (1, 8, 63, 64, 65, 254, 255, 256, 300)]
    lines = [
        *(COMBINED.replace(b"Mozilla/5.0 (X11)", agent) for agent in agents * 2),
        *(COMBINED.replace(b"203.0.113.7", name) for name in hosts),
        *(COMBINED.replace(b"203.0.113.7", name + b" 203.0.113.7") for name in hosts),
        *(COMBINED.replace(b"2326", b"9" * size) for size in range(21)),
        COMBINED + b" " * LINE_BYTES_MAX,
        *(longest.replace(b"aa", b"a" * size, 1) + end for size in (1, 2, 3, 9) for end in (b"", b"\r\n", b" ")),
    ]
    compiled, by_columns = both_ways([*lines, MARGIN, MARGIN])
    assert as_lists(compiled) == as_lists(by_columns) == as_exact_tables([*lines, MARGIN, MARGIN])


REQUESTS = st.text(ASCII) | st.from_regex(
    r"[A-Za-z_-]{0,34} *[/*h: ][a-z\t ]{0,9} (HTTP/[0-9a.]{1,4})?", fullmatch=True
)


@given(st.lists(REQUESTS))
@example(
    ["GET / HTTP/1.1", "GET HTTP/1.1", "GET  HTTP/1.1", "HTTP/1.1", "GET", "", " ", "GET / HTTP/1.", "GET / HTTP/1"]
)
@example(
    ["GET - HTTP/1.1", "-", "GET /", "GET /a b", "GET https://x", "GET ftp://x", "GET *", f"{'M' * 33} / HTTP/1.0"]
)
def test_requests_are_split_as_the_exact_parser_does(requests: list[str]) -> None:
    found = read([COMBINED.replace(b"GET /a?b=c HTTP/1.1", request.encode()) for request in requests])
    assert found.rows.tolist() == list(range(len(requests)))
    assert list(zip(texts(found, "method"), texts(found, "target"), strict=True)) == list(map(split_request, requests))


WORDS = st.one_of(
    st.ip_addresses().map(str),
    st.ip_addresses(v=6).map(lambda address: address.exploded),
    st.from_regex(r"\[?[0-9a-fA-F:.%\w-]{0,30}\]?(:[0-9]{0,6})?", fullmatch=True).filter(str.isascii),
    st.from_regex(r"(0|1|25|255|256|01)(\.(0|1|25|255|256|01)){2,4}", fullmatch=True),
    st.from_regex(r"(:|::|0|ffff|00ff|12345|1.2.3.4|%eth0){1,9}", fullmatch=True),
    st.from_regex(r"[!-\[\]-~]{1,20}", fullmatch=True).filter(lambda word: '"' not in word),
)


@given(st.lists(WORDS))
@example(
    ["[::1]", "[::1]:80", "[::1]:", "[::1]:123456", "[a]", "[]", "a:", "a:1", "a:123456", "1::%a.b", "1::%a", "%a", ":"]
)
def test_hosts_are_read_as_the_exact_parser_does(words: list[str]) -> None:
    found = read([COMBINED.replace(b"203.0.113.7", word.encode()) for word in words])
    hosts = list(map(host, words))
    assert found.rows.tolist() == [row for row, name in enumerate(hosts) if name is not None]
    assert texts(found, "address") == [name for name in hosts if name is not None]


@given(st.lists(st.tuples(WORDS, WORDS)))
@example(
    [
        ("a", "1.2.3.4"),
        ("a", "01.2.3.4"),
        ("a", "::ffff:1.2.3.4"),
        ("a", "1:2:3:4:5:6:7::"),
        ("A:80", "[::1]:9"),
        ("a", "b"),
    ]
)
def test_a_virtual_host_stands_before_an_address_only(pairs: list[tuple[str, str]]) -> None:
    pairs = [(name, peer) for name, peer in pairs if peer != "-"]
    found = read([COMBINED.replace(b"203.0.113.7", f"{name} {peer}".encode()) for name, peer in pairs])
    taken = [(host(pairs[row][0]), host(pairs[row][1])) for row in found.rows.tolist()]
    assert list(zip(texts(found, "vhost"), texts(found, "address"), strict=True)) == taken
    assert all(peer is not None and is_ip(peer) for _, peer in taken)


def test_usual_virtual_hosts_are_not_left_to_the_exact_parser() -> None:
    peers = ["1.2.3.4", "2001:db8::1", "[2001:db8::1]:443", "::ffff:10.0.0.1"]
    lines = [COMBINED.replace(b"203.0.113.7", f"Www.Example:443 {peer}".encode()) for peer in peers]
    assert texts(read(lines), "vhost") == ["Www.Example"] * len(peers)
    assert parse_lines(pa.array(lines, pa.binary()))[0]["vhost"].to_pylist() == ["www.example"] * len(peers)


def test_lines_that_are_not_there_are_passed_over() -> None:
    lines = list(CANONICAL) * 3
    present = np.arange(len(lines)) % 3 != 1
    found = read_canonical(np.frombuffer(b"".join(lines), np.uint8), edges(lines), present)
    assert found.rows.tolist() == np.flatnonzero(present).tolist()


def test_nothing_at_all() -> None:
    found = read_canonical(np.empty(0, np.uint8), np.zeros(1, np.int64), np.empty(0, np.bool_))
    assert len(found.rows) == 0
    assert all(len(column.bounds) == 1 for column in found.texts.values())


def test_each_text_is_there_once_with_room_for_dashes() -> None:
    line = MARGIN.replace(b'"GET / HTTP/1.1"', b'""').removesuffix(b'"-"') + b'""'
    found = read([line] * 3)
    assert {name: texts(found, name) for name in ("method", "target", "agent", "referrer")} == {
        "method": ["-"] * 3,
        "target": ["-"] * 3,
        "agent": ["-"] * 3,
        "referrer": [None] * 3,
    }
    assert [len(found.texts[name].bounds) - 1 for name in ("method", "target", "agent")] == [1, 1, 1]


def test_no_column_keeps_the_texts_of_another_in_memory() -> None:
    found = read(list(CANONICAL))
    for column in found.texts.values():
        assert column.content.base is None
        assert len(column.content) == column.bounds[-1]
