"""The worker: take an intake, reduce it, commit every sink with its mark; then take the next."""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ingest.event_ids import EventIds, Seen
from ingest.reduce import Reduced, reduce_intake
from ingest.sinks import Sinks
from ingest.wire.connection import Connection
from ingest.wire.records import Intake, Partition, Records
from ingest.wire.source import Source, bounds
from transform.context import Context
from warehouse.registry import Origin

REGISTRATION: Final = "registration"
POLL_MS: Final = 500
SILENCE_MAX_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Flush:
    """When an intake is full: by rows, by bytes, or by the age of its first record."""

    rows_max: int = 200_000
    bytes_max: int = 64 * 1024 * 1024
    age_max_s: float = 5.0


@dataclass(slots=True)
class Totals:
    """What one call of the worker has done; `lines_in = kept + dropped + dead letters`."""

    lines_in: int = 0
    kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    dead_letters: Counter[str] = field(default_factory=Counter)
    intakes: int = 0

    def add(self, reduced: Reduced) -> None:
        """Add the accounts of one intake."""
        self.intakes += 1
        for row in reduced.tables["intakes"].select(["lines_in", "kept", "dropped", "dead_letters"]).to_pylist():
            self.lines_in += row["lines_in"]
            self.kept += row["kept"]
            self.dropped.update(dict(row["dropped"]))
            self.dead_letters.update(dict(row["dead_letters"]))


@dataclass(slots=True)
class _Gathering:
    """Records of one partition on their way to the next intake."""

    offset: int
    cut_at: int | None
    parts: list[Records] = field(default_factory=list)
    rows: int = 0
    bytes: int = 0
    begun_s: float = 0.0

    def add(self, records: Records, at_s: float) -> None:
        if not self.parts:
            self.begun_s = at_s
        self.parts.append(records)
        self.rows += len(records)
        self.bytes += records.bytes

    def is_full(self, flush: Flush, at_s: float) -> bool:
        old = bool(self.parts) and at_s - self.begun_s >= flush.age_max_s
        return old or self.rows >= flush.rows_max or self.bytes >= flush.bytes_max


@dataclass(frozen=True, slots=True)
class Worker:
    """Everything that a worker needs of the world.

    Attributes:
        connection: the cluster.
        sinks: where intakes go.
        event_ids: which events came before.
        context: makes the circumstances of an intake from its id, its time and the question which events came before.
        origins: reads the files known to the registry anew.
        site: the site of lines without a key.
        now: the clock.
        seconds: a clock that never goes back.
        stopping: asked between polls; True ends the work after what was gathered is committed.
        progress: called after each commit with lines done and lines known to be waiting.
    """

    connection: Connection
    sinks: Sinks
    event_ids: EventIds
    context: Callable[[str, datetime, Seen], Context]
    origins: Callable[[], dict[int, Origin]]
    site: str
    now: Callable[[], datetime]
    seconds: Callable[[], float]
    stopping: Callable[[], bool]
    progress: Callable[[int, int], None]

    def run(self, partitions: list[Partition], *, drain: bool, flush: Flush) -> Totals:
        """Take all records of `partitions`, from where the sinks stand; with `drain` stop when caught up.

        Raises:
            LostRecordsError: Kafka no longer has the next records.
            FencedError: another worker took over a partition.
            IngestError: Kafka does not answer any more (with `drain`; without it the worker waits until it does).
        """
        totals = Totals()
        starts = {part: self.sinks.start(part, *ends) for part, ends in bounds(self.connection, partitions).items()}
        gatherings = {part: _Gathering(start.offset, start.cut_at) for part, start in starts.items()}
        self.event_ids.refresh(frozenset(_intake_id(part, one) for part, one in gatherings.items() if one.cut_at))
        positions = self.sinks.positions()
        offsets = {part: start.offset for part, start in starts.items()}
        with Source(self.connection, offsets, flush.rows_max) as source:
            ends, heard_s = source.ends(), self.seconds()
            while True:
                waiting = {part: max(0, end - source.position(part)) for part, end in ends.items()}
                source.listen_to(_turn(gatherings, waiting))
                polled = source.poll(POLL_MS)
                for part, records in polled.items():
                    gatherings[part].add(records, self.seconds())
                if polled:
                    heard_s = self.seconds()
                elif drain and self.seconds() - heard_s > SILENCE_MAX_S:
                    # A poll does not say that the broker is gone, and a drain would wait for it forever: this question does.
                    ends, heard_s = source.ends(), self.seconds()
                stopping = self.stopping()
                waiting = {part: max(0, end - source.position(part)) for part, end in ends.items()}
                done = drain and not any(waiting.values())
                full = {part for part, one in gatherings.items() if one.is_full(flush, self.seconds())}
                for part in _due(gatherings, set(gatherings) if stopping or done else full, done=done):
                    positions = self._take(gatherings[part], source.position(part), part, positions, totals)
                    self.progress(totals.lines_in, sum(waiting.values()))
                if stopping:
                    return totals
                if done:
                    ends = source.ends()
                    if all(source.position(part) >= end for part, end in ends.items()):
                        return totals

    def _take(
        self, gathering: _Gathering, position: int, part: Partition, positions: dict[int, int], totals: Totals
    ) -> dict[int, int]:
        """Commit what was gathered: one intake, or two where a crash asks for a cut."""
        while gathering.offset < position:
            if gathering.cut_at is not None and position < gathering.cut_at:
                return positions
            end = gathering.cut_at or position
            records = Records.joined(gathering.parts)
            intake = Intake(part, gathering.offset, end, records.before(end))
            self.event_ids.refresh()
            context = self.context(intake.id, self.now(), self.event_ids.seen(intake.id))
            reduced = reduce_intake(intake, context, origins=self.origins(), positions=positions, site=self.site)
            self.sinks.commit(intake, reduced)
            totals.add(reduced)
            positions = reduced.position_next
            rest = records.since(end)
            gathering.offset, gathering.cut_at = end, None
            gathering.parts, gathering.rows, gathering.bytes = ([rest] if len(rest) else []), len(rest), rest.bytes
        return positions


def _turn(gatherings: dict[Partition, _Gathering], waiting: dict[Partition, int]) -> Collection[Partition]:
    """Choose whom to listen to: what a crash left half written, then registrations that wait, then everybody.

    Whom a registration flags as a child must be known to what is taken after it, but not to what was taken before.
    """
    unfinished = [part for part, one in gatherings.items() if one.cut_at is not None]
    registrations = [part for part, count in waiting.items() if count and part.source == REGISTRATION]
    return unfinished or registrations or gatherings


def _due(gatherings: dict[Partition, _Gathering], full: set[Partition], *, done: bool) -> list[Partition]:
    """Choose whose records are taken now, in the order of `_turn`."""
    unfinished = [part for part, one in gatherings.items() if one.cut_at is not None]
    if unfinished and not done:
        return unfinished
    registrations = {part for part in gatherings if full and part.source == REGISTRATION}
    due = sorted(full | registrations, key=lambda part: (part.source != REGISTRATION, part.topic, part.number))
    return [*unfinished, *(part for part in due if part not in unfinished)]


def _intake_id(part: Partition, gathering: _Gathering) -> str:
    return f"{part.topic_id}/{part.number}/{gathering.offset}"
