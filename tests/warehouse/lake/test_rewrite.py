"""A day is written again in one commit: compacted without a change, or with rows left out; appends go on meanwhile."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from threading import Barrier, Thread

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from policy import Policy
from tests.warehouse.lake.conftest import Clock, Keys
from warehouse.lake import Compacted, Lake, LakeError, LakeTable, rewrite

FIRST, SECOND, OPEN = date(2026, 11, 19), date(2026, 11, 20), date(2026, 11, 23)
CLOSED = date(2026, 11, 21)
Rows = Callable[..., pa.Table]


def append(table: LakeTable, rows: pa.Table, app_id: str = "c/t/0") -> None:
    start = table.mark(app_id) or 0
    assert table.commit(table.stage(rows), app_id=app_id, start=start, end=start + 1)


def in_any_order(rows: pa.Table) -> list[str]:
    return sorted(map(str, rows.to_pylist()))


def on_disk(table: LakeTable) -> int:
    return len(list(table.root.rglob("*.parquet")))


def test_closed_days_become_one_sorted_file_each(lake: Lake, hits: Rows) -> None:
    table = lake.table("hits")
    for country in ("SE", "DE", "FR"):
        append(table, hits(FIRST, SECOND, country=country))
    append(table, hits(OPEN))
    append(table, hits(OPEN))
    before, version, size = in_any_order(table.read()), table.version, table.size()
    assert table.compact(CLOSED) == Compacted(days=2, files_before=6, files_after=2)
    assert in_any_order(table.read()) == before
    assert table.size()["rows"] == size["rows"]
    assert table.read([FIRST]).column("country").to_pylist() == ["DE", "FR", "SE"]
    assert table.changed_days(version) == set()
    assert table.compact(CLOSED) == Compacted(0, 0, 0)


def test_a_file_keeps_its_statistics_and_its_encodings(lake: Lake, hits: Rows) -> None:
    table = lake.table("hits")
    for status in (404, 200):
        append(table, hits(FIRST, status=status))
    table.compact(CLOSED)
    (file,) = table.files()
    adds = [
        json.loads(line)["add"]
        for line in (table.root / "_delta_log" / f"{table.version:020d}.json").read_text().splitlines()
        if '"add"' in line
    ]
    stats = json.loads(adds[0]["stats"])
    assert (stats["numRecords"], stats["minValues"]["status"], stats["maxValues"]["status"]) == (2, 200, 404)
    assert not adds[0]["dataChange"]
    schema = pq.read_schema(file)
    assert pa.types.is_dictionary(schema.field("path").type)
    assert schema.field("path").metadata[b"clause"] == b"R13"


def test_the_open_day_is_compacted_when_it_has_many_files(lake: Lake, hits: Rows) -> None:
    table = lake.table("hits")
    for _ in range(3):
        append(table, hits(OPEN))
    assert table.compact(CLOSED, files_min=4) == Compacted(0, 0, 0)
    assert table.compact(CLOSED, files_min=3) == Compacted(1, 3, 1)


def test_a_table_without_days_is_compacted_when_it_has_many_files(lake: Lake, policy: Policy) -> None:
    table = lake.table("dead_letters")
    row = {
        "topic": "web_log",
        "topic_id": "t",
        "partition": 0,
        "offset": 1,
        "source": "web_log",
        "reason": "not_a_log_line",
        "shape": "a",
        "taken_at": Clock()(),
        "policy_version": policy.version,
    }
    for offset in (3, 1, 2):
        append(table, pa.Table.from_pylist([{**row, "offset": offset}], table.schema))
    assert table.compact(CLOSED) == Compacted(0, 0, 0)
    assert table.compact(CLOSED, files_min=3) == Compacted(1, 3, 1)
    assert table.read(columns=["offset"]).column("offset").to_pylist() == [1, 2, 3]


def test_a_large_day_becomes_several_files(lake: Lake, hits: Rows) -> None:
    """What fits the limit together becomes one file; a file that is large already is left alone."""
    table = lake.table("hits")
    for _ in range(5):
        append(table, hits(FIRST))
    one = table.size()["bytes"] // 5
    assert table.compact(CLOSED, file_bytes_max=2 * one + 200) == Compacted(1, 4, 2)
    assert (table.size()["files"], table.size()["rows"]) == (3, 5)
    assert table.compact(CLOSED, file_bytes_max=one) == Compacted(0, 0, 0)


def test_a_file_of_many_rows_is_left_alone_however_small(
    lake: Lake, hits: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rewrite, "FILE_ROWS_MAX", 4)
    table = lake.table("hits")
    for count in (3, 3, 2, 2):
        append(table, hits(*[FIRST] * count))
    assert table.compact(CLOSED) == Compacted(1, 2, 1)
    assert sorted(pq.read_metadata(file).num_rows for file in table.files()) == [3, 3, 4]


def test_days_under_two_keys_become_one_file_under_the_newest(lake: Lake, events: Rows, keys: Keys) -> None:
    table = lake.table("customer_events")
    append(table, events([FIRST], [5, 3]))
    keys.generation = 2
    append(table, events([FIRST], [4, 9]))
    before = in_any_order(table.read())
    assert lake.compact(CLOSED) == Compacted(1, 2, 1)
    (file,) = table.files()
    assert pq.read_schema(file).metadata[b"footfall.key_id"] == b"profile/2026-11/2"
    del keys.held["profile/2026-11/1"]
    assert in_any_order(table.read()) == before


def test_nobodys_rows_are_put_side_by_side(lake: Lake, events: Rows, policy: Policy) -> None:
    """Who cannot read the customer could else see which rows are one customer's."""
    table = lake.table("customer_events")
    append(table, events([FIRST], [7, 7, 8, 7, 8]))
    append(table, events([FIRST], [8, 7, 7]))
    table.compact(CLOSED)
    times = table.read().column("event_time").to_pylist()
    assert times == sorted(times)
    with pytest.raises(LakeError, match="rows in the order of customer would tell whose they are"):
        table.rewrite_day(
            FIRST, keep=lambda rows: pc.is_valid(rows.column("customer")), operation="x", order=["customer"]
        )
    assert policy.tables["customer_events"].columns[0].name == "customer"


