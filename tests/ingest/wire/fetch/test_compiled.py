"""The kernel reads records as numpy does: whatever the bytes, both give the same rows, or both refuse them."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kernels
from ingest.wire.fetch.decode.columns import Piece
from ingest.wire.fetch.decode.compiled import decode
from ingest.wire.fetch.decode.errors import MalformedError
from ingest.wire.fetch.decode.headers import APPEND_TIME, Header
from ingest.wire.fetch.decode.rows import Row
from ingest.wire.records import BACKFILL
from kernels import is_ready
from kernels.library import FAULT, KernelError
from kernels.records import FAULTS, Columns, read
from tests.ingest.wire.partitions import rows_in

pytestmark = pytest.mark.skipif(not is_ready(), reason="there is no compiled library")
EDGES = (0, 1, -1, 63, 64, 2**31, 2**62, 2**63 - 1, -(2**63))
SIZES_OF_VARINTS = 11


def varint(value: int, size: int = 1) -> bytes:
    """Write 64 bits, seven a byte, in `size` bytes or as many as they take."""
    value &= 2**64 - 1
    parts: list[int] = []
    while value or len(parts) < size:
        parts.append(value & 127)
        value >>= 7
    return bytes(part | 128 for part in parts[:-1]) + bytes(parts[-1:])


def zigzag(value: int, size: int = 1) -> bytes:
    """Write a signed number."""
    return varint((value << 1) ^ (value >> 63), size)


def head(count: int, **fields: int) -> Header:
    """Make the head of a batch of so many records, from offset 100 on."""
    usual = dict.fromkeys(Header._fields, 0) | {"records": count, "base_offset": 100, "last_offset_delta": 50}
    return Header(**{**usual, "first_ms": 1000, "last_ms": 9000, **fields})


class Maker:
    """Writes records, most of them as they should be."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw

    def once_in(self, times: int) -> bool:
        return bool(self.draw(st.integers(0, times - 1)) == times - 1)

    def number(self, value: int) -> bytes:
        """Write a number; sometimes another, and sometimes in more bytes than it takes."""
        if self.once_in(60):
            value = self.draw(st.sampled_from(EDGES))
        return zigzag(value, self.draw(st.integers(1, SIZES_OF_VARINTS)) if self.once_in(30) else 1)

    def field(self, contents: Sequence[bytes]) -> bytes:
        if self.once_in(8):
            return self.number(-1)
        content = self.draw(st.sampled_from(contents))
        return self.number(len(content)) + content

    def record(self, delta: int) -> bytes:
        body = self.draw(st.sampled_from((b"\0", b"\0", b"\0", b"\1", b"\x7f")))
        if self.once_in(60):
            body = b"\x80"
        body += self.number(self.draw(st.integers(-3, 300))) + self.number(delta)
        body += self.field((b"k" * 16, b"k" * 16, b"", b"key")) + self.field((b"GET / ", b"", b"v" * 70))
        headers = self.draw(st.sampled_from((0, 0, 0, 1, 3)))
        body += self.number(headers)
        names = (BACKFILL.encode(), b"trace", b"", "ü".encode(), b"\xff", b"\xed\xa0\x80", b"\xc0\x80")
        for _ in range(headers):
            body += self.field(names if self.once_in(6) else names[:4]) + self.field((b"1", b""))
        if self.once_in(60):
            body += b"\0"
        return self.number(len(body)) + body

    def batch(self) -> tuple[bytes, Header]:
        count = self.draw(st.integers(0, 5))
        deltas = sorted(self.draw(st.sets(st.integers(0, 50), min_size=count, max_size=count)))
        fields: dict[str, int] = {"attributes": self.draw(st.sampled_from((0, 0, APPEND_TIME)))}
        for name in ("base_offset", "first_ms", "last_ms", "last_offset_delta"):
            if self.once_in(20):
                fields[name] = self.draw(st.sampled_from(EDGES[: 5 if name == "last_offset_delta" else None]))
        count += self.draw(st.sampled_from((-1, 1, 2**31 - 1, -(2**31)))) if self.once_in(20) else 0
        return b"".join(map(self.record, deltas)), head(count, **fields)


@st.composite
def buffers(draw: Any) -> tuple[bytes, list[Piece], int]:
    """Make some batches, one behind the other, damaged or not, and the offset from which they are read."""
    maker = Maker(draw)
    data, pieces = b"", []
    for place in range(draw(st.integers(1, 4))):
        records, header = maker.batch()
        if header.base_offset == 100:
            header = header._replace(base_offset=100 + 51 * place)
        data += b"between" * draw(st.integers(0, 1))
        pieces.append(Piece(header, len(data), len(data) + len(records)))
        data += records
    damaged = bytearray(data)
    for _ in range(draw(st.sampled_from((0, 0, 0, 1, 2))) if data else 0):
        damaged[draw(st.integers(0, len(data) - 1))] = draw(st.sampled_from((0, 1, 2, 127, 128, 255)))
    return bytes(damaged), pieces, draw(st.sampled_from((0, 0, 100, 120, 151, 10**6)))


def outcome(buffer: bytes, pieces: list[Piece], offset_from: int, *, compiled: bool) -> list[Row] | None:
    """Give the rows; None where the bytes are refused."""
    with patch.object(kernels, "is_ready", lambda: compiled):
        try:
            records = decode(buffer, pieces, offset_from)
        except MalformedError:
            return None
    return [] if records is None else rows_in(records)


