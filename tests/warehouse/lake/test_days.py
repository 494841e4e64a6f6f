"""Days are replaced whole, changes are read from the log, and orphans end."""

import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from policy import Policy
from policy.schemas import arrow_schema
from tests.warehouse.lake.conftest import NOON
from warehouse.lake import Lake

FIRST, SECOND, THIRD = date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22)
Hits = Callable[..., pa.Table]


@pytest.fixture
def cells(policy: Policy) -> Callable[[dict[date, int]], pa.Table]:
    """Make rows of a mart: so many views on each day."""

    def make(views: dict[date, int]) -> pa.Table:
        rows = [
            {
                "event_date": day,
                "site": "shop",
                "kind": "page",
                "status": 200,
                "is_bot": False,
                "requests": number,
                "bytes": 1,
                "policy_version": "1.4",
            }
            for day, number in views.items()
        ]
        return pa.Table.from_pylist(rows, schema=arrow_schema(policy, "status_daily"))

    return make


def test_replaced_days_change_and_others_stay(lake: Lake, cells: Callable[[dict[date, int]], pa.Table]) -> None:
    mart = lake.table("status_daily")
    mart.replace_days(cells({FIRST: 1, SECOND: 2, THIRD: 3}), [FIRST, SECOND, THIRD], watermarks={"hits": 4})
    mart.replace_days(cells({SECOND: 20}), [SECOND, THIRD], watermarks={"hits": 7})
    rows = mart.read(columns=["event_date", "requests"]).to_pylist()
    assert {row["event_date"]: row["requests"] for row in rows} == {FIRST: 1, SECOND: 20}
    assert mart.watermark("hits") == 7
    assert mart.days() == [FIRST, SECOND]


def test_changed_days_are_those_of_the_commits_since(lake: Lake, hits: Hits) -> None:
    table = lake.table("hits")
    table.commit(table.stage(hits(FIRST, SECOND)), app_id="c/t/0", start=0, end=2)
    seen = table.version
    assert table.changed_days(seen) == set()
    table.commit(table.stage(hits(SECOND)), app_id="c/t/0", start=2, end=3)
    assert table.changed_days(seen) == {SECOND}
    assert table.changed_days(-1) == {FIRST, SECOND}


def test_when_the_log_was_cleaned_every_day_has_changed(lake: Lake, hits: Hits) -> None:
    table = lake.table("hits")
    for offset, day in enumerate((FIRST, SECOND, THIRD)):
        table.commit(table.stage(hits(day)), app_id="c/t/0", start=offset, end=offset + 1)
    assert table.days() == [FIRST, SECOND, THIRD]  # read while all commits are there, as behind a checkpoint
    (table.root / "_delta_log" / f"{2:020d}.json").unlink()
    assert table.changed_days(1) == {FIRST, SECOND, THIRD}


def test_files_are_chosen_by_day(lake: Lake, hits: Hits) -> None:
    table = lake.table("hits")
    table.commit(table.stage(hits(FIRST, SECOND)), app_id="c/t/0", start=0, end=2)
    assert [Path(file).parent.name for file in table.files([SECOND])] == ["event_date=2026-11-21"]
    assert table.read([FIRST], ["event_date"]).column("event_date").to_pylist() == [FIRST]
    assert table.files([THIRD]) == []
    assert table.read([THIRD]).schema.names == table.schema.names


def test_vacuum_removes_old_orphans_and_nothing_else(lake: Lake, hits: Hits) -> None:
    table = lake.table("hits")
    table.commit(table.stage(hits(FIRST)), app_id="c/t/0", start=0, end=1)
    young, old = (table.root / table.stage(hits(FIRST)).files[0].path for _ in range(2))
    long_ago = datetime(2020, 1, 1, tzinfo=UTC).timestamp()
    os.utime(old, (long_ago, long_ago))
    live = Path(table.files()[0])
    os.utime(live, (long_ago, long_ago))
    assert lake.vacuum() == 1
    assert (live.exists(), young.exists(), old.exists()) == (True, True, False)


def test_dates_and_times_come_back_as_they_went(lake: Lake, hits: Hits) -> None:
    table = lake.table("hits")
    table.commit(table.stage(hits(FIRST)), app_id="c/t/0", start=0, end=1)
    (row,) = table.read().to_pylist()
    assert (row["event_date"], row["taken_at"]) == (FIRST, NOON)
