"""DuckDB alone over the same Parquet files: a view, and one question so many times.

python -m bench.peers.duckdb_ask TABLE LIST TIMES SQL; LIST names the Parquet files of the table, one a line.
"""

import sys
from pathlib import Path

import duckdb

from bench.working import Work, ask_often


def ask(table: str, listed: Path, times: int, sql: str) -> None:
    """Ask one question so many times."""
    opened = Work()
    files = listed.read_text(encoding="utf-8").splitlines()
    with duckdb.connect(config={"threads": 2}) as connection:  # as many as a session of the door has
        connection.read_parquet(files, hive_partitioning=True).create_view(table)
        opened.end()
        ask_often(lambda: connection.sql(sql).to_arrow_table(), times, opened)


if __name__ == "__main__":
    ask(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
