"""Rows are parted by day into files, each with its own rows and nothing of others."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.lake.files.stage import Staging

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAYS = [date(2026, 2, 27) + timedelta(days=number) for number in range(4)]
SCHEMA = pa.schema(
    [
        pa.field("number", pa.int32(), nullable=False, metadata={"clause": "R1"}),
        pa.field("path", pa.string(), metadata={"clause": "R2"}),
        pa.field("event_date", pa.date32(), nullable=False, metadata={"clause": "R3"}),
    ],
    metadata={"about": "visitors"},
)
ORDERED = st.lists(st.sampled_from(DAYS), min_size=1, max_size=12).map(sorted)
ROWS = ORDERED | ORDERED.map(lambda days: days[::-1]) | st.lists(st.sampled_from(DAYS), min_size=1, max_size=12)


def rows_of(days: list[date], *, dictionary: bool) -> pa.Table:
    """Make rows with an entry more in the dictionary than one of them has, in two chunks."""
    path = pa.array([f"/{number % 3}" for number in range(len(days))] + ["/of-a-row-that-left"])
    path = path.dictionary_encode()[:-1] if dictionary else path[:-1]
    columns = {
        "number": pa.array(range(len(days)), pa.int32()),
        "path": path,
        "event_date": pa.array(days, pa.date32()),
    }
    table = pa.table(columns)
    half = len(days) // 2
    return pa.concat_tables([table.slice(0, half), table.slice(half)])


@given(days=ROWS, kind=st.sampled_from(["plain", "dictionary"]), briefly=st.booleans())
def test_each_day_is_a_file_of_its_rows_in_order(
    days: list[date], kind: str, tmp_path_factory: pytest.TempPathFactory, *, briefly: bool
) -> None:
    root, rows = tmp_path_factory.mktemp("table"), rows_of(days, dictionary=kind == "dictionary")
    staged = Staging(root, SCHEMA, ("number",), None).stage(rows, NOON, briefly=briefly)
    assert [file.partition_values for file in staged.files] == [{"event_date": str(day)} for day in sorted(set(days))]
    for file in staged.files:
        day = date.fromisoformat(file.partition_values["event_date"] or "")
        wanted = rows.filter(pc.equal(rows.column("event_date"), pa.scalar(day)))
        found = pq.ParquetFile(root / file.path).read()
        assert found.column("number").to_pylist() == wanted.column("number").to_pylist()
        assert found.column("path").to_pylist() == wanted.column("path").to_pylist()
        assert file.size == (root / file.path).stat().st_size
        assert [field.metadata for field in found.schema] == [
            SCHEMA.field(name).metadata for name in ("number", "path")
        ]
        assert (root / file.path).stat().st_mode & 0o077 == 0


def test_a_dictionary_that_other_days_filled_does_not_follow_a_few_rows(tmp_path: Path) -> None:
    days = [DAYS[0]] * 50 + [DAYS[1]] * 2
    paths = pa.array([f"/page-of-the-first-day-{number}" for number in range(50)] + ["/a", "/b"]).dictionary_encode()
    rows = rows_of(days, dictionary=True).set_column(1, "path", paths)
    first, second = Staging(tmp_path, SCHEMA, (), None).stage(rows, NOON, briefly=True).files
    assert b"page-of-the-first-day" in (tmp_path / first.path).read_bytes()
    assert b"page-of-the-first-day" not in (tmp_path / second.path).read_bytes()


def test_texts_of_several_dictionaries_get_one(tmp_path: Path) -> None:
    """Files that are joined have one each, and Parquet would write all texts behind the first out in full."""
    parts = [
        rows_of([DAYS[0]] * 2000, dictionary=False).set_column(
            1, "path", pa.array([f"/{intake}"] * 2000).dictionary_encode()
        )
        for intake in range(3)
    ]
    (file,) = Staging(tmp_path, SCHEMA, (), None).stage(pa.concat_tables(parts), NOON).files
    with pq.ParquetFile(tmp_path / file.path) as stored:
        assert stored.read().column("path").to_pylist() == [f"/{intake}" for intake in range(3) for _ in range(2000)]
        assert stored.metadata.row_group(0).column(1).total_uncompressed_size < 6000
