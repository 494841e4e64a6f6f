"""`footfall simulate`: seeded, realistic traffic of a shop."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from footfall.house import now
from footfall.simulate import Planted, write_web_log
from footfall.terminal import JsonOption, count, out, print_json, working
from policy.errors import UsageError

SEED: Final = 2010
DAYS: Final = 14
VISITORS_A_DAY: Final = 1500


def command(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="The folder for the log files; not the warehouse's.")
    ],
    source: Annotated[Literal["web_log"], typer.Option(help="The kind of records.")] = "web_log",
    seed: Annotated[int, typer.Option(help="The same seed and days give the same bytes.")] = SEED,
    days: Annotated[int, typer.Option(min=1, max=3660, help="How many days.")] = DAYS,
    start: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The first day (default: so that yesterday is the last)."),
    ] = None,
    visitors: Annotated[
        int, typer.Option(min=1, max=10_000_000, help="About how many people come on a day.")
    ] = VISITORS_A_DAY,
    compress: Annotated[bool, typer.Option("--gzip", help="Write .gz files.")] = False,
    proxy: Annotated[
        bool, typer.Option("--proxy", help="As seen behind a proxy that forwards the visitors' addresses.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Write the log files of a shop that does not exist, one a day, and say what was planted in them.

    Pages follow a Zipf law, visitors have one or two agents an address; there are bots, proxies, secrets in
    URLs, malformed and repeated lines. What was planted stands in planted.json beside the logs: how many lines must be kept,
    dropped or dead letters, and every secret that must be found nowhere afterwards.

    Examples:


      footfall simulate -o shop-logs

      footfall simulate -o shop-logs --days 60 --visitors 20000 --seed 7 --gzip
    """
    planted = WRITERS[source](
        output,
        seed=seed,
        start=start.date() if start else default_start(days),
        days=days,
        visitors=visitors,
        compress=compress,
        proxy=proxy,
    )
    if json:
        print_json(planted)
        return
    out.print(
        f"{count(planted.lines, 'line')} of {count(days, 'day')} in {output}; planted.json says what is in them",
        markup=False,
    )


def simulate(
    folder: Path, *, seed: int, start: date, days: int, visitors: int, compress: bool = False, proxy: bool = False
) -> Planted:
    """Write the files, with a bar on a terminal."""
    try:
        with working("Simulating") as bar:
            return write_web_log(
                folder,
                seed=seed,
                start=start,
                days=days,
                visitors_a_day=visitors,
                compress=compress,
                proxy=proxy,
                progress=bar,
            )
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written: {error.strerror or error}") from error


WRITERS: Final = {"web_log": simulate}


def default_start(days: int) -> date:
    """Choose the first day so that yesterday is the last one."""
    return now().date() - timedelta(days=days)
