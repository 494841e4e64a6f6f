"""The decoded bytes of some batches of format 2 → the columns of their records."""

import struct
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ingest.wire.fetch.decode.errors import MalformedError
from ingest.wire.fetch.decode.headers import APPEND_TIME, Header
from ingest.wire.fetch.decode.starts import guess, walk
from ingest.wire.fetch.decode.varints import Bytes, Numbers, Spans, as_signed, read_spans, read_unsigned
from ingest.wire.records import BACKFILL, Records

RECORD_BYTES_MIN: Final = 7  # length, attributes, two deltas, two lengths, number of headers


class Piece(NamedTuple):
    """The records of one batch: bytes [start, end) of a buffer, still in their encoding."""

    header: Header
    start: int
    end: int


class Fields(NamedTuple):
    """The parts of records, one entry each; times and offsets count from their batch's first."""

    offset_deltas: Numbers
    time_deltas: Numbers
    keys: Spans
    values: Spans
    backfill: npt.NDArray[np.bool_]


def decode(buffer: bytes, pieces: Sequence[Piece], offset_from: int) -> Records | None:
    """Read the records at or above `offset_from`; None when there are none.

    Raises:
        MalformedError: the bytes are no records, or not those that the head of their batch tells of.
    """
    counts = np.array([piece.header.records for piece in pieces], np.int64)
    starts = np.array([piece.start for piece in pieces], np.int64)
    ends = np.array([piece.end for piece in pieces], np.int64)
    if ((counts < 0) | (counts * RECORD_BYTES_MIN > ends - starts) | ((counts == 0) & (ends > starts))).any():
        raise MalformedError("the number of records does not fit the batch")
    full = counts > 0
    headers = [piece.header for piece in pieces if piece.header.records]
    if not headers:
        return None
    data = np.frombuffer(buffer, np.uint8)
    try:
        fields = _fields(buffer, data, _bounds(buffer, data, starts[full], ends[full], counts[full]))
    except (IndexError, struct.error) as error:
        raise MalformedError("a record reaches past the data") from error
    return _records(buffer, fields, headers, counts[full], offset_from)


def gather(buffer: bytes, spans: Spans) -> pa.Array:
    """Copy buffer[start:end] into a binary array.

    An array over the same bytes with the edges start, end, start, end … has the elements value, gap, value, gap …; taking
    every other one copies the values in C++.
    """
    count = len(spans.start)
    edges = np.empty(2 * count, np.int32)
    edges[0::2], edges[1::2] = spans.start, spans.end
    every = pa.Array.from_buffers(pa.binary(), 2 * count - 1, [None, pa.py_buffer(edges), pa.py_buffer(buffer)])
    places = np.arange(0, 2 * count, 2, dtype=np.int32)
    return every.take(pa.array(places, mask=spans.null if spans.null.any() else None))


def _bounds(buffer: bytes, data: Bytes, starts: Numbers, ends: Numbers, counts: Numbers) -> tuple[Numbers, Numbers]:
    """Find where each record's fields begin, and where the record ends; proved, not guessed."""
    try:
        return _prove(data, starts, ends, counts, guess(buffer, data, starts, ends))
    except (IndexError, MalformedError, struct.error):
        return _prove(data, starts, ends, counts, walk(buffer, starts, ends))


def _prove(data: Bytes, starts: Numbers, ends: Numbers, counts: Numbers, records: Numbers) -> tuple[Numbers, Numbers]:
    last = np.cumsum(counts) - 1
    if len(records) != last[-1] + 1:
        raise MalformedError("the batch has another number of records than its head says")
    size, body = read_unsigned(data, records)
    if (size & 1).any() or (size >> 1 > len(data)).any():
        raise MalformedError("the length of a record is out of range")
    stop = body + (size >> 1)
    following = np.append(records[1:], 0)
    following[last] = ends
    if (records[last - counts + 1] != starts).any() or (stop != following).any():
        raise MalformedError("the records do not fill their batch")
    return body, stop


def _fields(buffer: bytes, data: Bytes, bounds: tuple[Numbers, Numbers]) -> Fields:
    body, stop = bounds
    if (data[body] > 127).any():  # noqa: PLR2004 unused bits; kafka-python would read on, others would not
        raise MalformedError("the attributes of a record are unknown")
    time_deltas, at = read_unsigned(data, body + 1)
    offset_deltas, at = read_unsigned(data, at)
    keys = read_spans(data, at, stop)
    values = read_spans(data, keys.end, stop)
    counts, at = read_unsigned(data, values.end)
    if (counts & 1).any():
        raise MalformedError("a record has fewer headers than none")
    backfill = _read_headers(buffer, data, counts >> 1, at, stop)
    return Fields(as_signed(offset_deltas), as_signed(time_deltas), keys, values, backfill)


def _read_headers(buffer: bytes, data: Bytes, counts: Numbers, at: Numbers, stop: Numbers) -> npt.NDArray[np.bool_]:
    """Say which records have the header BACKFILL; every record must end where its last header does."""
    backfill = np.zeros(len(at), np.bool_)
    records = np.flatnonzero(counts)
    if (at != stop)[counts == 0].any():
        raise MalformedError("bytes are left over in a record")
    left, at, stop = counts[records], at[records], stop[records]
    while len(records):
        names = read_spans(data, at, stop)
        if names.null.any():
            raise MalformedError("a header has no name")
        contents = read_spans(data, names.end, stop)
        try:
            is_backfill = pc.equal(gather(buffer, names).cast(pa.string()), BACKFILL)
        except pa.ArrowInvalid as error:
            raise MalformedError("the name of a header is no UTF-8") from error
        backfill[records] |= is_backfill.to_numpy(zero_copy_only=False)
        done = left == 1
        if (contents.end != stop)[done].any():
            raise MalformedError("bytes are left over in a record")
        records, left, at, stop = records[~done], left[~done] - 1, contents.end[~done], stop[~done]
    return backfill


def _records(
    buffer: bytes, fields: Fields, headers: Sequence[Header], counts: Numbers, offset_from: int
) -> Records | None:
    def of_batch(numbers: Sequence[int]) -> Numbers:
        return np.repeat(np.array(numbers, np.int64), counts)

    deltas = fields.offset_deltas
    if (deltas < 0).any() or (deltas > of_batch([header.last_offset_delta for header in headers])).any():
        raise MalformedError("the offset of a record is out of range")
    offsets = deltas + of_batch([header.base_offset for header in headers])
    if (offsets[1:] <= offsets[:-1]).any():
        raise MalformedError("its offsets do not ascend")
    sent_ms = fields.time_deltas + of_batch([header.first_ms for header in headers])
    if any(header.attributes & APPEND_TIME for header in headers):
        is_appended = of_batch([header.attributes & APPEND_TIME for header in headers]) > 0
        sent_ms = np.where(is_appended, of_batch([header.last_ms for header in headers]), sent_ms)
    first = int(np.searchsorted(offsets, offset_from))
    if first == len(offsets):
        return None
    keys, values = fields.keys.since(first), fields.values.since(first)
    return Records(
        offsets[first:],
        sent_ms[first:],
        pa.nulls(len(keys.null), pa.binary()) if keys.null.all() else gather(buffer, keys),
        gather(buffer, values),
        fields.backfill[first:],
    )
