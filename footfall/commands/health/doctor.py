"""`footfall doctor`: what is wrong, and how to mend it."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.table import Table
from rich.text import Text

from footfall.doctor.line import STATES, Line
from footfall.terminal import ConfigOption, DataOption, JsonOption, count, out, print_json, show_table, working

STYLES: Final = {"ok": "green", "warning": "yellow", "failure": "bold red"}


def command(
    log: Annotated[
        Path | None,
        typer.Option("--log", metavar="FILE", help="Ask for the places of this log's clients, in memory only."),
    ] = None,
    database: Annotated[
        Path | None,
        typer.Option("--database", metavar="FILE", help="Compare the places with those of another .mmdb."),
    ] = None,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Look at everything that can be wrong, say how it is in numbers, and what to do.

    Settings, machine, keys, registry, lake, Kafka, accounts, bots and places: each line is ok, a warning or a failure. Nothing
    is changed; our own broker is started for the look if it has records. Places: how many answers would be different if addresses
    were masked or another database were asked. No address is stored or shown. Exit code 1 when there is a failure. With
    --json: `lines` (area, name, state, said, number, remedy), `states` and `fidelity`.

    Examples:


      footfall doctor

      footfall doctor --log /var/log/nginx/access.log --database GeoLite2-City.mmdb
    """
    from footfall.doctor.examine import examine  # noqa: PLC0415 - it loads all that there is

    with working("Looking") as bar:
        found = examine(data, config, bar, log=log, database=database)
    states = Counter(line.state for line in found.lines)
    if json:
        print_json(
            {"lines": found.lines, "states": {state: states[state] for state in STATES}, "fidelity": found.fidelity}
        )
    else:
        _print(found.lines)
        out.print(
            f"{states['ok']} ok, {count(states['warning'], 'warning')}, {count(states['failure'], 'failure')}",
            markup=False,
        )
    if states["failure"]:
        raise typer.Exit(1)


def _print(lines: Sequence[Line]) -> None:
    """Print one row a line, what to do below it, and each area's name once."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    before = ""
    for line in lines:
        said = Text(line.said)
        if line.remedy:
            said.append(f"\n→ {line.remedy}", style=STYLES[line.state])
        table.add_row(
            "" if line.area == before else line.area, Text(line.state, STYLES[line.state]), Text(line.name), said
        )
        before = line.area
    show_table(table)