@settings(max_examples=400)
@given(buffers())
def test_both_ways_give_the_same(made: tuple[bytes, list[Piece], int]) -> None:
    assert outcome(*made, compiled=True) == outcome(*made, compiled=False)


@pytest.mark.long
@settings(max_examples=20_000)
@given(buffers())
def test_both_ways_give_the_same_of_many(made: tuple[bytes, list[Piece], int]) -> None:
    assert outcome(*made, compiled=True) == outcome(*made, compiled=False)


@settings(max_examples=300)
@given(st.binary(max_size=60), st.integers(0, 8), st.integers(0, 60))
def test_both_ways_give_the_same_of_any_bytes(data: bytes, count: int, delta: int) -> None:
    pieces = [Piece(head(count, last_offset_delta=delta), 0, len(data))]
    assert outcome(data, pieces, 0, compiled=True) == outcome(data, pieces, 0, compiled=False)


def record(
    *, attributes: int = 0, delta: int = 0, field: bytes = b"\1", headers: bytes = b"\0", behind: bytes = b""
) -> bytes:
    """Write one record without a key, and without a value if none is given."""
    body = bytes([attributes]) + b"\0" + zigzag(delta) + b"\1" + field + headers + behind
    return zigzag(len(body)) + body


SPOILT = {
    -1: b"",
    -2: b"\3" + record()[1:],
    -3: record() + b"\0",
    -4: record(attributes=128),
    -5: record(field=b"\xff" * 11),
    -6: record(field=zigzag(99)),
    -7: record(headers=zigzag(-1)),
    -8: record(headers=zigzag(1) + b"\1\1"),
    -9: record(headers=zigzag(1) + zigzag(1) + b"\xff\1"),
    -10: record(behind=b"\0"),
    -11: record(delta=51),
    -12: record() * 2,
    -13: record(headers=b"\x80"),
}


@pytest.mark.parametrize("fault", [FAULT, -14])
def test_a_kernel_that_is_wrong_stops_nobody(fault: int) -> None:
    with patch("kernels.library.loaded", lambda: SimpleNamespace(footfall_records=lambda *_: fault)):
        with pytest.warns(RuntimeWarning, match="kernel records failed|too little room"):
            found = outcome(record(), [Piece(head(1), 0, len(record()))], 0, compiled=True)
        assert found == outcome(record(), [Piece(head(1), 0, len(record()))], 0, compiled=False) != []
        with pytest.warns(RuntimeWarning, match="kernel records failed|too little room"):
            assert outcome(b"no record", [Piece(head(1), 0, 9)], 0, compiled=True) is None


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_found_and_named_as_by_numpy(fault: int) -> None:
    data = SPOILT[fault]
    pieces = [Piece(head(2 if fault == -12 else 1), 0, len(data))]
    with pytest.raises(MalformedError) as caught:
        decode(data, pieces, 0)
    assert str(caught.value) == FAULTS[fault]
    assert outcome(data, pieces, 0, compiled=False) is None
    assert outcome(record(), [Piece(head(1), 0, len(record()))], 0, compiled=True)


MARK = zigzag(len(BACKFILL)) + BACKFILL.encode()
CASES = {
    "an offset before its batch": (record(delta=-1), False),
    "the last offset": (record(delta=50), True),
    "a length of six bytes": (zigzag(6, 6) + record()[1:], True),
    "a length of seven bytes": (zigzag(6, 7) + record()[1:], False),
    "a field's length of ten bytes": (record(field=zigzag(2, 10) + b"vv"), True),
    "a field's length of eleven bytes": (record(field=zigzag(2, 11) + b"vv"), False),
    "a length below none": (record(field=zigzag(-7)), True),
    "a mark before another header": (record(headers=zigzag(2) + MARK + zigzag(0) + zigzag(1) + b"h\1"), True),
    "a mark behind another header": (record(headers=zigzag(2) + zigzag(1) + b"h\1" + MARK + b"\1"), True),
    "a header too few": (record(headers=zigzag(1) + MARK + b"\1" + MARK + b"\1"), False),
    "a surrogate in a name": (record(headers=zigzag(1) + zigzag(3) + b"\xed\xa0\x80\1"), False),
    "a number that ends in the next record": (record(headers=b"\x80") + record(delta=1), False),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_barely_a_record_or_barely_none(case: str) -> None:
    data, is_record = CASES[case]
    pieces = [Piece(head(2 if "next record" in case else 1), 0, len(data))]
    rows = outcome(data, pieces, 0, compiled=True)
    assert rows == outcome(data, pieces, 0, compiled=False)
    assert (rows is not None) == is_record
    assert not rows or rows[0].backfill == ("a mark" in case)


def test_records_that_their_batch_cannot_hold_take_no_memory() -> None:
    with patch("kernels.records.np.empty", side_effect=AssertionError), pytest.raises(MalformedError):
        decode(record(), [Piece(head(2**31 - 1), 0, 8)], 0)


def test_too_little_room_is_an_error_and_never_a_write_beside_it() -> None:
    value = record(field=zigzag(30) + b"v" * 30)
    piece = np.array([0, len(value), 1, 0, 0, 0, 0, 0], np.int64)
    for rows, size in ((1, 29), (0, 30)):
        columns = Columns.empty(rows, size)
        with pytest.raises(KernelError):
            read(np.frombuffer(value, np.uint8), piece, 0, 0, columns)
    assert read(np.frombuffer(value, np.uint8), piece, 0, 0, Columns.empty(1, 30)) == (1, 1, 0)
