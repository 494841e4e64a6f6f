"""How the values of a column are laid down: by what they are, so that writing takes a third of the time, and files get smaller."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

SAMPLE_ROWS: Final = 8192
NEW_SHARE_MAX: Final = 0.9
DELTA: Final = "DELTA_BINARY_PACKED"


class Encodings(NamedTuple):
    """Leaf columns that get a dictionary, and the encoding of those that get none but a better one than the plain."""

    dictionaries: list[str]
    others: dict[str, str]


def encodings_of(rows: pa.Table) -> Encodings:
    """Choose for each column: a dictionary for text and for what repeats, differences for other whole numbers and times.

    A dictionary of values that hardly repeat is built, given up when it is too large, and costs more than the rest.
    """
    dictionaries: list[str] = []
    others: dict[str, str] = {}
    for field in rows.schema:
        for path, type_ in _leaves(field.name, field.type):
            if path != field.name or _is_text(type_) or _repeats(rows.column(field.name)):
                dictionaries.append(path)
            elif pa.types.is_integer(type_) or pa.types.is_timestamp(type_):
                others[path] = DELTA
    return Encodings(dictionaries, others)


def _leaves(path: str, type_: pa.DataType) -> Iterator[tuple[str, pa.DataType]]:
    """Name the columns that Parquet makes of a nested one."""
    if pa.types.is_map(type_):
        yield from _leaves(f"{path}.key_value.key", type_.key_type)
        yield from _leaves(f"{path}.key_value.value", type_.item_type)
    elif pa.types.is_list(type_) or pa.types.is_large_list(type_):
        yield from _leaves(f"{path}.list.element", type_.value_type)
    elif pa.types.is_struct(type_):
        for child in type_:
            yield from _leaves(f"{path}.{child.name}", child.type)
    else:
        yield path, type_


def _is_text(type_: pa.DataType) -> bool:
    return pa.types.is_dictionary(type_) or pa.types.is_string(type_) or pa.types.is_large_string(type_)


def _repeats(column: pa.ChunkedArray) -> bool:
    """Say whether values come again, by some rows from the middle: numbers of visitors and customers are random, and do.

    Times are told apart by the differences between them, unless all are one.
    """
    sample = column.slice(max(0, (len(column) - SAMPLE_ROWS) // 2), SAMPLE_ROWS)
    distinct = pc.count_distinct(sample, mode="all").as_py()
    if pa.types.is_timestamp(column.type):
        return distinct <= 1
    return distinct <= len(sample) * NEW_SHARE_MAX
