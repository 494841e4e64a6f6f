"""Both fast ways, compiled and by columns, give what the exact parser gives, whatever the lines and however they come."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kernels
from kernels.lines import read_canonical
from tests.transform.access_log.cases import (
    CANONICAL,
    COMBINED,
    MARGIN,
    PIECES,
    as_exact_tables,
    as_lists,
    cases,
    good_lines,
    spoil,
)
from transform.access_log import ROWS_SCHEMA, parse_lines
from transform.access_log.canonical import canonical_lines
from transform.batch import LEFT_SCHEMA


@pytest.fixture(params=["compiled", "columns"], autouse=True, scope="module")
def way(request: pytest.FixtureRequest) -> Iterator[str]:
    """Take every test both ways; without a compiler there is only the one."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "columns":
            patch.setattr(kernels, "is_ready", lambda: False)
        elif not kernels.is_ready():
            pytest.skip("there is no compiled library")
        yield request.param


def assert_fast_is_exact(lines: list[bytes | None]) -> None:
    lines = [*lines, MARGIN, MARGIN]
    rows, left = parse_lines(pa.array(lines, pa.binary()))
    rows.validate(full=True)
    assert rows.schema == ROWS_SCHEMA
    assert left.schema == LEFT_SCHEMA
    assert as_lists((rows, left)) == as_exact_tables(lines)


def taken_at_once(lines: list[bytes]) -> int:
    array = pa.array([*lines, MARGIN, MARGIN], pa.binary())
    offsets = np.frombuffer(array.buffers()[1], np.int32)[: len(lines) + 1].astype(np.int64)
    raw = np.frombuffer(array.buffers()[2], np.uint8)
    present = np.ones(len(lines), np.bool_)
    if kernels.is_ready():
        return len(read_canonical(raw, offsets, present).rows)
    return sum(len(found.rows) for found in canonical_lines(raw, offsets, present))


def test_all_cases_at_once() -> None:
    assert_fast_is_exact([case.line for case in cases()])


def test_canonical_lines_need_no_exact_parser() -> None:
    assert taken_at_once(list(CANONICAL)) == len(CANONICAL)
    assert_fast_is_exact(list(CANONICAL))


@pytest.mark.parametrize("line", CANONICAL)
def test_every_byte_overwritten_left_out_and_moved(line: bytes) -> None:
    single = [piece for piece in PIECES if len(piece) == 1]
    overwritten = [line[:at] + piece + line[at + 1 :] for at in range(len(line)) for piece in single]
    shorter = [line[:at] + line[at + 1 :] for at in range(len(line))]
    longer = [line[:at] + piece + line[at:] for at in range(len(line)) for piece in (b" ", b'"', b"1", b"[")]
    assert_fast_is_exact([*overwritten, *shorter, *longer])


@pytest.mark.parametrize(("seed", "block_lines"), [(1, 20_000), (2, 20_000), (3, 1000), (4, 97)])
def test_thousands_of_spoilt_lines(seed: int, block_lines: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transform.access_log.lines.BLOCK_LINES", block_lines)
    random = Random(seed)
    lines = [*CANONICAL * 20, *good_lines()]
    spoilt = [spoil(random.choice(lines), random.choice(lines), random) for _ in range(5_000)]
    assert taken_at_once(spoilt) > 1_000
    assert_fast_is_exact([*spoilt])


def test_the_last_line_of_a_block_is_looked_at_as_closely(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transform.access_log.lines.BLOCK_LINES", 1)
    assert_fast_is_exact([COMBINED[:-1] + b'\\"', COMBINED[:-1] + b'\xff"', *CANONICAL])


@settings(max_examples=60)
@given(
    st.lists(st.none() | st.binary(max_size=80) | st.sampled_from(CANONICAL), max_size=30),
    st.randoms(use_true_random=False),
)
def test_any_lines_at_all(lines: list[bytes | None], random: Random) -> None:
    assert_fast_is_exact([line and spoil(line, COMBINED, random) for line in lines])


@settings(max_examples=100)
@given(st.lists(st.sampled_from(CANONICAL) | st.none() | st.just(b"x"), max_size=12), st.data())
def test_a_slice_is_parsed_as_if_it_stood_alone(lines: list[bytes | None], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(lines)))
    length = data.draw(st.integers(0, len(lines) - first))
    kind = data.draw(st.sampled_from([pa.binary(), pa.large_binary()]))
    part = pa.array(lines, kind).slice(first, length)
    assert as_lists(parse_lines(part)) == as_exact_tables(lines[first : first + length])


@pytest.mark.parametrize("lines", [[], [None], [b""], [None, None], [COMBINED], [COMBINED, None]])
def test_few_lines(lines: list[bytes | None]) -> None:
    answer = parse_lines(pa.array(lines, pa.binary()))
    assert as_lists(answer) == as_exact_tables(lines)
    assert answer[0].schema == ROWS_SCHEMA
    assert answer[1].schema == LEFT_SCHEMA


def test_a_null_that_hides_a_line_has_no_content() -> None:
    lines = pa.array([COMBINED, COMBINED, MARGIN, MARGIN], pa.binary())
    validity = pa.py_buffer(bytes([0b1101]))
    hidden = pa.Array.from_buffers(pa.binary(), 4, [validity, *lines.buffers()[1:]])
    rows, left = parse_lines(hidden)
    assert rows["row"].to_pylist() == [0, 2, 3]
    assert left.to_pylist() == [{"row": 1, "reason": "no_content"}]


def test_text_must_come_as_bytes() -> None:
    with pytest.raises(TypeError, match="not as string"):
        parse_lines(pa.array(["a"]))


def test_many_blocks_have_one_dictionary(shared: Path) -> None:
    lines = gzip.decompress((shared / "weblogs" / "apache_logs.gz").read_bytes()).removesuffix(b"\n").split(b"\n")
    many = [b"?", *lines, *CANONICAL, *lines, None, *lines[:5000]]
    rows, left = parse_lines(pa.array(many, pa.binary()))
    assert as_lists((rows, left)) == as_exact_tables(many)
    for name in ("address", "target", "agent", "referrer"):
        assert rows[name].num_chunks == 1
        distinct = rows[name].chunk(0).dictionary
        assert len(distinct) == len(distinct.unique())


def test_blocks_are_bounded_in_bytes_too() -> None:
    long = [COMBINED.replace(b"/a?", b"/%d%b?" % (number, b"a" * 60_000)) for number in range(200)]
    rows, left = parse_lines(
        pa.array(
            [*long, b"a" * (9 << 20), COMBINED.replace(b"/a?", b"/" + b"a" * 70_000), *CANONICAL, MARGIN],
            pa.large_binary(),
        )
    )
    assert [len(target) for target in rows["target"].to_pylist()[:200]] == [60_005 + len(str(n)) for n in range(200)]
    assert rows["row"].to_pylist() == [*range(200), *range(202, 202 + len(CANONICAL) + 1)]
    assert left.to_pylist() == [{"row": row, "reason": "line_too_long"} for row in (200, 201)]
