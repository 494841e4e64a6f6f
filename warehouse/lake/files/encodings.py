"""How the values of a column are laid down: by what they are, so that writing takes a third of the time, and files get smaller."""

from collections.abc import Iterator, Mapping
from math import expm1, log
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

SAMPLE_ROWS: Final = 2048
NEW_SHARE_MAX: Final = 0.9
FEW_SHARE_MAX: Final = 1 / 32
SMALL_ROWS: Final = 1024
FEW: Final = 1024
DELTA: Final = "DELTA_BINARY_PACKED"


class Encodings(NamedTuple):
    """Leaf columns that get a dictionary, the encoding of those that get none but a better one than the plain, and what pays compressing."""

    dictionaries: list[str]
    others: dict[str, str]
    compressed: list[str]


def encodings_of(rows: pa.Table, *, briefly: bool = False) -> Encodings:
    """Choose for each column: a dictionary for text and for what repeats, differences for other whole numbers and times.

    A dictionary of values that hardly repeat is built, given up when it is too large, and costs more than the rest. Nothing is
    compressed that has one value, or that is packed to the bit already.

    Args:
        rows: what will be one file.
        briefly: the file will be joined with others soon. Then texts of which there are few are not compressed, and nothing of
            a few rows: to begin with it costs as much as to write them.
    """
    if briefly and rows.num_rows < SMALL_ROWS:
        return Encodings([path for field in rows.schema for path, _ in _leaves(field.name, field.type)], {}, [])
    chosen = Encodings([], {}, [])
    for field, column in zip(rows.schema, rows.columns, strict=True):
        if pa.types.is_nested(field.type) or _is_text(field.type):
            leaves = [path for path, _ in _leaves(field.name, field.type)]
            chosen.dictionaries.extend(leaves)
            if _has_more(column, FEW if briefly else 1):
                chosen.compressed.extend(leaves)
            continue
        sample = column.slice(max(0, (len(column) - SAMPLE_ROWS) // 2), SAMPLE_ROWS)
        bounds = pc.min_max(sample).as_py()
        is_constant, is_time = bounds["min"] == bounds["max"], pa.types.is_timestamp(field.type)
        if is_constant or _repeats(sample, len(column), bounds):
            chosen.dictionaries.append(field.name)
        elif is_time or pa.types.is_integer(field.type):
            chosen.others[field.name] = DELTA
        if not is_constant and (is_time or field.name not in chosen.others):
            chosen.compressed.append(field.name)
    return chosen


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


def _has_more(column: pa.ChunkedArray, values: int) -> bool:
    """Say whether a column of text may have more than so many values."""
    return any(not pa.types.is_dictionary(column.type) or len(one.dictionary) > values for one in column.chunks)


def _repeats(sample: pa.ChunkedArray, rows: int, bounds: Mapping[str, Any]) -> bool:
    """Say whether values come again, by some rows from the middle: numbers of visitors and customers are random, and do.

    Times are told apart by the differences between them, unless there are few. Whole numbers get what is smaller: a dictionary,
    and a place in it for each row; or for each row as many bits as there are between the least number and the greatest.
    """
    distinct = _distinct(sample)
    if pa.types.is_timestamp(sample.type):
        return distinct <= len(sample) * FEW_SHARE_MAX
    if not pa.types.is_integer(sample.type):
        return distinct <= len(sample) * NEW_SHARE_MAX
    entries = _distinct_among(rows, sample, distinct)
    bits = entries * sample.type.bit_width + rows * max(1, entries - 1).bit_length()
    return bool(bits <= rows * (bounds["max"] - bounds["min"]).bit_length())


def _distinct_among(rows: int, sample: pa.ChunkedArray, distinct: int) -> int:
    """Tell from the share of new values in a sample's second half how many there are among so many rows.

    Were all of a number of values equally frequent, that share would fall by a factor with every row.
    """
    half = len(sample) // 2
    new = (distinct - _distinct(sample.slice(0, half))) / (len(sample) - half)
    if not 0 < new < 1:
        return rows if new else distinct
    values = 0.75 * len(sample) / -log(new)  # as the share is that of the second half, on average
    return max(distinct, round(values * -expm1(-rows / values)))


def _distinct(values: pa.ChunkedArray) -> int:
    return int(pc.count_distinct(values, mode="all").as_py())
