"""Log lines in columns: the canonical ones in blocks, the others one by one, and the rows in the order of the lines."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pyarrow as pa

from transform.access_log.canonical import canonical_rows
from transform.access_log.exact import ParsedLine, parse_exact, split_request
from transform.access_log.peers import forwarded_list, host
from transform.access_log.rows import ROWS_SCHEMA, nothing_as_dash, nothing_as_null, recode, rows_from
from transform.access_log.views import ROOM, Bytes, Positions
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
    fast: list[pa.Table] = []
    slow: list[pa.Table] = []
    left = dict.fromkeys(np.flatnonzero(~present).tolist(), Reason.NO_CONTENT)
    for first, last in _blocks(offsets):
        block, bounds = raw[offsets[first] : offsets[last] + ROOM], offsets[first : last + 1] - offsets[first]
        waiting = present[first:last].copy()
        for table in canonical_rows(block, bounds, waiting):
            rows = table["row"].to_numpy()
            waiting[rows] = False
            fast.append(table.set_column(0, "row", pa.array(rows + np.int32(first))))
        parsed, refused = _exactly(block, bounds, np.flatnonzero(waiting), first)
        left |= refused
        if parsed:
            slow.append(rows_from(list(parsed.values()), list(parsed)))
    return _in_order([_finished(fast), *slow]), _left(left)


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


def _exactly(
    block: Bytes, bounds: Positions, rows: Positions, first: int
) -> tuple[dict[int, ParsedLine], dict[int, Reason]]:
    """Parse these lines of a block one by one: what was read, and what was not, by the line's number in the input."""
    parsed: dict[int, ParsedLine] = {}
    refused: dict[int, Reason] = {}
    for row in rows.tolist():
        outcome = parse_exact(block[bounds[row] : bounds[row + 1]].tobytes())
        if isinstance(outcome, Reason):
            refused[first + row] = outcome
        else:
            parsed[first + row] = outcome
    return parsed, refused


def _finished(tables: list[pa.Table]) -> pa.Table:
    """Bring the canonical rows of all blocks to the rows' schema: what costs Python is done once per distinct value of all of them."""
    if not tables:
        return ROWS_SCHEMA.empty_table()
    merged = pa.concat_tables(tables).unify_dictionaries()
    columns = {name: merged[name].combine_chunks() for name in merged.column_names}
    request, forwarded = columns.pop("request"), columns["forwarded"]
    parts = [split_request(text) for text in request.dictionary.to_pylist()]
    columns["method"] = recode(request, pa.array([method for method, _ in parts], pa.string()))
    columns["target"] = recode(request, pa.array([target for _, target in parts], pa.string()))
    lists = [forwarded_list(text) for text in forwarded.dictionary.to_pylist()]
    columns["forwarded"] = recode(forwarded, pa.array(lists, pa.string()))
    columns["referrer"] = nothing_as_null(columns["referrer"])
    columns["agent"] = nothing_as_dash(columns["agent"])
    names = [host(text) for text in columns["vhost"].dictionary.to_pylist()]
    columns["vhost"] = recode(columns["vhost"], pa.array([name and name.lower() for name in names], pa.string()))
    return pa.table([columns[name] for name in ROWS_SCHEMA.names], schema=ROWS_SCHEMA)


def _in_order(tables: list[pa.Table]) -> pa.Table:
    """Put the rows together in the order of their lines, with one dictionary and one chunk for each column."""
    with_rows = [table for table in tables if len(table)] or [ROWS_SCHEMA.empty_table()]
    merged = with_rows[0]
    if len(with_rows) > 1:
        merged = pa.concat_tables(with_rows).unify_dictionaries().combine_chunks()
    rows = merged["row"].to_numpy()
    return merged if (np.diff(rows) > 0).all() else merged.take(np.argsort(rows, kind="stable"))


def _left(left: dict[int, Reason]) -> pa.Table:
    rows = sorted(left)
    return pa.table(
        [pa.array(rows, pa.int32()), pa.array([left[row].value for row in rows], pa.string())], schema=LEFT_SCHEMA
    )
