"""The columns of parsed lines: their types, and what is done once per distinct value of them."""

from collections.abc import Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from transform.access_log.exact import ParsedLine

TEXT: Final = pa.dictionary(pa.int32(), pa.string())
ROWS_SCHEMA: Final = pa.schema(
    [
        pa.field("row", pa.int32(), nullable=False),
        pa.field("address", TEXT, nullable=False),
        pa.field("forwarded", TEXT),
        pa.field("event_time", pa.timestamp("us", "UTC"), nullable=False),
        pa.field("utc_offset_min", pa.int16(), nullable=False),
        pa.field("method", TEXT, nullable=False),
        pa.field("target", TEXT, nullable=False),
        pa.field("status", pa.int16(), nullable=False),
        pa.field("bytes", pa.int64()),
        pa.field("referrer", TEXT),
        pa.field("agent", TEXT),
        pa.field("vhost", TEXT),
    ]
)


def rows_from(parsed: Sequence[ParsedLine], rows: Sequence[int]) -> pa.Table:
    """Give exactly parsed lines (one or more) as a table of `ROWS_SCHEMA`; `rows` are their numbers in the input."""
    columns = [pa.array(rows, pa.int32())]
    for field, values in zip(list(ROWS_SCHEMA)[1:], zip(*parsed, strict=True), strict=True):
        if field.type == TEXT:
            columns.append(pa.array(values, pa.string()).dictionary_encode())
        else:
            columns.append(pa.array(values, field.type))
    return pa.table(columns, schema=ROWS_SCHEMA)


def recode(column: pa.DictionaryArray, values: pa.Array) -> pa.DictionaryArray:
    """Put one new value (string or null) in the place of each old value of the dictionary; equal ones become one."""
    encoded = values.dictionary_encode()
    return pa.DictionaryArray.from_arrays(pc.take(encoded.indices, column.indices), encoded.dictionary)


def nothing_as_null(column: pa.DictionaryArray) -> pa.DictionaryArray:
    """Null for what the log has as nothing, as `exact.given` has it."""
    absent = pc.is_in(column.dictionary, pa.array(["", "-"]))
    return recode(column, pc.if_else(absent, None, column.dictionary)) if pc.any(absent).as_py() else column


def nothing_as_dash(column: pa.DictionaryArray) -> pa.DictionaryArray:
    """Write a dash for an empty field, which says the same; null stays null, for there the log has no such field."""
    return recode(column, pc.if_else(pc.equal(column.dictionary, ""), "-", column.dictionary))
