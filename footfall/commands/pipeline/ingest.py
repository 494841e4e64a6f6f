"""`footfall ingest`: Kafka to the lake."""

import signal
from collections.abc import Callable
from typing import Annotated, Final

import typer

from footfall.house import House, now, seconds
from footfall.memory import clear_away, give_back, read_alone, search_less
from footfall.terminal import ConfigOption, DataOption, JsonOption, count, err, print_json, reaching, say, working
from ingest.compaction import Compaction
from ingest.consume import Totals, Worker
from ingest.event_ids import EventIds
from ingest.gathering import Flush, gathered_bytes_max
from ingest.proxies import ClientTally
from ingest.sinks import Sinks
from ingest.wire.connection import Connection
from ingest.wire.source import Claim, Group
from ingest.wire.topics import ensure_topics
from policy.errors import UsageError

COMPACTING: Final = "compacting.lock"
SOURCES: Final = ("registration", "transaction", "clickstream", "web_log")
DAY_MS: Final = 24 * 3600 * 1000


def command(
    drain: Annotated[bool, typer.Option("--drain", help="Stop when everything that waits has been taken.")] = False,
    partitions: Annotated[
        str, typer.Option(metavar="0,2", help="Take these partitions of each topic, without a group.")
    ] = "",
    accept_gap: Annotated[
        bool,
        typer.Option("--accept-gap", help="Go on where Kafka removed unread records, and count them as lost."),
    ] = False,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Take log lines, events, orders and registrations from Kafka, keep what the policy allows, and write it to the warehouse.

    Topics have the names of their sources: web_log, clickstream, transaction, registration. Log lines and events of casual
    visitors become rows without a name, customers' events and orders rows under a pseudonym, registrations go to the registry.

    Rows and the mark that says how far they go are one commit, so a crash at any moment loses and repeats nothing:
    start the command again. Without --drain it runs until it is told to stop (Ctrl-C), which commits what it holds.

    Several workers without --drain share the partitions as one consumer group: start as many as there are partitions, at
    most. When one ends or dies, the others take over. With --drain a worker takes all partitions, without the group: it
    must not wait for the session of a member that died. With --partitions it takes the named ones, and another program
    sees to it that each is taken by one worker; a second one is refused before it can write.

    Examples:

      footfall ingest --drain

      footfall ingest --data /srv/footfall

      footfall ingest --partitions 0,2
    """
    numbers = partition_numbers(partitions)
    read_alone()
    with House.open(data, config, create=True) as house, reaching(house) as connection, working("Ingesting") as bar:
        search_less()  # what is open now stays open
        totals = ingest(house, connection, drain=drain, bar=bar, numbers=numbers, accept_gap=accept_gap)
    if json:
        print_json(as_json(totals))
        return
    say(
        f"{count(totals.lines_in, 'line')} in = {totals.kept:,} kept + {sum(totals.dropped.values()):,} dropped + {sum(totals.dead_letters.values()):,} dead letters"
    )


def ingest(
    house: House,
    connection: Connection,
    *,
    drain: bool,
    bar: Callable[[int, int], None],
    numbers: frozenset[int] = frozenset(),
    accept_gap: bool = False,
) -> Totals:
    """Run one worker until it has caught up (`drain`) or a signal stops it.

    With `drain` or `numbers` it takes all partitions, or those, by itself: a drain must not wait until the group has
    noticed that a member died. Otherwise it joins the group.

    A signal before it has caught up ends the program, once what was taken is committed: nobody who waits for a drain
    may take half of it for the whole.
    """
    stop = _Stop()
    tally = ClientTally()
    limits, kafka = house.settings.ingest, house.settings.kafka
    compaction = Compaction(house.lake, house.data / COMPACTING, _warn)
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
        warn=_warn,
        note=lambda kind, line: _note(house, kind, line),
        tidy=lambda intakes: _tidy(compaction, intakes),
        accept_gap=accept_gap,
        skip_corrupt=limits.corrupt_batches == "skip",
    )
    gathered = gathered_bytes_max(limits.memory_mib)
    flush = Flush(limits.rows_max, limits.bytes_max, limits.age_max_s, gathered)
    group = None if drain or numbers else Group(kafka.group, kafka.session_s)
    ensure_sources(house, connection)
    with stop:
        totals = worker.run(Claim({source: source for source in SOURCES}, group, numbers), drain=drain, flush=flush)
    tally.report(house.registry, now())
    if drain and stop.number:
        raise SystemExit(128 + stop.number)
    return totals


def ensure_sources(house: House, connection: Connection) -> None:
    """Make the topics that are missing, one for every source and of its name."""
    retention_ms = house.policy.windows.raw_topics_days * DAY_MS
    ensure_topics(connection, SOURCES, partitions=house.settings.kafka.partitions, retention_ms=retention_ms)


def partition_numbers(text: str) -> frozenset[int]:
    """Read `0,2`.

    Raises:
        UsageError: it is no list of numbers.
    """
    try:
        numbers = frozenset(int(one) for one in text.split(",")) if text else frozenset[int]()
    except ValueError:
        numbers = frozenset({-1})
    if any(number < 0 for number in numbers):
        raise UsageError(f"--partitions: {text!r} is no list of partitions; write it like 0,2")
    return numbers


def as_json(totals: Totals) -> dict[str, object]:
    """Give the accounts of a call as one document."""
    return {
        "lines_in": totals.lines_in,
        "kept": totals.kept,
        "dropped": dict(totals.dropped),
        "dead_letters": dict(totals.dead_letters),
        "intakes": totals.intakes,
    }


def _tidy(compaction: Compaction, intakes: int) -> None:
    clear_away()
    if compaction.after(intakes):
        give_back()


def _warn(line: str) -> None:
    err.print(f"footfall: {line}", markup=False, soft_wrap=True)


def _note(house: House, kind: str, line: str) -> None:
    """Say something once for all time, and keep it among the findings."""
    if all((found.kind, found.detail) != (kind, line) for found in house.registry.findings()):
        house.registry.note_finding(kind, "", line, now())
        _warn(line)


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
