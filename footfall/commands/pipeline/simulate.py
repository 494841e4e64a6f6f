"""`footfall simulate`: seeded, realistic traffic of a shop, with or without its customers."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeAlias

import typer

from footfall.commands.pipeline.ship import source_partitions
from footfall.house import House, now, now_ms
from footfall.settings import load_settings
from footfall.simulate import Planted, PlantedCustomers, send_customers, write_customers, write_web_log
from footfall.simulate.customers import SOURCES
from footfall.terminal import ConfigOption, DataOption, JsonOption, count, out, print_json, reaching, working
from ingest.ship.events import EventCleaner
from ingest.wire.produce import ColumnarProducer
from policy import Policy, load_policy
from policy.errors import UsageError

SEED: Final = 2010
DAYS: Final = 14
VISITORS_A_DAY: Final = 1500
CUSTOMERS: Final = 2000
Source: TypeAlias = Literal["web_log", "customers", "clickstream", "registration", "transaction"]


def command(
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            help="The folder for the files; not the warehouse's. Customers' records go to Kafka without it.",
        ),
    ] = None,
    source: Annotated[
        Source, typer.Option(help="The kind of records; customers: clickstream, registration and transaction together.")
    ] = "web_log",
    seed: Annotated[int, typer.Option(metavar="NUMBER", help="The same seed and days give the same bytes.")] = SEED,
    days: Annotated[int, typer.Option(min=1, max=3660, metavar="NUMBER", help="How many days.")] = DAYS,
    start: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], metavar="DAY", help="The first day (default: so that yesterday is the last)."
        ),
    ] = None,
    visitors: Annotated[
        int,
        typer.Option(
            min=1, max=10_000_000, metavar="NUMBER", help="About how many people without an account come on a day."
        ),
    ] = VISITORS_A_DAY,
    customers: Annotated[
        int,
        typer.Option(
            min=1,
            max=1_000_000,
            metavar="NUMBER",
            help="How many people hold an account; a sixth of them comes on a day.",
        ),
    ] = CUSTOMERS,
    compress: Annotated[bool, typer.Option("--gzip", help="Write .gz files; only of web_log.")] = False,
    proxy: Annotated[
        bool,
        typer.Option("--proxy", help="As seen behind a proxy that forwards the visitors' addresses; only of web_log."),
    ] = False,
    live: Annotated[
        bool,
        typer.Option("--live", help="Send the last half day and the late events as live ones, not as history."),
    ] = False,
    raw: Annotated[
        bool,
        typer.Option("--raw", help="Send credentials and undeclared fields to Kafka too, as a careless sender would."),
    ] = False,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Make traffic of a shop that does not exist, and say what was planted in it.

    web_log: combined log files, one a day. Pages follow a Zipf law, visitors have one or two agents an address; there are
    bots, proxies, secrets in URLs, malformed and repeated lines. What was planted stands in planted.json beside the logs: how
    many lines must be kept, dropped or dead letters, and every secret that must be found nowhere afterwards.

    customers: people and sellers register, browse with and without their name, and buy; there are children, opt-outs,
    repeated, late and malformed records, secrets in every kind of record. They go to the warehouse's Kafka, marked as
    history, so that no age makes them late; with -o they are files of JSON lines for `footfall ship`, and planted-customers.json
    says what must be known of each customer. With --json the same is printed. Sending again repeats the ids of all events.

    Examples:

      footfall simulate -o shop-logs

      footfall simulate -o shop-logs --days 60 --visitors 20000 --seed 7 --gzip

      footfall simulate --source customers --data data/demo
    """
    first = start.date() if start else default_start(days)
    if source == "web_log":
        if output is None or live or raw:
            raise UsageError("--source web_log writes files: name their folder with -o, and leave --live and --raw out")
        logs = simulate(output, seed=seed, start=first, days=days, visitors=visitors, compress=compress, proxy=proxy)
        _report(
            logs,
            f"{count(logs.lines, 'line')} of {count(days, 'day')} in {output}; planted.json says what is in them",
            json=json,
        )
        return
    if compress or proxy:
        raise UsageError(f"--gzip and --proxy are for --source web_log, not for {source}")
    sources = SOURCES if source == "customers" else (source,)
    size = Size(seed, first, days, customers, visitors)
    if output is not None:
        if live or raw:
            raise UsageError(
                "--live and --raw are for Kafka; files hold all as it is, and `footfall ship` says what is history"
            )
        policy = load_policy(load_settings(os.environ, config).policy)
        planted = simulate_files(output, policy, sources, size)
    else:
        with House.open(data, config, create=True) as house:
            planted = simulate_to_kafka(house, sources, size, live=live, raw=raw)
    records = sum(one.records for one in planted.sources.values())
    where = f"in {output}; planted-customers.json says what is in them" if output else f"sent to {', '.join(sources)}"
    _report(planted, f"{count(records, 'record')} of {count(days, 'day')} {where}", json=json)


@dataclass(frozen=True, slots=True)
class Size:
    """How much is simulated, from which seed: see `write_customers`."""

    seed: int
    start: date
    days: int
    customers: int
    visitors_a_day: int

    def as_arguments(self) -> dict[str, Any]:
        """Give the numbers by the names under which the simulation takes them."""
        return asdict(self)


def simulate(
    folder: Path, *, seed: int, start: date, days: int, visitors: int, compress: bool = False, proxy: bool = False
) -> Planted:
    """Write log files, with a bar on a terminal."""
    with _writing(folder), working("Simulating") as bar:
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


def simulate_files(folder: Path, policy: Policy, sources: Sequence[str], size: Size) -> PlantedCustomers:
    """Write customers' records into files, with a bar on a terminal."""
    with _writing(folder), working("Simulating") as bar:
        return write_customers(folder, policy, sources=sources, progress=bar, **size.as_arguments())


def simulate_to_kafka(
    house: House, sources: Sequence[str], size: Size, *, live: bool = False, raw: bool = False
) -> PlantedCustomers:
    """Send customers' records to the topics of their sources, with a bar on a terminal.

    Args:
        house: the warehouse whose Kafka takes them.
        sources: registration, transaction, clickstream, or some of them.
        size: how much.
        live: the last half day and the late events are not marked as historic; the period should have ended less than a
            day ago, or live events are late too.
        raw: what no sender of ours lets through goes to Kafka too.
    """
    if live:
        _check_live(size)
    cleaners = {source: EventCleaner(house.policy, source) for source in sources}
    with reaching(house) as connection, working("Simulating") as bar, ColumnarProducer(connection, now_ms) as producer:
        return send_customers(
            producer,
            {source: source_partitions(house, connection, source) for source in sources},
            house.policy,
            backfill=not live,
            clean=None if raw else lambda source, lines: cleaners[source](lines).lines,
            progress=bar,
            **size.as_arguments(),
        )


def default_start(days: int) -> date:
    """Choose the first day so that yesterday is the last one."""
    return now().date() - timedelta(days=days)


def _check_live(size: Size) -> None:
    last, today = size.start + timedelta(days=size.days - 1), now().date()
    if last != today - timedelta(days=1):
        raise UsageError(
            f"--live needs a period that ends yesterday, {today - timedelta(days=1)}; this one ends {last}"
        )


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written: {error.strerror or error}") from error


def _report(planted: Planted | PlantedCustomers, line: str, *, json: bool) -> None:
    if json:
        print_json(planted)
    else:
        out.print(line, markup=False, soft_wrap=True)
