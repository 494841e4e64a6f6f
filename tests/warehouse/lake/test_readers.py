"""Who reads encrypted files: our own readers, which end well, and engines that have no key."""

import subprocess
import sys

import pyarrow.compute as pc
import pytest

from tests.warehouse.lake.conftest import DAY, NEXT_MONTH, PERSON, Events, Keys, put
from warehouse.lake import Lake
from warehouse.lake.files import encryption
from warehouse.relations import open_duckdb, view_keyed


def test_whoever_reads_asks_python_for_no_key(lake: Lake, events: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    """DuckDB holds Python's lock while pyarrow begins to read for it: had pyarrow to ask for a key, both would wait for ever."""
    put(lake, "customer_events", events([DAY, NEXT_MONTH], [PERSON] * 30))
    rows = lake.table("customer_events").dataset(columns=["customer", "event_date"])

    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(encryption._Client, "unwrap_key", never)
    monkeypatch.setattr(encryption._Opener, "__call__", never)
    assert rows.count_rows(filter=pc.field("customer") == PERSON) == 60
    assert rows.to_table().num_rows == 60


def test_keys_leave_the_memory_with_their_reader(lake: Lake, events: Events) -> None:
    """The library itself never lets go of what it calls to unwrap a key."""
    put(lake, "customer_events", events([DAY, NEXT_MONTH], [PERSON]))
    lake.table("customer_events").read()
    with open_duckdb(threads=1) as connection:
        view_keyed(connection, lake.table("customer_events"), columns=["customer"])
        connection.sql("select * from customer_events limit 1").fetchall()
        assert len(encryption._OPENERS) == 1
    idle = len(encryption._IDLE)
    encryption._let_go()
    assert len(encryption._OPENERS) == 0
    assert len(encryption._IDLE) >= max(idle, 1)


LEAVE = """
import sys
from footfall.lean import keep_pandas_out
keep_pandas_out()
from datetime import UTC, datetime
from pathlib import Path
from policy import load_policy
from warehouse.lake import Lake
from warehouse.relations import open_duckdb, view_keyed
class Keys:
    def key_by_id(self, key_id):
        return bytes.fromhex(sys.argv[2])
    def destroyed(self, purpose):
        return {}
lake = Lake(Path(sys.argv[1]), load_policy(), lambda: datetime(2026, 11, 23, tzinfo=UTC), Keys())
with open_duckdb(threads=2) as connection:
    view_keyed(connection, lake.table("customer_events"), columns=["customer", "path"])
    print(connection.sql("select * from customer_events limit 1").fetchall())
"""


def test_a_program_ends_while_pyarrow_still_reads_ahead(lake: Lake, events: Events, keys: Keys) -> None:
    """A thread that let go of the keys while Python ends would abort it."""
    keys.held["profile/2026-10/1"] = bytes(range(16))
    for start in range(12):
        put(lake, "customer_events", events([DAY], list(range(5000))), start)
    words = [sys.executable, "-c", LEAVE, str(lake.root), bytes(range(16)).hex()]
    for _ in range(3):
        ended = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
        assert ended.returncode == 0, ended.stderr
        assert "/games" in ended.stdout


TRIES = {
    "pyarrow reads": "print(pq.read_table(file, columns=['customer']).num_rows)",
    "pyarrow filters": "print(ds.dataset(file).to_table(filter=pc.field('customer') == 5).num_rows)",
    "pyarrow looks at the column": "print(pq.ParquetFile(file).metadata.row_group(0).column(0).statistics)",
    "DuckDB reads": "print(duckdb.read_parquet(file).aggregate('min(customer)').fetchall())",
    "DuckDB filters": "print(duckdb.read_parquet(file).filter('customer > 5').aggregate('count(*)').fetchall())",
    "DuckDB has a key": "duckdb.execute(\"pragma add_parquet_key('k', '0123456789abcdef')\");"
    "print(duckdb.sql(f\"select customer from read_parquet('{file}', encryption_config = {{footer_key: 'k'}})\").fetchall())",
    "DuckDB over pyarrow": "rows = ds.dataset(file); print(duckdb.from_arrow(rows).aggregate('max(customer)').fetchall())",
}
PLAIN = {
    "pyarrow": "print(pq.read_table(file, columns=['path']).to_pylist())",
    "DuckDB": "print(duckdb.read_parquet(file).aggregate('min(path), count(*)').fetchall())",
}


def child(code: str, file: str) -> subprocess.CompletedProcess[str]:
    """Run a few lines in a process of their own, for what they do may end or stop it."""
    imports = (
        "from footfall.lean import keep_pandas_out; keep_pandas_out()\n"  # half of the time, for nothing
        "import sys, duckdb, pyarrow.compute as pc, pyarrow.dataset as ds, pyarrow.parquet as pq; file = sys.argv[1]\n"
    )
    try:
        return subprocess.run(
            [sys.executable, "-c", imports + code, file], capture_output=True, text=True, timeout=20, check=False
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess([], 1, "", "")


@pytest.mark.parametrize("code", TRIES.values(), ids=TRIES.keys())
def test_no_engine_reads_a_personal_column_without_its_key(lake: Lake, events: Events, code: str) -> None:
    put(lake, "customer_events", events([DAY], [PERSON, 5]))
    ended = child(code, lake.table("customer_events").files()[0])
    assert ended.returncode != 0
    assert str(PERSON) not in ended.stdout + ended.stderr


@pytest.mark.parametrize("code", PLAIN.values(), ids=PLAIN.keys())
def test_every_engine_reads_the_plain_columns(lake: Lake, events: Events, code: str) -> None:
    put(lake, "customer_events", events([DAY], [PERSON, 5]))
    ended = child(code, lake.table("customer_events").files()[0])
    assert ended.returncode == 0
    assert "/games" in ended.stdout
