"""Columns are laid down by what they are, and come back as they were."""

from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from warehouse.lake.files.encodings import encodings_of

ROWS = 20_000
SEED = 20261126


def rows() -> pa.Table:
    return pa.table(
        {
            "path": pa.array([f"/page-{number % 7}" for number in range(ROWS)]).dictionary_encode(),
            "visitor": pa.array([number // 4 * 7_919_000_077 for number in range(ROWS)], pa.int64()),
            "event": pa.array([number * 7_919_000_077 for number in range(ROWS)], pa.int64()),
            "event_time": pa.array([number // 3 * 1_000_000 for number in range(ROWS)], pa.timestamp("us", "UTC")),
            "taken_at": pa.array([7] * ROWS, pa.timestamp("us", "UTC")),
            "counts": pa.array([{"a": 1}] * ROWS, pa.map_(pa.string(), pa.int64())),
            "newest": pa.array([[{"path": "/a"}]] * ROWS, pa.list_(pa.struct([("path", pa.string())]))),
        }
    )


def test_what_repeats_gets_a_dictionary_and_the_rest_differences() -> None:
    chosen = encodings_of(rows())
    assert chosen.others == dict.fromkeys(("event", "event_time"), "DELTA_BINARY_PACKED")
    nested = ["counts.key_value.key", "counts.key_value.value", "newest.list.element.path"]
    assert chosen.dictionaries == ["path", "visitor", "taken_at", *nested]


def test_only_what_gets_smaller_is_compressed() -> None:
    """Not what has one value, nor differences of whole numbers, which are packed to the bit; times are whole seconds."""
    constant = rows().append_column("site", pa.array(["shop"] * ROWS).dictionary_encode())
    nested = ["counts.key_value.key", "counts.key_value.value", "newest.list.element.path"]
    assert encodings_of(constant).compressed == ["path", "visitor", "event_time", *nested]


def test_a_file_that_will_be_joined_is_compressed_where_it_gets_much_smaller() -> None:
    many = pa.array([f"/page-{number % 1500}" for number in range(ROWS)]).dictionary_encode()
    table = (
        rows().append_column("many", many).append_column("is_bot", pa.array([number % 9 > 0 for number in range(ROWS)]))
    )
    nested = ["counts.key_value.key", "counts.key_value.value", "newest.list.element.path"]
    assert encodings_of(table, briefly=True).compressed == ["visitor", "event_time", *nested, "many", "is_bot"]
    assert encodings_of(table).compressed == ["path", "visitor", "event_time", *nested, "many", "is_bot"]


def test_times_of_which_there_are_few_get_a_dictionary() -> None:
    """When rows were taken: once an intake, and a joined file has many of these."""
    kind = pa.timestamp("us", "UTC")
    table = pa.table({"taken_at": pa.array([number * 7919 % 50 * 60_000_000 for number in range(ROWS)], kind)})
    assert encodings_of(table) == (["taken_at"], {}, ["taken_at"])


def test_a_few_rows_that_will_be_joined_are_not_looked_at() -> None:
    few = encodings_of(rows().slice(0, 1023), briefly=True)
    assert (few.others, few.compressed) == ({}, [])
    assert few.dictionaries[:5] == ["path", "visitor", "event", "event_time", "taken_at"]
    assert encodings_of(rows().slice(0, 1023)).compressed


@pytest.mark.parametrize(
    ("least", "greatest", "distinct", "is_dictionary"),
    [
        (200, 500, 9, True),  # statuses: four bits a place, nine a difference
        (0, 100_000, 500, True),  # sizes of files
        (0, 10_000_000, 20_000, False),  # sizes of pages, each written anew
        (0, 2**63 - 1, 3000, True),  # numbers of visitors
        (-(2**63), 2**63 - 1, 20_000, True),  # they come again, though seldom
        (-(2**63), 2**63 - 1, 10**9, False),  # numbers of events
        (2**63 - 1, 2**63 - 1, 1, True),
    ],
)
def test_whole_numbers_get_what_is_smaller(least: int, greatest: int, distinct: int, *, is_dictionary: bool) -> None:
    chance = Random(SEED)
    values = [chance.randint(least, greatest) for _ in range(min(distinct, ROWS))]
    values = values if distinct > ROWS else chance.choices(values, k=ROWS)
    table = pa.table({"number": pa.array(values, pa.int64())})
    chosen = encodings_of(table)
    assert (chosen.dictionaries, chosen.others) == (
        (["number"], {}) if is_dictionary else ([], {"number": "DELTA_BINARY_PACKED"})
    )
    sizes = {}
    for names, others in ((["number"], None), ([], {"number": "DELTA_BINARY_PACKED"})):
        sink = pa.BufferOutputStream()
        options = {"compression": "none", "dictionary_pagesize_limit": 2**23}
        pq.write_table(table, sink, use_dictionary=names, column_encoding=others, **options)
        sizes[bool(names)] = sink.tell()
    assert (sizes[True] <= sizes[False]) is is_dictionary


def test_all_of_it_comes_back_and_the_named_columns_are_there() -> None:
    table, chosen, sink = rows(), encodings_of(rows()), pa.BufferOutputStream()
    pq.write_table(table, sink, use_dictionary=chosen.dictionaries, column_encoding=chosen.others)
    with pq.ParquetFile(sink.getvalue()) as file:
        leaves = [file.metadata.schema.column(place).path for place in range(file.metadata.num_columns)]
        encoded = {path: file.metadata.row_group(0).column(place).encodings for place, path in enumerate(leaves)}
        assert file.read().cast(table.schema).equals(table)
    assert {path for path, used in encoded.items() if "RLE_DICTIONARY" in used} == set(chosen.dictionaries)
    assert {path for path, used in encoded.items() if "DELTA_BINARY_PACKED" in used} == set(chosen.others)


def test_a_table_without_rows_has_encodings_too() -> None:
    assert encodings_of(rows().slice(0, 0)).others == {}