def test_a_mart_is_not_stored_in_the_order_of_its_customers(lake: Lake) -> None:
    """The model gives its rows by customer; on every day the same place would be the same one's."""
    table = lake.table("customer_daily")
    row = {field.name: 1 for field in table.schema} | {"categories": [], "country": "DE", "policy_version": "1.4"}
    rows = [{**row, "event_date": FIRST, "customer": number, "views": 9 - number} for number in range(1, 6)]
    table.replace_days(pa.Table.from_pylist(rows, table.schema), [FIRST], watermarks={})
    assert table.read(columns=["customer"]).column("customer").to_pylist() == [5, 4, 3, 2, 1]


def test_rows_leave_only_from_files_that_have_them(lake: Lake, events: Rows) -> None:
    table = lake.table("customer_events")
    append(table, events([FIRST, SECOND], [1, 2]))
    append(table, events([FIRST], [2, 3]))
    untouched = table.files([SECOND])
    version = table.version
    gone = table.rewrite_day(FIRST, keep=lambda rows: pc.not_equal(rows.column("customer"), 1), operation="erase")
    assert gone == 1
    assert sorted(table.read([FIRST]).column("customer").to_pylist()) == [2, 2, 3]
    assert table.files([SECOND]) == untouched
    assert table.changed_days(version) == {FIRST}
    assert table.rewrite_day(FIRST, keep=lambda rows: pc.less(rows.column("customer"), 0), operation="erase") == 3
    assert table.files([FIRST]) == []


def test_what_is_added_while_rows_leave_is_looked_at_too(lake: Lake, events: Rows) -> None:
    """The keeper is asked about a file; before it answers, another one with the same customer comes."""
    table = lake.table("customer_events")
    append(table, events([FIRST], [1, 2]))
    late = [events([FIRST], [1, 4]), events([FIRST], [1])]
    other = Lake(lake.root, lake.policy, Clock(), lake._keys).table("customer_events")

    def keep(rows: pa.Table) -> pa.ChunkedArray:
        if late:
            append(other, late.pop())
        return pc.not_equal(rows.column("customer"), 1)

    assert table.rewrite_day(FIRST, keep=keep, operation="erase") == 3
    assert sorted(table.read().column("customer").to_pylist()) == [2, 4]


