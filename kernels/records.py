"""Kafka's records of message format 2: the bytes of batches → columns, in one pass over them."""

import mmap as system
from contextlib import suppress
from mmap import MAP_ANONYMOUS, MAP_PRIVATE, mmap
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from kernels.library import KernelError, call

ROW_BYTES: Final = 26
"""What the numbers, edges and marks of a row take at most."""
ALIGNED_TO: Final = 64
LARGE_BYTES: Final = 8 * 1024 * 1024
PAGE_BYTES: Final = 2 * 1024 * 1024
MADV_HUGEPAGE: Final[int | None] = getattr(system, "MADV_HUGEPAGE", None)
FAULTS: Final = {
    -1: "the number of records does not fit the batch",
    -2: "the length of a record is out of range",
    -3: "the records do not fill their batch",
    -4: "the attributes of a record are unknown",
    -5: "a number is longer than ten bytes",
    -6: "a field reaches past its record",
    -7: "a record has fewer headers than none",
    -8: "a header has no name",
    -9: "the name of a header is no UTF-8",
    -10: "bytes are left over in a record",
    -11: "the offset of a record is out of range",
    -12: "its offsets do not ascend",
    -13: "a record reaches past the data",
}
"""What the kernel finds wrong with the bytes, by its numbers."""


class Texts(NamedTuple):
    """Texts as Arrow lays them down: all bytes together, one edge more than rows, and a bit for each row that has one."""

    data: npt.NDArray[np.uint8]
    edges: npt.NDArray[np.int32]
    bits: npt.NDArray[np.uint8]


class Columns(NamedTuple):
    """Where rows are written to; memory that nothing is written to is none."""

    offsets: npt.NDArray[np.int64]
    sent_ms: npt.NDArray[np.int64]
    backfill: npt.NDArray[np.bool_]
    keys: Texts
    values: Texts

    @classmethod
    def empty(cls, rows: int, size: int) -> "Columns":
        """Make room for so many rows, whose keys have so many bytes at most, and their values as many."""
        memory = _Memory(2 * size + rows * ROW_BYTES + 9 * ALIGNED_TO)
        values = memory.part(size)
        offsets, sent_ms = (memory.part(rows * 8).view(np.int64) for _ in range(2))
        value_edges, key_edges = (memory.part(rows * 4 + 4).view(np.int32) for _ in range(2))
        value_edges[0] = key_edges[0] = 0
        value_bits, key_bits = (memory.part(rows // 8 + 1) for _ in range(2))
        backfill, keys = memory.part(rows).view(np.bool_), memory.part(size)
        return cls(offsets, sent_ms, backfill, Texts(keys, key_edges, key_bits), Texts(values, value_edges, value_bits))


class _Memory:
    """One piece of memory for all columns, part by part."""

    def __init__(self, size: int) -> None:
        self._memory = _large(size) if size >= LARGE_BYTES else np.empty(size, np.uint8)
        self._used = 0

    def part(self, size: int) -> npt.NDArray[np.uint8]:
        start = self._used
        self._used += -(-size // ALIGNED_TO) * ALIGNED_TO
        return self._memory[start : start + size]


def _large(size: int) -> npt.NDArray[np.uint8]:
    """Ask the system for memory in large pages, which it gives as they are written to: thousands of small ones cost more."""
    pages = mmap(-1, -(-size // PAGE_BYTES) * PAGE_BYTES, flags=MAP_PRIVATE | MAP_ANONYMOUS)
    if MADV_HUGEPAGE is not None:
        with suppress(OSError):  # a system may have none
            pages.madvise(MADV_HUGEPAGE)
    return np.frombuffer(pages, np.uint8)


class Found(NamedTuple):
    """How many rows were written, and how many of them have no key, and no value."""

    rows: int
    keyless: int
    valueless: int


class RecordsError(ValueError):
    """The bytes are no records; the message says why, and never quotes them."""


def read(
    data: npt.NDArray[np.uint8], pieces: npt.NDArray[np.int64], offset_from: int, row: int, columns: Columns
) -> Found:
    """Read the records at or above `offset_from` to the rows from `row` on.

    Args:
        data: records of batches, without the heads of these.
        pieces: eight numbers a batch: where its records begin and end, how many there are, the first offset, the distance of
            the last, the first time, the time at which it was appended, and whether that is the time of all its records.
        offset_from: records below it are proved, and left out.
        row: how many rows were written before, without a gap.
        columns: with room for as many rows and bytes as the pieces have.

    Raises:
        RecordsError: the bytes are no records, or not those that the head of their batch tells of; no row counts then.
    """
    nulls = np.zeros(2, np.int64)
    written = (*columns[:3], *columns.keys, *columns.values, nulls)
    count = call("records", data, pieces, *written, offset_from, row)
    if count in FAULTS:
        raise RecordsError(FAULTS[count])
    if count < 0:
        raise KernelError("records were given too little room")
    return Found(count, *nulls.tolist())
