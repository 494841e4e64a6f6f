"""DuckDB alone over the same Parquet files: a view, and one question so many times.

python -m bench.peers.duckdb_ask TABLE FOLDER TIMES SQL; every Parquet file below the folder is a part of the table.
"""

import json
import sys
import time
from pathlib import Path

import duckdb

from bench.working import Work


def ask(table: str, folder: Path, times: int, sql: str) -> None:
    """Ask; the only figure of the answer must not change."""
    begun_s = time.process_time()
    files = sorted(map(str, folder.glob("event_date=*/*.parquet")))  # not the checkpoints of the table's log
    with duckdb.connect(config={"threads": 2}) as connection:  # as many as a session of the door has
        connection.read_parquet(files, hive_partitioning=True).create_view(table)
        opening_s = time.process_time() - begun_s
        work = Work()
        answers = {connection.sql(sql).to_arrow_table().column(0).to_pylist()[0] for _ in range(times)}
        work.end()
    told = {"work_cpu_s": work.cpu_s, "opening_cpu_s": opening_s, "answers": sorted(answers)}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    ask(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
