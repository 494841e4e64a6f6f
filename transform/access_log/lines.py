"""Log lines in columns: the canonical ones all at once, the others one by one, and the rows in the order of the lines."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pyarrow as pa

import kernels
from kernels.lines import read_canonical
from transform.access_log.canonical import Canonical, canonical_lines
from transform.access_log.exact import ParsedLine, parse_exact
from transform.access_log.rows import ROWS_SCHEMA, rows_from
from transform.access_log.taking import table_of, take_out
from transform.access_log.views import ROOM, Bytes, Flags, Positions
from transform.batch import LEFT_SCHEMA
from transform.reasons import Reason

# A block of about 20,000 lines and its temporaries fit the processor's cache; far larger ones take twice as long.
BLOCK_LINES: Final = 20_000
BLOCK_BYTES: Final = 8 << 20


def parse_lines(lines: pa.BinaryArray | pa.LargeBinaryArray) -> tuple[pa.Table, pa.Table]:
    """Parse combined and common log lines, one per value, without their line ends; an intake's worth, below 2 GiB.

    Returns:
        rows: one row per line that could be read, in the order of the lines, with the columns of `ROWS_SCHEMA`, each in one chunk
            with one dictionary; ``row`` is the position of the line in the input.
        left: one row per other line, in the same order: ``row`` and ``reason``; a null value has no content.

    Raises:
        TypeError: when the values are not binary.
    """
    raw, offsets = _buffers(lines)
    present = lines.is_valid().to_numpy(zero_copy_only=False)
    rows = _compiled(raw, offsets, present) if kernels.is_ready() else _by_blocks(raw, offsets, present)
    left = dict.fromkeys(np.flatnonzero(~present).tolist(), Reason.NO_CONTENT)
    waiting = present.copy()
    waiting[rows["row"].to_numpy()] = False
    slow = _exactly(raw, offsets, np.flatnonzero(waiting), left)
    return _in_order([rows, *slow]), _left(left)


def _compiled(raw: Bytes, offsets: Positions, present: Flags) -> pa.Table:
    """Give the rows of the canonical lines, all read in one pass by the compiled kernel."""
    return table_of(read_canonical(raw, offsets, present))


def _by_blocks(raw: Bytes, offsets: Positions, present: Flags) -> pa.Table:
    """Give the rows of the canonical lines, read by columns of bytes: the way without a compiled kernel."""
    found: list[Canonical] = []
    for first, last in _blocks(offsets):
        block, bounds = raw[offsets[first] : offsets[last] + ROOM], offsets[first : last + 1] - offsets[first]
        parts = canonical_lines(block, bounds, present[first:last], int(offsets[first]))
        found += [part._replace(rows=part.rows + first) for part in parts]
    return take_out(raw, found)


def _buffers(lines: pa.BinaryArray | pa.LargeBinaryArray) -> tuple[Bytes, Positions]:
    """Give the bytes and the offsets (one more than there are lines) of the array, without a copy of the bytes."""
    width = {pa.binary(): np.int32, pa.large_binary(): np.int64}.get(lines.type)
    if width is None:
        raise TypeError(f"log lines come as binary or large_binary values, not as {lines.type}")
    _, offsets, data = lines.buffers()
    if len(lines) == 0 or data is None:
        return np.empty(0, np.uint8), np.zeros(len(lines) + 1, np.int64)
    places = np.frombuffer(offsets, width)[lines.offset : lines.offset + len(lines) + 1]
    return np.frombuffer(data, np.uint8), places.astype(np.int64)


def _blocks(offsets: Positions) -> Iterator[tuple[int, int]]:
    """Cut the lines into blocks, first and last + 1, bounded in lines and in bytes; one line longer than that is one block."""
    first = 0
    while first < len(offsets) - 1:
        fitting = int(np.searchsorted(offsets, offsets[first] + BLOCK_BYTES, side="right")) - 1
        last = max(first + 1, min(first + BLOCK_LINES, fitting))
        yield first, last
        first = last


def _exactly(raw: Bytes, offsets: Positions, rows: Positions, left: dict[int, Reason]) -> list[pa.Table]:
    """Parse these lines one by one: at most one table of those that were read; why the others were not goes to `left`."""
    parsed: dict[int, ParsedLine] = {}
    for row in rows.tolist():
        outcome = parse_exact(raw[offsets[row] : offsets[row + 1]].tobytes())
        if isinstance(outcome, Reason):
            left[row] = outcome
        else:
            parsed[row] = outcome
    return [rows_from(list(parsed.values()), list(parsed))] if parsed else []


def _in_order(tables: list[pa.Table]) -> pa.Table:
    """Put the rows together in the order of their lines, with one dictionary and one chunk for each column."""
    with_rows = [table for table in tables if len(table)] or [ROWS_SCHEMA.empty_table()]
    if len(with_rows) == 1:
        return with_rows[0]
    merged = pa.concat_tables(with_rows).unify_dictionaries().combine_chunks()
    return merged.take(np.argsort(merged["row"].to_numpy(), kind="stable"))


def _left(left: dict[int, Reason]) -> pa.Table:
    rows = sorted(left)
    return pa.table(
        [pa.array(rows, pa.int32()), pa.array([left[row].value for row in rows], pa.string())], schema=LEFT_SCHEMA
    )
