"""What was encrypted under a destroyed key is passed over, counted, and let go; nothing else is touched (R48)."""

from datetime import date
from pathlib import Path

import pytest

from policy import Policy
from tests.warehouse.lake.conftest import DAY, NEXT_MONTH, NOON, Clock, Events, Keys, put
from tests.warehouse.lake.test_encryption import profile
from warehouse.lake import Lake

OCTOBER = "profile/2026-10/1"


@pytest.fixture
def lost(lake: Lake, events: Events, keys: Keys) -> Lake:
    """Give a lake with three rows of October under a destroyed key, one of October under the next, and one of November."""
    put(lake, "customer_events", events([DAY, NEXT_MONTH], [1]))
    put(lake, "customer_events", events([DAY], [2, 3]), start=1)
    keys.destroy(OCTOBER)
    keys.generation = 2
    put(lake, "customer_events", events([DAY], [4]), start=2)
    return lake


def people(lake: Lake, days: list[date] | None = None) -> list[int]:
    return sorted(lake.table("customer_events").read(days, ["customer"]).column("customer").to_pylist())


def test_reading_goes_on_without_what_is_lost(lost: Lake) -> None:
    assert people(lost) == [1, 4]
    assert people(lost, [DAY]) == [4]
    assert lost.table("customer_events").lost.months() == {"2026-10": NOON.date()}


def test_a_day_of_which_all_is_lost_is_empty(lake: Lake, events: Events, keys: Keys) -> None:
    put(lake, "customer_events", events([DAY], [1]))
    keys.destroy(OCTOBER)
    assert people(lake) == []
    assert lake.table("customer_events").read().schema.names == lake.table("customer_events").schema.names


def test_letting_go_is_one_commit_that_counts_its_rows_and_no_days(lost: Lake) -> None:
    table = lost.table("customer_events")
    before = table.version
    assert table.lost.let_go() == 3
    assert (table.version, table.rows_removed("destroy"), table.size()["rows"]) == (before + 1, 3, 2)
    assert table.changed_days(before) == set()
    assert people(lost) == [1, 4]
    assert table.lost.months() == {"2026-10": NOON.date()}
    assert table.lost.let_go() == 0
    assert table.version == before + 1


def test_rewriting_leaves_lost_files_to_be_counted(lost: Lake, events: Events, keys: Keys) -> None:
    """A file that is written again without the rows that nobody can read would lose them without a word."""
    put(lost, "customer_events", events([DAY], [5]), start=3)
    table = lost.table("customer_events")
    assert table.compact(date(2027, 1, 1)).files_before == 2
    assert table.rewrite_day(DAY, keep=lambda rows: rows.column("customer").to_numpy() != 4, operation="erase") == 1
    assert (table.lost.let_go(), table.rows_removed("destroy"), table.rows_removed("erase")) == (3, 3, 1)
    assert people(lost) == [1, 5]
    assert keys.gone.keys() == {OCTOBER}


def test_a_table_without_days_loses_no_month(lake: Lake, policy: Policy, keys: Keys) -> None:
    """It is made anew as a whole, under the next key."""
    table = lake.table("customer_profiles")
    table.replace_days(profile(policy, 7, "/x"), None, watermarks={})
    keys.destroy("profile/2026-11/1")
    assert table.read().num_rows == 0
    assert table.lost.months() == {}
    assert table.lost.let_go() == 1
    keys.generation = 2
    table.replace_days(profile(policy, 7, "/x"), None, watermarks={})
    assert table.read().num_rows == 1


def test_plain_tables_lose_nothing(lake: Lake) -> None:
    assert lake.table("hits").lost.actions() == []
    assert lake.table("hits").lost.months() == {}


def test_without_keys_nobody_can_say_what_is_lost(lake: Lake, policy: Policy, clock: Clock, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="only be stored and read with keys"):
        _ = Lake(tmp_path / "other", policy, clock).table("customer_events").lost
    assert lake.table("customer_events").lost.months() == {}
