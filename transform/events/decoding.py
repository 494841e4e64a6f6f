"""JSON records as columns: most are decoded as they come, the few with something odd are read with patience.

Which of the two ways a record takes depends on the record alone, and both give the same answer.
"""

from collections import Counter
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from transform.events.exact import DEPTH_MAX, Record, read_record
from transform.events.fields import RECORD_BYTES_MAX, Declared, Form, Shape

BLOCK_ROWS: Final = 1000
"""So many decoded records stay in the cache until they are columns: half the time of a whole intake at once."""

QUOTE, COLON, BLANK, BACKSLASH = b'": \\'

_COLUMN_TYPES: Final = {Form.FLAG: pa.bool_(), Form.TEXTS: pa.list_(pa.string())}
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
    undeclared: Counter[str] = Counter()
    parts = [_Part(np.empty(0, np.int64), _columns([], shape))]
    odd: list[int] = []
    for start in range(0, len(values), BLOCK_ROWS):
        part = _decode_block(values.slice(start, BLOCK_ROWS), shape, undeclared)
        odd += (start + np.setdiff1d(np.arange(min(BLOCK_ROWS, len(values) - start)), part.rows)).tolist()
        parts.append(_Part(start + part.rows, part.columns))
    refused: dict[int, str] = {}
    patient: dict[int, Record] = {}
    for row in odd:
        record = read_record(values[row].as_py() or b"", shape)
        if isinstance(record, Record):
            patient[row] = record
            undeclared.update(record.undeclared)
        else:
            refused[row] = record.value
    parts.append(_patient_part(patient, shape))
    rows = np.concatenate([part.rows for part in parts])
    bad = np.zeros((len(rows), len(shape.fields)), np.bool_)
    for row, record in enumerate(patient.values(), len(rows) - len(patient)):
        bad[row, record.bad] = True
    order = np.argsort(rows, kind="stable") if patient else None
    columns = {one.name: _joined([part.columns[one.name] for part in parts], one, order) for one in shape.fields}
    if order is not None:
        rows, bad = rows[order], bad[order]
    return Decoded(rows, columns, bad, refused, undeclared)


@dataclass(frozen=True, slots=True)
class _Part:
    """Some records: their numbers, and their columns."""

    rows: npt.NDArray[np.int64]
    columns: dict[str, pa.Array]


def _decode_block(values: pa.BinaryArray, shape: Shape, undeclared: Counter[str]) -> _Part:
    """Decode the records that have nothing odd, and count the names of fields that they have beyond the declared ones."""
    decode = shape.decoder.decode
    raw = values.to_pylist()
    whole = _are_whole(values)
    events: list[Any] = []
    kept: list[int] = []
    for row, value in enumerate(raw):
        try:
            events.append(decode(value))
            kept.append(row)
        except (msgspec.MsgspecError, TypeError, ValueError, RecursionError):
            continue
    rows = np.array(kept, np.int64)
    columns = _columns(events, shape)
    names, sure = _count_names(values.take(pa.array(rows)) if len(rows) < len(values) else values)
    given = np.zeros(len(rows), np.int64)
    for column in columns.values():
        given += column.is_valid().to_numpy(zero_copy_only=False) if column.null_count else 1
    good = sure & whole[rows]
    for at in np.flatnonzero(good & (names != given)).tolist():
        # A null, a field that nobody declared, or a name that comes twice.
        object_ = _ANY_OBJECT.decode(raw[rows[at]])
        good[at] = len(object_) == names[at] and not any(map(_may_be_deep, object_.values()))
        if good[at]:
            undeclared.update(name for name in object_ if name not in columns)
    if good.all():
        return _Part(rows, columns)
    mask = pa.array(good)
    return _Part(rows[good], {name: column.filter(mask) for name, column in columns.items()})


def _patient_part(records: dict[int, Record], shape: Shape) -> _Part:
    given = {one.name: [record.values[one.name] for record in records.values()] for one in shape.fields}
    columns = {one.name: _column(given[one.name], one) for one in shape.fields}
    return _Part(np.array(list(records), np.int64), columns)


def _are_whole(values: pa.BinaryArray) -> npt.NDArray[np.bool_]:
    """Tell which records are UTF-8 and not too long; the decoder does not look into what it passes over."""
    short = pc.fill_null(pc.less_equal(pc.binary_length(values), RECORD_BYTES_MAX), False)
    whole = short.to_numpy(zero_copy_only=False).copy()
    try:
        values.cast(pa.string())
    except pa.ArrowInvalid:
        for row, value in enumerate(values.to_pylist()):
            try:
                (value or b"").decode()
            except UnicodeDecodeError:
                whole[row] = False
    return whole


def _count_names(values: pa.BinaryArray) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Count the names in each JSON record, at whatever depth, from its quotes: every other one ends a string.

    Returns:
        the counts, and for which records they are certain: not where a quote stands in a string, or a blank behind one.
    """
    offsets, data = _bytes_of(values)
    sure = np.ones(len(values), np.bool_)
    escaped = np.flatnonzero(data == BACKSLASH)
    if len(escaped):
        escaped = escaped[data[np.minimum(escaped + 1, len(data) - 1)] == QUOTE]
        sure &= np.diff(np.searchsorted(escaped, offsets)) == 0
    quotes = np.flatnonzero(data == QUOTE)
    if not sure.all():
        odd = np.repeat(~sure, np.diff(np.searchsorted(quotes, offsets)))
        quotes = quotes[~odd]
    ends = quotes[1::2]
    behind = data[ends + 1]
    sure &= np.diff(np.searchsorted(ends[behind <= BLANK], offsets)) == 0
    return np.diff(np.searchsorted(ends[behind == COLON], offsets)), sure


def _bytes_of(values: pa.BinaryArray) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """Give n + 1 offsets and the bytes that they point to, without a copy of the bytes."""
    _, places, content = values.buffers()
    if not len(values) or content is None:
        return np.zeros(len(values) + 1, np.int64), np.empty(0, np.uint8)
    offsets = np.frombuffer(places, np.int32)[values.offset : values.offset + len(values) + 1].astype(np.int64)
    return offsets - offsets[0], np.frombuffer(content, np.uint8)[offsets[0] : offsets[-1]]


def _may_be_deep(raw: msgspec.Raw) -> bool:
    text = bytes(raw)
    return text.count(b"[") + text.count(b"{") >= DEPTH_MAX


def _columns(events: list[Any], shape: Shape) -> dict[str, pa.Array]:
    return {one.name: _column(list(map(attrgetter(one.name), events)), one) for one in shape.fields}


def _column(values: list[Any], declared: Declared) -> pa.Array:
    if declared.form is Form.NUMBER:
        values = [_number(value) for value in values]
    return pa.array(values, _COLUMN_TYPES.get(declared.form, pa.string()))


def _number(value: Any) -> str | None:
    """Give a number as JSON writes it; null and nothing are none."""
    if not isinstance(value, msgspec.Raw):
        return value
    text = bytes(value).decode("utf-8", "replace")
    return None if text in {"", "null"} else text


def _joined(parts: list[pa.Array], declared: Declared, order: npt.NDArray[np.int64] | None) -> pa.Array:
    column = pa.chunked_array(parts).combine_chunks()
    if order is not None:
        column = column.take(pa.array(order))
    return column.dictionary_encode() if declared.form is Form.TEXT else column
