"""Columns of text by their distinct values, so that a look-up runs once for each and its answer is spread over the rows."""

import functools
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

TEXT: Final = pa.dictionary(pa.int32(), pa.string())


NO_VALUE = -1
"""The code of a row without a value."""
SAMPLE_ROWS: Final = 4096
"""So many rows have each word of a short dictionary as a rule."""


def codes_and_values(column: pa.ChunkedArray | pa.Array) -> tuple[npt.NDArray[np.int32], pa.StringArray]:
    """Split a column of text, as a rule ``dictionary<int32, string>``, into codes and distinct values.

    Returns:
        One int32 a row, `NO_VALUE` where the row has none, and the values that the codes point to. A value may be there
        that no row uses any more.
    """
    if isinstance(column, pa.ChunkedArray):
        if pa.types.is_dictionary(column.type):
            column = column.unify_dictionaries()
        column = column.combine_chunks()
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    codes = column.indices.cast(pa.int32())
    if codes.null_count:
        codes = codes.fill_null(NO_VALUE)
    rows = codes.to_numpy(zero_copy_only=False)
    values = column.dictionary
    if values.null_count:
        # A dictionary may hold a null of its own; its rows have no value either.
        absent = pc.is_null(values).to_numpy(zero_copy_only=False)
        rows = np.where((rows != NO_VALUE) & ~absent[rows], rows, NO_VALUE).astype(np.int32)
    return rows, values


def bytes_and_bounds(values: pa.StringArray | pa.BinaryArray) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
    """Show texts as their bytes and, one more than texts, where each begins in them; nothing is copied.

    A null may have bytes of its own here, so put something in its place before.
    """
    if not len(values):
        return np.empty(0, np.uint8), np.zeros(1, np.int32)
    _, offsets, data = values.buffers()
    bounds = np.frombuffer(offsets, np.int32)[values.offset : values.offset + len(values) + 1]
    return np.empty(0, np.uint8) if data is None else np.frombuffer(data, np.uint8), bounds


def spread(values: pa.Array, keys: pa.DictionaryArray) -> pa.Array:
    """Give each row the value of its key: `values` has one entry per entry of the dictionary of `keys`.

    Raises:
        ValueError: there are more keys than values.
    """
    if len(values) < len(keys.dictionary):
        raise ValueError(f"{len(keys.dictionary):,} keys have {len(values):,} values")
    # The keys are codes of a dictionary, which has as many entries: there is nothing that Arrow would have to check again.
    if pa.types.is_boolean(values.type):
        return pc.take(values, keys.indices, boundscheck=False)
    distinct = values.dictionary_encode()
    codes = pc.take(distinct.indices, keys.indices, boundscheck=False)
    return pa.DictionaryArray.from_arrays(codes, distinct.dictionary, safe=False)


def with_missing(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """Give a column whose missing values are an entry like any other, which is null itself, so that look-ups see it."""
    array = column.combine_chunks()
    if array.null_count == 0:
        return array
    entries = pa.concat_arrays([array.dictionary, pa.nulls(1, array.dictionary.type)])
    indices = pc.fill_null(array.indices, pa.scalar(len(entries) - 1, pa.int32()))
    return pa.DictionaryArray.from_arrays(indices, entries)


def constant(value: str | None, rows: int) -> pa.DictionaryArray:
    """Give a column of text that says the same in each row; None is no value."""
    codes = _nulls(_enough(rows)) if value is None else _zeros(_enough(rows))
    return pa.DictionaryArray.from_arrays(codes.slice(0, rows), pa.array([value or ""]), safe=False)


def _enough(rows: int) -> int:
    """Round up to a power of two, so that few sizes of what says the same for all rows are ever made, and kept."""
    return 1 << rows.bit_length()


@functools.cache
def _zeros(rows: int) -> pa.Int32Array:
    return pa.array(np.zeros(rows, np.int32))


@functools.cache
def _nulls(rows: int) -> pa.Int32Array:
    return pa.nulls(rows, pa.int32())


def only_used(table: pa.Table) -> pa.Table:
    """Drop from each dictionary the values that no row has: a file would keep them, though their rows have left."""
    for at, field in enumerate(table.schema):
        if not pa.types.is_dictionary(field.type):
            continue
        column = table.column(at).combine_chunks()
        used = _used(column.indices, len(column.dictionary))
        if used.all():
            continue
        if used.any():
            place = pa.array((np.cumsum(used) - 1).astype(np.int32))
            # Each index was counted, so there is nothing that Arrow would have to check again.
            indices = pc.take(place, column.indices, boundscheck=False)
        else:
            indices = pa.nulls(len(column), pa.int32())
        column = pa.DictionaryArray.from_arrays(indices, column.dictionary.filter(pa.array(used)), safe=False)
        table = table.set_column(at, field, column)
    return table


def _used(indices: pa.Array, entries: int) -> npt.NDArray[np.bool_]:
    """Say which entries of a dictionary its indices name."""
    some = indices.null_count < len(indices)
    if entries <= 1 or not some:
        return np.full(entries, some)
    for rows in (indices[:SAMPLE_ROWS], indices):
        used = np.bincount(rows.fill_null(entries).to_numpy(), minlength=entries + 1)[:entries] > 0
        if used.all():
            break
    return used