def test_a_rewrite_repeats_the_marks_when_it_shall_fence(lake: Lake, events: Rows) -> None:
    table = lake.table("customer_events")
    for partition in range(3):
        for _ in range(12):  # past a checkpoint
            append(table, events([FIRST], [1, partition]), f"c/t/{partition}")
    table.rewrite_day(FIRST, keep=lambda rows: pc.not_equal(rows.column("customer"), 1), operation="erase", fence=True)
    log = (table.root / "_delta_log" / f"{table.version:020d}.json").read_text()
    marks = [json.loads(line)["txn"] for line in log.splitlines() if '"txn"' in line]
    repeated = {mark["appId"]: mark["version"] for mark in marks}
    assert {f"c/t/{partition}": 12 for partition in range(3)}.items() <= repeated.items()


def test_days_are_removed_in_one_commit(lake: Lake, hits: Rows) -> None:
    table = lake.table("hits")
    append(table, hits(FIRST, FIRST, SECOND, OPEN))
    version = table.version
    assert table.remove_days([FIRST, SECOND, date(2020, 1, 1)]) == 3
    assert (table.days(), table.version) == ([OPEN], version + 1)
    assert table.remove_days([FIRST]) == 0
    assert table.version == version + 1


def test_a_lost_compaction_leaves_no_file_behind(
    lake: Lake, hits: Rows, policy: Policy, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else compacts the day while ours reads it: ours begins again, and finds nothing to do."""
    table = lake.table("hits")
    for _ in range(3):
        append(table, hits(FIRST))
    read = LakeTable._read_again
    other = Lake(lake.root, policy, clock).table("hits")

    def overtaken(self: LakeTable, paths: list[str]) -> pa.Table:
        monkeypatch.setattr(LakeTable, "_read_again", read)
        assert other.compact(CLOSED) == Compacted(1, 3, 1)
        return read(self, paths)

    monkeypatch.setattr(LakeTable, "_read_again", overtaken)
    assert table.compact(CLOSED) == Compacted(0, 0, 0)
    assert (table.size()["rows"], on_disk(table)) == (3, 3 + 1)


def test_compactions_at_once_lose_no_row(lake: Lake, hits: Rows, policy: Policy, clock: Clock) -> None:
    table = lake.table("hits")
    for number in range(6):
        append(table, hits(FIRST, SECOND, bytes=number))
    before, start, failed = in_any_order(table.read()), Barrier(3), list[LakeError]()

    def work() -> None:
        mine = Lake(lake.root, policy, clock).table("hits")
        start.wait()
        try:
            mine.compact(CLOSED)
        except LakeError as error:
            failed.append(error)

    threads = [Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    table.refresh()
    assert failed == []
    assert in_any_order(table.read()) == before
    assert table.size()["files"] == 2


APPEND = """
import sys
from datetime import UTC, datetime
from pathlib import Path
import pyarrow.parquet as pq
from policy import load_policy
from warehouse.lake import Lake
lake = Lake(Path(sys.argv[1]), load_policy(), lambda: datetime(2026, 11, 23, 12, tzinfo=UTC))
table, rows = lake.table("hits"), pq.read_table(sys.argv[2])
print("ready", flush=True)
for offset in range(40):
    assert table.commit(table.stage(rows), app_id="c/t/9", start=offset, end=offset + 1)
"""


def test_another_process_appends_while_days_are_compacted(lake: Lake, hits: Rows, tmp_path: Path) -> None:
    table = lake.table("hits")
    append(table, hits(FIRST))
    pq.write_table(hits(FIRST, SECOND), tmp_path / "rows.parquet")
    compacted = Compacted(0, 0, 0)
    words = [sys.executable, "-c", APPEND, str(lake.root), str(tmp_path / "rows.parquet")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert other.stdout.readline() == "ready\n"
        while other.poll() is None:
            compacted += lake.table("hits").compact(CLOSED)
    assert other.returncode == 0
    table = lake.table("hits")
    table.compact(CLOSED)
    assert (table.size(), table.mark("c/t/9")) == ({**table.size(), "rows": 81, "files": 2}, 40)
    assert table.read([SECOND]).num_rows == 40
    assert compacted.days > 2
