"""DuckDB over the lake: a connection that reaches nothing by itself, and tables of the lake as relations in it."""

import glob
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

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

    None of the columns may be personal. Without a file the view is empty and has the same types; a column that files lack,
    because it was declared after them, is null.
    """
    files = table.files(days)
    if files:
        partitioned = "event_date" in table.schema.names
        paths = [glob.escape(file) for file in files]
        # To unite schemas DuckDB opens every file again for every question, so it is asked to only where they differ.
        relation = connection.read_parquet(paths, hive_partitioning=partitioned, union_by_name=_differ(files))
    else:
        relation = connection.sql("select 1").filter("false")
    lacking = [name for name in columns if name not in relation.columns]
    kinds = connection.from_arrow(table.schema.empty_table().select(lacking)).types if lacking else []
    nulls = {name: f'cast(null as {kind}) as "{name}"' for name, kind in zip(lacking, kinds, strict=True)}
    relation.project(", ".join(nulls.get(name, f'"{name}"') for name in columns)).create_view(table.name, replace=True)
    return files


def view_keyed(
    connection: duckdb.DuckDBPyConnection,
    table: LakeTable,
    *,
    columns: Sequence[str],
    days: Collection[date] | None = None,
) -> None:
    """Make the view `table.name` over the live rows of `days` (or of all), with `columns`, read with their keys.

    The rows are not copied: each question reads what it needs. The view has no way to another column, file or key.

    Raises:
        LakeError: one of the columns is personal, and a key is destroyed, unknown or another one.
    """
    view_rows(connection, table.name, table.dataset(days, columns), columns)


def view_rows(connection: duckdb.DuckDBPyConnection, name: str, rows: ds.Dataset, columns: Sequence[str]) -> None:
    """Make the view `name` over some columns of a dataset, which lives as long as the view."""
    connection.from_arrow(rows).project(_quoted(columns)).create_view(name, replace=True)


def keep_rows(connection: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    """Keep a copy of `rows` as the table `name`, in the place of any before it."""
    connection.register("incoming", rows)
    connection.execute(f"drop table if exists {name}")
    connection.table("incoming").create(name)
    connection.unregister("incoming")


def _differ(files: Sequence[str]) -> bool:
    """Say whether some of the files have other columns than the first."""
    first = pq.read_metadata(files[0]).schema
    return any(not pq.read_metadata(file).schema.equals(first) for file in files[1:])


def _quoted(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)
