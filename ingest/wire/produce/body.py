"""Arrays of keys and values → the records of a batch in message format 2, encoded for all records at once.

A record is: its length, attributes 0, time delta, offset delta, length and bytes of the key, length and bytes of the value,
headers. The numbers are written by numpy; one call of Arrow then puts them between the keys and values.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Numbers = npt.NDArray[np.int64]
ZERO: Final = np.uint8(0)
MORE: Final = 127
BITS: Final = 7
OVERHEAD_BYTES: Final = 24  # most that the numbers of a record take, without headers
NULL: Final = -1


def encode_headers(headers: Mapping[str, bytes]) -> bytes:
    """Write what ends every record: the number of headers, then names and contents."""
    parts = [_number(len(headers))]
    for name, content in headers.items():
        parts += [_number(len(name.encode())), name.encode(), _number(len(content)), content]
    return b"".join(parts)


def sizes_of(keys: pa.Array, values: pa.Array, headers: bytes) -> Numbers:
    """Say how long each record is at most; one entry each, in bytes."""
    return np.maximum(_lengths(keys), 0) + np.maximum(_lengths(values), 0) + (OVERHEAD_BYTES + len(headers))


def slices(sizes: Numbers, bytes_max: int) -> Iterator[slice]:
    """Cut records into runs of at most `bytes_max`; a longer record is a run of its own."""
    ends = np.cumsum(sizes)
    start = 0
    while start < len(sizes):
        before = int(ends[start - 1]) if start else 0
        stop = max(int(np.searchsorted(ends, before + bytes_max, "right")), start + 1)
        yield slice(start, stop)
        start = stop


def encode_records(keys: pa.Array, values: pa.Array, headers: bytes) -> memoryview:
    """Write the records of one batch; all have the time of the batch, and offsets that count from its own.

    Args:
        keys: binary, null for a record without a key.
        values: binary, one for each key, null for a record without a value.
        headers: what `encode_headers` wrote.
    """
    count = len(values)
    key_lengths, value_lengths = _lengths(keys), _lengths(values)
    order = np.arange(count)
    key_sizes, value_sizes, orders = _zigzag(key_lengths), _zigzag(value_lengths), order << 1
    bodies = (
        2 + _width(orders) + _width(key_sizes) + _width(value_sizes)
        + np.maximum(key_lengths, 0) + np.maximum(value_lengths, 0) + len(headers)
    )  # fmt: skip
    heads = _interleave([bodies << 1, ZERO, ZERO, orders, key_sizes], count)
    middles = _interleave([value_sizes], count)
    joined = pc.binary_join_element_wise(
        heads, keys, middles, values, pa.scalar(headers), b"", null_handling="replace", null_replacement=b""
    )
    _, offsets, data = joined.buffers()
    return memoryview(data)[: int(np.frombuffer(offsets, np.int32)[count])]


def _lengths(column: pa.Array) -> Numbers:
    """Measure a binary column; -1 where it is null."""
    return pc.fill_null(pc.binary_length(column), NULL).to_numpy(zero_copy_only=False).astype(np.int64)


def _zigzag(numbers: Numbers) -> Numbers:
    """Write a number as one that is not negative, -1 as 1."""
    return (numbers << 1) ^ (numbers >> 63)


def _width(numbers: Numbers) -> Numbers:
    """Count the bytes of varints."""
    width = np.ones(len(numbers), np.int64)
    shifted = numbers >> BITS
    while shifted.any():
        width += shifted > 0
        shifted >>= BITS
    return width


def _interleave(parts: list[Numbers | np.uint8], count: int) -> pa.Array:
    """Write the parts of each record one after the other: numbers as varints, a single byte as it is; binary."""
    widths = [_width(part) if isinstance(part, np.ndarray) else np.ones(count, np.int64) for part in parts]
    edges = np.zeros(count + 1, np.int32)
    np.cumsum(np.sum(widths, axis=0), out=edges[1:])
    data = np.zeros(int(edges[-1]), np.uint8)
    at = edges[:-1].astype(np.int64)
    for part, width in zip(parts, widths, strict=True):
        if isinstance(part, np.ndarray):
            _put(data, at, part)
        at += width
    return pa.Array.from_buffers(pa.binary(), count, [None, pa.py_buffer(edges), pa.py_buffer(data)])


def _put(data: npt.NDArray[np.uint8], at: Numbers, numbers: Numbers) -> None:
    """Write varints, each at its place."""
    while True:
        more = numbers > MORE
        data[at] = (numbers & MORE) | (more << BITS)
        if not more.any():
            return
        if not more.all():
            at, numbers = at[more], numbers[more]
        at, numbers = at + 1, numbers >> BITS


def _number(value: int) -> bytes:
    value <<= 1
    parts = bytearray()
    while value > MORE:
        parts.append(value & MORE | MORE + 1)
        value >>= BITS
    parts.append(value)
    return bytes(parts)
