"""DuckDB over the lake: a connection that reaches nothing by itself, and tables of the lake as relations in it."""

import glob
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, Final

import duckdb
import pyarrow as pa

from warehouse.lake.table import LakeTable

CLOSED: Final[dict[str, Any]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,  # else a query could select from any Python variable
    "temp_directory": "",  # else rows could spill to a disk that nobody wipes
}


def open_duckdb(*, memory_max_mb: int | None = None, threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """Open an empty database in memory: no extensions but those built in, nothing spilled to disk, times in UTC.

    Without limits DuckDB takes all cores and up to 80 % of the memory.
    """
    limits: dict[str, Any] = {}
    if memory_max_mb is not None:
        limits["memory_limit"] = f"{memory_max_mb}MB"
    if threads is not None:
        limits["threads"] = threads
    connection = duckdb.connect(":memory:", config={**CLOSED, **limits})
    connection.execute("set TimeZone = 'UTC'")
    return connection


def view_files(
    connection: duckdb.DuckDBPyConnection,
    table: LakeTable,
    *,
    columns: Sequence[str],
    days: Collection[date] | None = None,
) -> list[str]:
    """Make the view `table.name` over the live files of `days` (or of all), with `columns` only; give the files.

    Without a file the view is empty and has the same types.
    """
    files = table.files(days)
    if not files:
        empty = connection.from_arrow(table.schema.empty_table().select(list(columns)))
        nothing = [f'cast(null as {kind}) as "{name}"' for name, kind in zip(columns, empty.types, strict=True)]
        connection.sql("select 1").project(", ".join(nothing)).filter("false").create_view(table.name, replace=True)
        return files
    partitioned = "event_date" in table.schema.names
    relation = connection.read_parquet([glob.escape(file) for file in files], hive_partitioning=partitioned)
    quoted = ", ".join(f'"{column}"' for column in columns)
    relation.project(quoted).create_view(table.name, replace=True)
    return files


def keep_rows(connection: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    """Keep a copy of `rows` as the table `name`, in the place of any before it."""
    connection.register("incoming", rows)
    connection.execute(f"drop table if exists {name}")
    connection.table("incoming").create(name)
    connection.unregister("incoming")
