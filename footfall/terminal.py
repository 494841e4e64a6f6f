"""What people see: progress on long work, small tables, and errors of one line.

rich is loaded by the first who shows something that needs it: it is 25 ms of a start, and a worker's output goes into a pipe.
"""

import os
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TextIO

import msgspec
import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from footfall.house import House
    from ingest.wire.connection import Connection

PIPE_WIDTH: Final = 100_000
"""Columns that a pipe or a file has."""
TOLD: Final = ("FORCE_COLOR", "TTY_COMPATIBLE")
"""Variables that tell rich whether it writes to a terminal."""


class Stream:
    """Standard output or standard error as rich writes to it."""

    def __init__(self, *, is_error: bool = False) -> None:
        self._is_error = is_error

    @cached_property
    def console(self) -> "Console":
        """What rich writes with."""
        from rich.console import Console  # noqa: PLC0415 - see above

        return Console(stderr=self._is_error, highlight=False)

    @property
    def file(self) -> TextIO:
        """What is written to."""
        return sys.stderr if self._is_error else sys.stdout

    @property
    def is_terminal(self) -> bool:
        """Say whether people look at it: rich decides, but that a pipe is none needs no rich."""
        is_pipe = not self.file.isatty() and not any(name in os.environ for name in TOLD)
        return not is_pipe and self.console.is_terminal

    @property
    def width(self) -> int:
        """How many columns a line has."""
        return self.console.width

    def print(self, *shown: Any, **options: Any) -> None:
        """Show texts, tables and what else rich knows, with its options."""
        self.console.print(*shown, **options)


out: Final = Stream()
err: Final = Stream(is_error=True)

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


def viewer() -> str:
    """Name the program that opens a page in the reader's browser: `xdg-open` where there is one, else `open`."""
    return "xdg-open" if shutil.which("xdg-open") else "open"


def print_table(title: str, rows: Sequence[tuple[str, str]]) -> None:
    """Print names and figures in two columns."""
    from rich.table import Table  # noqa: PLC0415 - see above
    from rich.text import Text  # noqa: PLC0415

    if title:
        out.print(Text(title, "bold"), soft_wrap=True)
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, figure in rows:
        table.add_row(Text(name), Text(figure))
    show_table(table)


def show_table(table: "Table") -> None:
    """Print a table in the terminal's width; into a pipe or file one line a row, however long, without blanks at its end."""
    if out.is_terminal:
        out.print(table)
        return
    from rich.console import Console  # noqa: PLC0415 - see above

    paper = StringIO()
    Console(file=paper, width=PIPE_WIDTH, highlight=False).print(table)
    out.file.writelines(f"{line.rstrip()}\n" for line in paper.getvalue().rstrip("\n").split("\n"))


def say(sentence: str) -> None:
    """Print a sentence: on a terminal broken between words, into a pipe or file as one line."""
    if out.is_terminal:
        out.print(sentence, markup=False)
    else:
        out.file.write(f"{sentence}\n")
        out.file.flush()  # now, where it can be told that nobody reads any more


@contextmanager
def reaching(house: "House") -> Iterator["Connection"]:
    """Reach Kafka; on a terminal something moves while our own broker is fetched, the first time, and started."""
    with ExitStack() as stack:
        missing = house.download_bytes()
        if missing:
            err.print(f"  The first run fetches Apache Kafka: {megabytes(missing)}, kept for all later runs.")
        with working("Starting Kafka") as bar:
            connection = stack.enter_context(house.kafka(lambda _, done, total: bar(done, total)))
        yield connection


def count(number: int, noun: str) -> str:
    """Write a number with its noun: `1 line`, `10,000 lines`."""
    return f"{number:,} {noun if number == 1 else noun + 's'}"


def megabytes(size_bytes: int) -> str:
    """Write a size in megabytes."""
    return f"{size_bytes / 1e6:,.0f} MB" if size_bytes >= 1e6 else f"{size_bytes / 1e3:,.0f} kB"  # noqa: PLR2004


@contextmanager
def working(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on a terminal while something long runs; gives a function of what is done and what there is in all."""
    if not err.is_terminal:
        yield lambda _, __: None
        return
    from rich.progress import (  # noqa: PLC0415 - see above
        BarColumn,
        Progress,
        SpinnerColumn,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=err.console,
        transient=True,
    ) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total or None)
