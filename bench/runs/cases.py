"""The programs of the bench on one input: how each is started, and how what it made is checked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench.input.truth import Truth
from bench.runs.brokers import Broker
from bench.runs.checks import check_fetched, check_lake, check_parquet, check_rows
from bench.runs.child import Run, python, run_child

SITE: Final = "shop"


@dataclass(frozen=True, slots=True)
class Case:
    """One program on one input.

    Attributes:
        name: what the results call it.
        records: how many records go through it.
        command: makes its command, given a fresh folder.
        check: raises where what it made in that folder, or told, is not what the input holds.
        broker: the broker that it uses, if any.
        environment: what is set for it besides.
    """

    name: str
    records: int
    command: Callable[[Path], list[str]]
    check: Callable[[Path, Run], None]
    broker: Broker | None = None
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, folder: Path, core: int) -> Run:
        """Run it once in a fresh folder, measured, and check what it made."""
        folder.mkdir(parents=True)
        run = run_child(
            self.name,
            self.command(folder),
            records=self.records,
            core=core,
            folder=folder,
            broker=self.broker,
            environment=self.environment,
        )
        self.check(folder, run)
        return run


def footfall_ingest(name: str, broker: Broker, truth: Truth, *, program: str = "bench.ours.verb") -> Case:
    """Footfall: Kafka to located, scrubbed, committed rows in a fresh warehouse."""
    return Case(
        name,
        truth.records,
        lambda folder: python(program, "ingest", "--drain", "--data", folder / "data"),
        lambda folder, run: check_lake(run.case, folder / "data", truth),
        broker,
        {"FOOTFALL_KAFKA_BOOTSTRAP": broker.bootstrap, "FOOTFALL_SITE": SITE},
    )


def to_parquet(name: str, broker: Broker, truth: Truth, *words: str | Path) -> Case:
    """Give a peer that takes both topics to Parquet."""
    return Case(
        name,
        truth.records,
        lambda folder: python(f"bench.peers.{name}", broker.bootstrap, folder / "out", *words),
        lambda folder, run: check_parquet(run.case, folder / "out", truth, events=True),
        broker,
    )


def duckdb_file(log: Path, truth: Truth) -> Case:
    """Give the floor: DuckDB alone, file to Parquet."""
    return Case(
        "duckdb_file",
        truth.lines,
        lambda folder: python("bench.peers.duckdb_file", log, folder / "out"),
        lambda folder, run: check_parquet(run.case, folder / "out", truth, events=False),
    )


def fetching(name: str, module: str, broker: Broker, truth: Truth) -> Case:
    """Give a program that fetches both topics into Arrow and keeps nothing."""
    return Case(
        name,
        truth.records,
        lambda _: python(module, broker.bootstrap),
        lambda _, run: check_fetched(run, truth),
        broker,
    )


def footfall_ship(broker: Broker, log: Path, truth: Truth) -> Case:
    """Footfall: a log file to Kafka, redacted, keyed, acknowledged and noted."""
    return _sending(
        "footfall_ship",
        broker,
        truth,
        lambda folder: python("bench.ours.verb", "ship", "--site", SITE, "--data", folder / "data", log),
        {"FOOTFALL_KAFKA_BOOTSTRAP": broker.bootstrap},
    )


def send_loop(broker: Broker, log: Path, truth: Truth) -> Case:
    """Give a loop over `KafkaProducer.send`."""
    return _sending("send_loop", broker, truth, lambda _: python("bench.peers.send_loop", broker.bootstrap, log), {})


def _sending(
    name: str, broker: Broker, truth: Truth, command: Callable[[Path], list[str]], environment: Mapping[str, str]
) -> Case:
    before = 0

    def start(folder: Path) -> list[str]:
        nonlocal before
        before = broker.records("web_log")
        return command(folder)

    def check(_: Path, run: Run) -> None:
        check_rows(
            run.case, {"records in Kafka": broker.records("web_log") - before}, {"records in Kafka": truth.lines}
        )

    return Case(name, truth.lines, start, check, broker, environment)
