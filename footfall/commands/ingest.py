"""`footfall ingest`: Kafka to the lake."""

import signal
from collections.abc import Callable
from typing import Annotated, Final

import typer

from footfall.house import House, now, seconds
from footfall.terminal import ConfigOption, DataOption, JsonOption, count, out, print_json, working
from ingest.consume import Flush, Totals, Worker
from ingest.event_ids import EventIds
from ingest.proxies import ClientTally
from ingest.sinks import Sinks
from ingest.wire.connection import Connection
from ingest.wire.records import Partition
from ingest.wire.topics import describe_topics, ensure_topics

SOURCES: Final = ("registration", "transaction", "clickstream", "web_log")
DAY_MS: Final = 24 * 3600 * 1000


def command(
    drain: Annotated[bool, typer.Option("--drain", help="Stop when everything that waits has been taken.")] = False,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Take log lines, events, orders and registrations from Kafka, keep what the policy allows, and write it to the warehouse.

    Topics have the names of their sources: web_log, clickstream, transaction, registration. Log lines and events of casual
    visitors become rows without a name, customers' events and orders rows under a pseudonym, registrations go to the registry.

    Rows and the mark that says how far they go are one commit, so a crash at any moment loses and repeats nothing:
    start the command again. Without --drain it runs until it is told to stop (Ctrl-C), which commits what it holds.

    Examples:

      footfall ingest --drain

      footfall ingest --data /srv/footfall
    """
    with House.open(data, config, create=True) as house, house.kafka() as connection, working("Ingesting") as bar:
        totals = ingest(house, connection, drain=drain, bar=bar)
    if json:
        print_json(as_json(totals))
        return
    out.print(
        f"{count(totals.lines_in, 'line')} in = {totals.kept:,} kept + {sum(totals.dropped.values()):,} dropped + {sum(totals.dead_letters.values()):,} dead letters"
    )


def ingest(house: House, connection: Connection, *, drain: bool, bar: Callable[[int, int], None]) -> Totals:
    """Run one worker over all partitions until it has caught up (`drain`) or a signal stops it.

    A signal before it has caught up ends the program, once what was taken is committed: nobody who waits for a drain
    may take half of it for the whole.
    """
    stop = _Stop()
    tally = ClientTally()
    worker = Worker(
        connection=connection,
        sinks=Sinks(house.lake, house.subjects),
        event_ids=EventIds(house.lake),
        context=lambda intake, taken_at, is_seen: house.context(intake, taken_at, is_seen, tally.add),
        origins=house.registry.origins,
        site=house.settings.site,
        now=now,
        seconds=seconds,
        stopping=stop.asked,
        progress=lambda done, waiting: bar(done, done + waiting),
    )
    limits = house.settings.ingest
    flush = Flush(limits.rows_max, limits.bytes_max, limits.age_max_s)
    with stop:
        totals = worker.run(all_partitions(house, connection), drain=drain, flush=flush)
    tally.report(house.registry, now())
    if drain and stop.number:
        raise SystemExit(128 + stop.number)
    return totals


def all_partitions(house: House, connection: Connection) -> list[Partition]:
    """Give the partitions of every source that is built, each source's topic having its name; makes missing topics."""
    retention_ms = house.policy.windows.raw_topics_days * DAY_MS
    ensure_topics(connection, SOURCES, partitions=house.settings.kafka.partitions, retention_ms=retention_ms)
    return describe_topics(connection, {source: source for source in SOURCES})


def as_json(totals: Totals) -> dict[str, object]:
    """Give the accounts of a call as one document."""
    return {
        "lines_in": totals.lines_in,
        "kept": totals.kept,
        "dropped": dict(totals.dropped),
        "dead_letters": dict(totals.dead_letters),
        "intakes": totals.intakes,
    }


class _Stop:
    """Turns the signals that end a program into a wish that the worker asks for between polls.

    Attributes:
        number: the signal that came last; 0 for none.
    """

    def __init__(self) -> None:
        self.number = 0
        self._before: dict[int, signal._HANDLER] = {}

    def __enter__(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._note)

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def asked(self) -> bool:
        return self.number != 0

    def _note(self, number: int, _: object) -> None:
        self.number = number
