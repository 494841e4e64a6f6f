"""What people see: progress on long work, small tables, and errors of one line."""

import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

DataOption = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="The warehouse's folder (default: $FOOTFALL_DATA or data/site)."),
]
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Settings (default: footfall.toml in this folder, if any)."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document for machines.")]


def print_json(value: Any) -> None:
    """Print one JSON document, indented, on standard output."""
    sys.stdout.write(json_text(value))


def json_text(value: Any) -> str:
    """Write one JSON document, indented and in the order of its keys, which become text."""
    plain = msgspec.to_builtins(value, str_keys=True)
    return msgspec.json.format(msgspec.json.encode(plain, order="sorted"), indent=2).decode() + "\n"


def program() -> str:
    """Name this program as the reader's shell finds it: `footfall`, or where it lies when it is not on the PATH."""
    if shutil.which("footfall"):
        return "footfall"
    if Path(sys.argv[0]).name == "footfall":
        return shlex.quote(sys.argv[0])
    return f"{shlex.quote(sys.executable)} -m footfall"


def print_table(title: str, rows: Sequence[tuple[str, str]]) -> None:
    """Print names and figures in two columns."""
    table = Table(title=title, title_justify="left", title_style="bold", show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, figure in rows:
        table.add_row(Text(name), Text(figure))
    out.print(table)


def count(number: int, noun: str) -> str:
    """Write a number with its noun: `1 line`, `10,000 lines`."""
    return f"{number:,} {noun if number == 1 else noun + 's'}"


def megabytes(size_bytes: int) -> str:
    """Write a size in megabytes."""
    return f"{size_bytes / 1e6:,.0f} MB" if size_bytes >= 1e6 else f"{size_bytes / 1e3:,.0f} kB"  # noqa: PLR2004


@contextmanager
def working(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on a terminal while something long runs; gives a function of what is done and what there is in all."""
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    ) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total or None)
