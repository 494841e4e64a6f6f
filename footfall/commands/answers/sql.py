"""`footfall sql`: one question to the warehouse."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import typer
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from footfall.house import House
from footfall.terminal import ConfigOption, DataOption, count, err, json_text, out, print_json, print_table, show_table
from policy.errors import UsageError

Format = Literal["table", "csv", "parquet", "json"]
TEXT_WIDTH_MIN: Final = 16
"""Text may be folded to this width before a terminal is too narrow for a table."""


def command(
    question: Annotated[
        str, typer.Argument(metavar="SQL", help="One select statement; - reads it from standard input.")
    ],
    role: Annotated[str, typer.Option(metavar="ROLE", help="Who asks: analyst, batch, privacy, …")] = "analyst",
    purpose: Annotated[
        str,
        typer.Option(
            metavar="PURPOSE", help="What for; by default the role's own (geo_statistics, for batch operations)."
        ),
    ] = "",
    form: Annotated[
        Format | None,
        typer.Option("--format", help="The answer's form (default: what the file's name ends with, else table)."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write the answer there, as csv, parquet or json."),
    ] = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Ask one question in SQL (DuckDB's) about the tables that a role may read for a purpose.

    The analyst sees released statistics only: geo_daily, page_daily, referrer_daily, agent_daily, missing_daily. No cell
    of them has fewer than k visitors of one day. The batch role sees rows: hits, intakes, dead_letters, and the
    view page_views. Every question is audited. --format json prints a list of objects, one a row.
    Months whose key was destroyed are named on stderr, and in the audit, when a question reads a table that lost them.
    --output writes no answer that was made of customers' numbers or last pages: `footfall profile export` locks those.

    Examples:


      footfall sql "select country, sum(views) as views from geo_daily group by country order by views desc"

      footfall sql --role batch "select status, count(*) as hits from hits group by status order by hits desc"

      footfall sql -o pages.csv "select * from page_daily order by event_date, views desc, path"
    """
    form = form or _form_of(output)
    text = sys.stdin.read() if question == "-" else question
    named = purpose or default_purpose(role)
    answer = _ask(text, role, named, data, config, is_kept=output is not None)
    if err.is_terminal and not purpose:
        err.print(f"[dim]role {role}, purpose {named}[/dim]")
    if output:
        _write(distinct_names(answer), form, output)
        return
    if form == "table":
        _print(answer)
        return
    answer = distinct_names(answer)
    if form == "json":
        print_json(as_objects(answer))
    elif form == "csv":
        pa_csv.write_csv(_plain(answer), pa.PythonFile(sys.stdout.buffer, "w"))
    else:
        pq.write_table(answer, pa.PythonFile(sys.stdout.buffer, "w"))


def _ask(text: str, role: str, purpose: str, data: Path | None, config: Path | None, *, is_kept: bool) -> pa.Table:
    """Answer a question; one that does not let itself be stopped ends with this process, at once."""
    from warehouse.door import StuckError  # noqa: PLC0415 - `connect` and a worker import this module, and need not load DuckDB

    try:
        with House.open(data, config) as house, house.ask(role, purpose) as session:
            answer = session.query(text, is_kept=is_kept)
            for note in session.notes:
                err.print(f"footfall: {note}", markup=False, soft_wrap=True)
            return answer
    except StuckError as error:
        err.print(f"footfall: {error}", markup=False, soft_wrap=True)
        sys.stderr.flush()
        os._exit(error.exit_code)  # an orderly end would wait for the question


def default_purpose(role: str) -> str:
    """Name the purpose that a role has when none is said."""
    return "operations" if role in {"batch", "privacy"} else "profile" if role == "marketing" else "geo_statistics"


def as_objects(answer: pa.Table) -> list[dict[str, Any]]:
    """Give one object a row; maps become objects too."""
    maps = [field.name for field in answer.schema if pa.types.is_map(field.type)]
    return [
        {name: dict(value) if name in maps and value is not None else value for name, value in row.items()}
        for row in answer.to_pylist()
    ]


def distinct_names(answer: pa.Table) -> pa.Table:
    """Add numbers to names that came before (`n`, `n_1`), for forms in which a name stands once."""
    names: list[str] = []
    for name in answer.column_names:
        number, free = 0, name
        while free in names:
            number += 1
            free = f"{name}_{number}"
        names.append(free)
    return answer.rename_columns(names)


def _form_of(output: Path | None) -> Format:
    """Tell the form by the ending of the file's name."""
    endings: dict[str, Format] = {".csv": "csv", ".parquet": "parquet", ".json": "json"}
    return endings.get(output.suffix.lower(), "table") if output else "table"


def _write(answer: pa.Table, form: Format, path: Path) -> None:
    try:
        if form == "parquet":
            pq.write_table(answer, path)
        elif form == "csv":
            pa_csv.write_csv(_plain(answer), path)
        elif form == "json":
            path.write_text(json_text(as_objects(answer)))
        else:
            raise UsageError(
                f"--output writes csv, parquet or json; let {path.name} end so, or say which with --format"
            )
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {os.strerror(error.errno) if error.errno else error}") from error


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
    """Print a table, or a block a row on a terminal on which the columns have no room; a pipe has room for all."""
    columns = [[_text(value) for value in column.to_pylist()] for column in answer.columns]
    widths = [
        max([cell_len(field.name), *(cell_len(text) for text in texts)])
        for field, texts in zip(answer.schema, columns, strict=True)
    ]
    least = [
        min(width, max(cell_len(field.name), TEXT_WIDTH_MIN)) if pa.types.is_string(field.type) else width
        for field, width in zip(answer.schema, widths, strict=True)
    ]
    gaps = 2 * (len(widths) - 1)
    if out.is_terminal and sum(least) + gaps > out.width:
        for number, texts in enumerate(zip(*columns, strict=True), 1):
            print_table(f"row {number:,}", list(zip(answer.column_names, texts, strict=True)))
    else:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for field, width in zip(answer.schema, least, strict=True):
            table.add_column(
                Text(field.name),
                justify="right" if _is_number(field.type) else "left",
                overflow="fold",
                min_width=width,
            )
        for texts in zip(*columns, strict=True):
            table.add_row(*map(Text, texts))
        show_table(table)
    out.print(f"[dim]{count(answer.num_rows, 'row')}[/dim]")


def _text(value: object) -> str:
    """Write a value as SQL does."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))
