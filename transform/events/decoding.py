"""JSON records as columns, read in one of three ways: by the kernel, by the decoder, or with patience.

The kernel takes plain records, which nearly all are, the decoder most others, and patience the few with something odd.
Which way a record takes depends on the record alone, and all give the same answer.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

import kernels
from transform.events.exact import DEPTH_MAX, Record, read_record
from transform.events.fields import COLUMN_TYPES, RECORD_BYTES_MAX, Declared, Form, Shape
from transform.events.plain import Plain, read_plain

BLOCK_ROWS: Final = 256
"""So many decoded records stay in the cache until they are columns: half the time of a whole intake at once."""

QUOTE, COLON, BLANK, BACKSLASH = b'": \\'

_ANY_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclass(frozen=True, slots=True)
class Decoded:
    """What JSON objects said.

    Attributes:
        rows: which of the values are JSON objects, ascending; the columns have one entry for each.
        columns: one for each declared field, in the type of its `Form`; null where the field is missing or null.
        bad: objects by fields: a value of another type is there, of which the column has null.
        refused: for the other values, by their number, why they are no JSON object.
        undeclared: how often each name came that the policy does not declare.
    """

    rows: npt.NDArray[np.int64]
    columns: dict[str, pa.Array]
    bad: npt.NDArray[np.bool_]
    refused: dict[int, str]
    undeclared: Counter[str]


def decode_records(values: pa.BinaryArray, shape: Shape) -> Decoded:
    """Decode one record a row, whatever its bytes; null is a record without content."""
    if not kernels.is_ready():
        return _decode_any(values, shape)
    plain = read_plain(values, shape)
    left = np.ones(len(values), np.bool_)
    left[plain.rows] = False
    others = np.flatnonzero(left)
    return _together(plain, _decode_any(values.take(pa.array(others)), shape), others)


def _together(plain: Plain, found: Decoded, others: npt.NDArray[np.int64]) -> Decoded:
    """Put what was found in the other records, of which the numbers are given, between the plain ones."""
    rows, columns = np.concatenate([plain.rows, others[found.rows]]), plain.columns
    bad = np.concatenate([np.zeros((len(plain.rows), found.bad.shape[1]), np.bool_), found.bad])
    if len(found.rows):
        order = np.argsort(rows)
        rows, bad = rows[order], bad[order]
        both = {name: pa.chunked_array([column, found.columns[name]]) for name, column in columns.items()}
        # Of texts only the numbers are put in order, and those of both kinds become one numbering before.
        one = {name: column.unify_dictionaries() for name, column in both.items()}
        columns = {name: column.combine_chunks().take(pa.array(order)) for name, column in one.items()}
    refused = {int(others[row]): why for row, why in found.refused.items()}
    return Decoded(rows, columns, bad, refused, plain.undeclared + found.undeclared)


def _decode_any(values: pa.BinaryArray, shape: Shape) -> Decoded:
    undeclared: Counter[str] = Counter()
    rows, columns = _decode_fast(values, shape)
    good = _are_plain(values.take(pa.array(rows)) if len(rows) < len(values) else values, columns, undeclared)
    if not good.all():
        rows, columns = rows[good], {name: column.filter(pa.array(good)) for name, column in columns.items()}
    odd = np.ones(len(values), np.bool_)
    odd[rows] = False
    refused: dict[int, str] = {}
    patient: dict[int, Record] = {}
    for row in np.flatnonzero(odd).tolist():
        record = read_record(values[row].as_py() or b"", shape)
        if isinstance(record, Record):
            patient[row] = record
            undeclared.update(record.undeclared)
        else:
            refused[row] = record.value
    bad = np.zeros((len(rows) + len(patient), len(shape.fields)), np.bool_)
    if patient:
        for at, record in enumerate(patient.values(), len(rows)):
            bad[at, record.bad] = True
        rows = np.concatenate([rows, np.array(list(patient), np.int64)])
        order = np.argsort(rows)
        rows, bad = rows[order], bad[order]
        for one in shape.fields:
            given = _column([record.values[one.name] for record in patient.values()], one)
            columns[one.name] = pa.concat_arrays([columns[one.name], given]).take(pa.array(order))
    for one in shape.fields:
        if one.form is Form.TEXT:
            columns[one.name] = columns[one.name].dictionary_encode()
    return Decoded(rows, columns, bad, refused, undeclared)


def _decode_fast(values: pa.BinaryArray, shape: Shape) -> tuple[npt.NDArray[np.int64], dict[str, pa.Array]]:
    """Decode the records that the decoder takes, and say which they are."""
    decode = shape.decoder.decode
    names = shape.struct.__struct_fields__
    declared = {one.name: one for one in shape.fields}
    kept: list[int] = []
    parts: dict[str, list[pa.Array]] = {name: [_column((), declared[name])] for name in names}
    for start in range(0, len(values), BLOCK_ROWS):
        events: list[Any] = []
        for row, value in enumerate(values.slice(start, BLOCK_ROWS).to_pylist(), start):
            try:
                events.append(decode(value))
                kept.append(row)
            except (msgspec.MsgspecError, TypeError, ValueError, RecursionError):
                continue
        for name, column in zip(names, zip(*map(msgspec.structs.astuple, events), strict=True), strict=False):
            parts[name].append(_column(column, declared[name]))
    return np.array(kept, np.int64), {name: pa.concat_arrays(arrays) for name, arrays in parts.items()}


def _are_plain(values: pa.BinaryArray, columns: dict[str, pa.Array], undeclared: Counter[str]) -> npt.NDArray[np.bool_]:
    """Tell which decoded records have nothing that the decoder passes over: a name twice, deep nesting, what is no UTF-8.

    The names of fields that the plain ones have beyond the declared ones are counted in `undeclared`.
    """
    names, plain = _count_names(values)
    plain &= _are_whole(values)
    given = np.zeros(len(values), np.int64)
    for column in columns.values():
        given += column.is_valid().to_numpy(zero_copy_only=False) if column.null_count else 1
    more = np.flatnonzero(plain & (names != given))
    for row, value in zip(more.tolist(), values.take(pa.array(more)).to_pylist(), strict=True):
        # A null, a field that nobody declared, or a name that comes twice.
        found = _ANY_OBJECT.decode(value)
        plain[row] = len(found) == names[row] and value.count(b"[") + value.count(b"{") <= DEPTH_MAX
        if plain[row]:
            undeclared.update(found.keys() - columns.keys())
    return plain


def _are_whole(values: pa.BinaryArray) -> npt.NDArray[np.bool_]:
    """Tell which records are UTF-8 and not too long."""
    whole = pc.less_equal(pc.binary_length(values), RECORD_BYTES_MAX).to_numpy(zero_copy_only=False).copy()
    try:
        values.cast(pa.string())
    except pa.ArrowInvalid:
        for row, value in enumerate(values.to_pylist()):
            try:
                value.decode()
            except UnicodeDecodeError:
                whole[row] = False
    return whole


def _count_names(values: pa.BinaryArray) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Count the names in each JSON record, at whatever depth, from its quotes: every other one ends a string.

    Returns:
        the counts, and for which records they are certain: not where a blank stands behind a string.
    """
    offsets, data = _bytes_of(values)
    if (data == BACKSLASH).any():
        for escaped in (rb"\\", rb"\""):  # in this order, for the second backslash of a pair escapes nothing
            values = pc.replace_substring(values, escaped, b"")
        offsets, data = _bytes_of(values)
    ends = np.flatnonzero(data == QUOTE)[1::2]
    behind = data[ends + 1]
    names, blanks = (np.searchsorted(ends[found], offsets) for found in (behind == COLON, behind <= BLANK))
    return np.diff(names), np.diff(blanks) == 0


def _bytes_of(values: pa.BinaryArray) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """Give n + 1 offsets and the bytes that they point to, without a copy of the bytes."""
    _, places, content = values.buffers()
    if not len(values) or content is None:
        return np.zeros(len(values) + 1, np.int64), np.empty(0, np.uint8)
    offsets = np.frombuffer(places, np.int32)[values.offset : values.offset + len(values) + 1].astype(np.int64)
    return offsets - offsets[0], np.frombuffer(content, np.uint8)[offsets[0] : offsets[-1]]


def _column(values: Sequence[Any], declared: Declared) -> pa.Array:
    type_ = COLUMN_TYPES.get(declared.form, pa.string())
    if not any(values) and values.count(None) == len(values):  # a field that nobody sends
        return pa.nulls(len(values), type_)
    if declared.form is Form.NUMBER:
        values = [_number(value) for value in values]
    return pa.array(values, type_)


def _number(value: Any) -> str | None:
    """Give a number as JSON writes it; null and nothing are none."""
    if not isinstance(value, msgspec.Raw):
        return value
    text = bytes(value).decode("utf-8", "replace")
    return None if text in {"", "null"} else text
