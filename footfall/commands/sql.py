"""`footfall sql`: one question to the warehouse."""

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import typer
from rich.table import Table
from rich.text import Text

from footfall.house import House
from footfall.terminal import ConfigOption, DataOption, err, out, print_json
from policy.errors import UsageError

Format = Literal["table", "csv", "parquet", "json"]


def command(
    question: Annotated[
        str, typer.Argument(metavar="SQL", help="One select statement; - reads it from standard input.")
    ],
    role: Annotated[str, typer.Option(help="Who asks: analyst, batch, privacy, …")] = "analyst",
    purpose: Annotated[
        str, typer.Option(help="What for; by default the role's own (geo_statistics, for batch operations).")
    ] = "",
    form: Annotated[Format, typer.Option("--format", help="How to print the answer.")] = "table",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the answer there.")
    ] = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Ask one question in SQL (DuckDB's) about the tables that a role may read for a purpose.

    The analyst sees released statistics only: geo_daily, page_daily, referrer_daily, agent_daily, missing_daily. No cell
    of them has fewer than k visitors of one day. The batch role sees rows: hits, intakes, dead_letters, and the
    view page_views. Every question is audited. --format json prints a list of objects, one a row.

    Examples:


      footfall sql "select country, sum(views) as views from geo_daily group by country order by views desc"

      footfall sql --role batch "select status, count(*) as hits from hits group by status order by hits desc"

      footfall sql --format csv -o pages.csv "select * from page_daily order by event_date, views desc, path"
    """
    text = sys.stdin.read() if question == "-" else question
    named = purpose or default_purpose(role)
    with House.open(data, config) as house, house.ask(role, named) as session:
        answer = session.query(text)
    if err.is_terminal and not purpose:
        err.print(f"[dim]role {role}, purpose {named}[/dim]")
    if output:
        _write(answer, form, output)
    elif form == "table":
        _print(answer)
    elif form == "json":
        print_json(as_objects(answer))
    elif form == "csv":
        pa_csv.write_csv(_plain(answer), pa.PythonFile(sys.stdout.buffer, "w"))
    else:
        pq.write_table(answer, pa.PythonFile(sys.stdout.buffer, "w"))


def default_purpose(role: str) -> str:
    """Name the purpose that a role has when none is said."""
    return "operations" if role in {"batch", "privacy"} else "profile" if role == "marketing" else "geo_statistics"


def as_objects(answer: pa.Table) -> list[dict[str, Any]]:
    """Give one object a row; maps become objects too."""
    maps = [field.name for field in answer.schema if pa.types.is_map(field.type)]
    return [
        {name: dict(value) if name in maps and value else value for name, value in row.items()}
        for row in answer.to_pylist()
    ]


def _write(answer: pa.Table, form: Format, path: Path) -> None:
    try:
        if form == "parquet":
            pq.write_table(answer, path)
        elif form == "csv":
            pa_csv.write_csv(_plain(answer), path)
        else:
            raise UsageError(f"--output writes csv or parquet, not {form}; add --format csv or --format parquet")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from error


def _plain(answer: pa.Table) -> pa.Table:
    """Turn maps and lists, which CSV has no form for, into text."""
    columns = [
        pa.array([None if value is None else str(value) for value in column.to_pylist()], pa.string())
        if pa.types.is_nested(column.type)
        else column
        for column in answer.columns
    ]
    return pa.table(columns, names=answer.column_names)


def _print(answer: pa.Table) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for field in answer.schema:
        is_number = (
            pa.types.is_integer(field.type) or pa.types.is_floating(field.type) or pa.types.is_decimal(field.type)
        )
        table.add_column(Text(field.name), justify="right" if is_number else "left", overflow="fold")
    for row in answer.to_pylist():
        table.add_row(*(Text("" if value is None else str(value)) for value in row.values()))
    out.print(table)
    out.print(f"[dim]{answer.num_rows:,} rows[/dim]")
