"""A policy gains columns: tables from before are given them, and their rows have nothing in them."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from threading import Barrier, Thread

import pyarrow as pa
import pytest
from deltalake import DeltaTable
from msgspec.structs import replace

from policy import Policy
from policy.model import Column
from tests.warehouse.lake.conftest import NOON, Clock, Keys
from warehouse.lake import Lake, LakeError, LakeTable
from warehouse.relations import open_duckdb, view_files, view_keyed

DAY = date(2026, 11, 20)
Make = Callable[[Policy], Lake]
GAINED = ("stored", "fields_dropped")


def with_columns(policy: Policy, name: str, change: Callable[[Column], Column | None]) -> Policy:
    """Give a policy in which one table's columns are changed or left out."""
    table = policy.tables[name]
    columns = tuple(changed for column in table.columns if (changed := change(column)))
    return replace(policy, tables={**policy.tables, name: replace(table, columns=columns)})


def without(policy: Policy, table: str, *names: str) -> Policy:
    return with_columns(policy, table, lambda column: None if column.name in names else column)


@pytest.fixture
def make(tmp_path: Path, clock: Clock, keys: Keys) -> Make:
    return lambda policy: Lake(tmp_path / "lake", policy, clock, keys)


def intake(table: LakeTable, offset: int, **values: object) -> None:
    row = {
        "intake": f"t/0/{offset}",
        "source": "web_log",
        "topic": "web_log",
        "topic_id": "t",
        "partition": 0,
        "offset_from": offset,
        "offset_next": offset + 1,
        "lines_in": 1,
        "kept": 1,
        "dropped": [],
        "dead_letters": [],
        "taken_at": NOON,
        "policy_version": "1.4",
        **values,
    }
    table.commit(table.stage(pa.Table.from_pylist([row], table.schema)), app_id="c/t/0", start=offset, end=offset + 1)


def test_a_warehouse_of_an_earlier_program_gains_the_columns_at_its_next_row(make: Make, policy: Policy) -> None:
    intake(make(without(policy, "intakes", *GAINED)).table("intakes"), 0)
    table = make(policy).table("intakes")
    assert table.read(columns=["intake", "stored"]).to_pylist() == [{"intake": "t/0/0", "stored": None}]
    intake(table, 1, stored=[("hits", 1)])
    rows = table.read(columns=["offset_from", "stored"]).to_pylist()
    assert {row["offset_from"]: row["stored"] for row in rows} == {0: None, 1: [("hits", 1)]}
    assert [field.name for field in DeltaTable(str(table.root)).schema().fields] == [*table_order(policy)]
    assert table.changed_days(0) == set()
    assert make(policy).table("intakes").mark("c/t/0") == 2


def table_order(policy: Policy) -> list[str]:
    """Give the columns as they stand in the grown table: the new ones last."""
    names = policy.tables["intakes"].names
    return [*(name for name in names if name not in GAINED), *GAINED]


def test_the_older_program_can_still_write(make: Make, policy: Policy) -> None:
    """While one worker has been brought up to date and another has not."""
    older = make(without(policy, "intakes", *GAINED)).table("intakes")
    intake(older, 0)
    intake(make(policy).table("intakes"), 1, stored=[("hits", 1)])
    intake(older, 2)
    rows = make(policy).table("intakes").read(columns=["offset_from", "stored"]).to_pylist()
    assert {row["offset_from"]: row["stored"] for row in rows} == {0: None, 1: [("hits", 1)], 2: None}


def test_two_workers_give_a_table_its_columns_at_once(make: Make, policy: Policy) -> None:
    intake(make(without(policy, "intakes", *GAINED)).table("intakes"), 0)
    start = Barrier(4)

    def work(number: int) -> None:
        table = make(policy).table("intakes")
        staged = table.stage(table.read())
        start.wait()
        table.commit(staged, app_id=f"c/t/{number + 1}", start=0, end=1)

    threads = [Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert make(policy).table("intakes").read().num_rows == 5


@pytest.mark.parametrize("older_rows", [0, 1])
def test_duckdb_shows_the_columns_too(make: Make, policy: Policy, older_rows: int) -> None:
    """Whether all files lack them or some do, and whichever file comes first."""
    intake(make(without(policy, "intakes", *GAINED)).table("intakes"), 0)
    table = make(policy).table("intakes")
    if not older_rows:
        intake(table, 1, stored=[("hits", 1)])
    columns = ["offset_from", "stored", "dropped"]
    answers = []
    for view in (view_files, view_keyed):
        with open_duckdb(threads=1) as connection:
            view(connection, table, columns=columns)
            asked = "select offset_from, stored['hits'], cardinality(dropped) from intakes order by offset_from"
            answers.append(connection.sql(asked).fetchall())
            assert connection.view("intakes").columns == columns
    assert answers[0] == answers[1] == ([(0, None, 0)] if older_rows else [(0, None, 0), (1, 1, 0)])


def test_a_compacted_day_has_the_columns(make: Make, policy: Policy, hits: Callable[..., pa.Table]) -> None:
    older = make(without(policy, "hits", "query")).table("hits")
    older.commit(older.stage(hits(DAY).drop_columns(["query"])), app_id="c/t/0", start=0, end=1)
    table = make(policy).table("hits")
    table.commit(table.stage(hits(DAY, query="q=1")), app_id="c/t/0", start=1, end=2)
    before = sorted(map(str, table.read().to_pylist()))
    assert table.compact(date(2026, 11, 21)).files_after == 1
    assert sorted(map(str, table.read().to_pylist())) == before


def test_a_column_that_may_not_be_empty_is_told(make: Make, policy: Policy) -> None:
    intake(make(without(policy, "intakes", "kept")).table("intakes"), 0)
    table = make(policy).table("intakes")
    with pytest.raises(LakeError, match="the policy declares kept, which may not be empty") as caught:
        intake(table, 1)
    assert "\n" not in str(caught.value)


def test_a_column_of_another_type_is_told(make: Make, policy: Policy) -> None:
    def other(column: Column) -> Column:
        return replace(column, type="string") if column.name == "kept" else column

    intake(make(with_columns(policy, "intakes", other)).table("intakes"), 0, kept="1")
    with pytest.raises(LakeError, match="the column kept is stored with another type than the policy declares"):
        intake(make(policy).table("intakes"), 1)


def test_the_log_calls_it_by_its_name(make: Make, policy: Policy) -> None:
    intake(make(without(policy, "intakes", *GAINED)).table("intakes"), 0)
    table = make(policy).table("intakes")
    intake(table, 1)
    commits = sorted((table.root / "_delta_log").glob("*.json"))
    told = [
        json.loads(line)["commitInfo"].get("op")
        for commit in commits
        for line in commit.read_text().splitlines()
        if '"commitInfo"' in line
    ]
    assert told[1:] == ["ingest", "columns", "ingest"]
