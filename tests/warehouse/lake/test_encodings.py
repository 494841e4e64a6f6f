"""Columns are laid down by what they are, and come back as they were."""

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.lake.files.encodings import encodings_of

ROWS = 20_000


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
