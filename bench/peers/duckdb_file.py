"""Peer: DuckDB alone, one log file → Parquet; no Kafka, no Python object per line.

python -m bench.peers.duckdb_file FILE FOLDER
"""

import sys
from pathlib import Path

import duckdb

from bench.working import Work

QUESTION = Path(__file__).with_name("log_lines.sql")


def run(log: Path, folder: Path) -> Work:
    """Take all lines of a file."""
    work = Work()
    (folder / "web_log").mkdir(parents=True)
    database = duckdb.connect()
    database.execute("SET threads = 1; SET TimeZone = 'UTC'; SET preserve_insertion_order = false")
    database.execute(
        f"""CREATE VIEW lines AS SELECT line FROM read_csv(
            '{log}', columns = {{'line': 'VARCHAR'}}, delim = chr(1), quote = '', escape = '', header = false, auto_detect = false)"""  # noqa: S608 - our own path
    )
    path = folder / "web_log" / "00000.parquet"
    database.execute(f"COPY ({QUESTION.read_text()}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)").fetchall()
    work.end()
    return work


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2])).tell()
