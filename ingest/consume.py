"""The worker: take an intake, reduce it, commit every sink with its mark; then take the next."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import pyarrow as pa

from ingest.errors import IngestError, KafkaAwayError, LostRecordsError, TopicChangedError
from ingest.event_ids import EventIds, Seen
from ingest.gaps import as_written, with_holes
from ingest.gathering import Flush, Gathering, Hole, due, full, turn, weight_of
from ingest.reduce import reduce_intake
from ingest.sinks import FENCED, Sinks
from ingest.wire.connection import Connection
from ingest.wire.fetch import CorruptBatchError
from ingest.wire.records import Partition
from ingest.wire.source import Claim, Source
from transform.context import Context
from transform.reasons import Reason
from warehouse.registry import Origin

POLL_MS: Final = 500
SILENCE_MAX_S: Final = 30.0
CHECK_S: Final = 30.0


@dataclass(slots=True)
class Totals:
    """What one call of the worker has done; `lines_in = kept + dropped + dead letters`."""

    lines_in: int = 0
    kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    dead_letters: Counter[str] = field(default_factory=Counter)
    intakes: int = 0

    def add(self, accounts: pa.Table) -> None:
        """Add the accounts of one intake, rows of `intakes`."""
        self.intakes += 1
        for row in accounts.select(["lines_in", "kept", "dropped", "dead_letters"]).to_pylist():
            self.lines_in += row["lines_in"]
            self.kept += row["kept"]
            self.dropped.update(dict(row["dropped"]))
            self.dead_letters.update(dict(row["dead_letters"]))


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
        warn: told in one line what happened that stops nothing.
        note: the same for what must be said once for all time; its kind, then the line.
        tidy: called after commits with their number, when there is time to keep house.
        accept_gap: count what retention removed as lost, instead of stopping.
        skip_corrupt: count what is damaged as lost, instead of stopping.
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
    warn: Callable[[str], None]
    note: Callable[[str, str], None]
    tidy: Callable[[int], None]
    accept_gap: bool = False
    skip_corrupt: bool = False

    def run(self, claim: Claim, *, drain: bool, flush: Flush) -> Totals:
        """Take all records of the partitions of `claim`, from where the sinks stand; with `drain` stop when caught up.

        Without `drain` a worker outlives its broker's restarts. In a group it also lets go of what another has taken
        over, and of topics that are made anew, and joins again; what it had gathered is read again by whoever has it then.

        Raises:
            LostRecordsError: Kafka no longer has the next records, and `accept_gap` is not set.
            CorruptBatchError: the next batch is damaged, and `skip_corrupt` is not set or nobody knows where it ends.
            FencedError: another worker took over a partition of a worker without a group.
            IngestError: Kafka cannot be reached at the start or, with `drain`, later.
        """
        totals = Totals()
        source = Source(self.connection, claim, flush.rows_max)
        if source.warning:
            self.warn(source.warning)
        while True:
            try:
                with source:
                    return _Work(self, source, flush, totals, drain=drain).until_done()
            except TopicChangedError as changed:
                self.warn(str(changed))
            except FENCED as fenced:
                if claim.group is None:
                    raise
                self.warn(f"{fenced} It lets go of all that it holds, and joins the group again.")
            except KafkaAwayError as away:
                if drain:
                    raise
                self.warn(f"{away} It goes on as soon as it can.")
            again = self._opened_again(claim, flush, drain=drain)
            if again is None:
                return totals
            source = again

    def _opened_again(self, claim: Claim, flush: Flush, *, drain: bool) -> Source | None:
        """Open the source anew, when Kafka is there again; None when the worker is to stop before that."""
        while not self.stopping():
            try:
                return Source(self.connection, claim, flush.rows_max)
            except KafkaAwayError:  # each attempt waits for some seconds by itself
                if drain:
                    raise
        return None


class _Work:
    """What a worker has in hand, from one opening of its source to the next."""

    def __init__(self, worker: Worker, source: Source, flush: Flush, totals: Totals, *, drain: bool) -> None:
        self._worker = worker
        self._source = source
        self._flush = flush
        self._totals = totals
        self._drain = drain
        self._gatherings: dict[Partition, Gathering] = {}
        self._ends: dict[Partition, int] = {}
        self._polled_to: dict[Partition, int] = {}
        self._positions: dict[int, int] = {}
        self._heard_s = self._checked_s = worker.seconds()

    def until_done(self) -> Totals:
        worker, source = self._worker, self._source
        self._move()
        waiting = self._waiting(())
        while True:
            heard = turn(self._gatherings, waiting)
            source.listen_to(heard)
            self._poll()
            self._move()
            self._look_around()
            stopping, waiting = worker.stopping(), self._waiting(heard)
            done = self._drain and not any(waiting.values())
            chosen = full(self._gatherings, self._flush, worker.seconds())
            everything = set(self._gatherings) if stopping or done else chosen
            self._take_all(due(self._gatherings, everything, done=done), sum(waiting.values()))
            if stopping:
                return self._totals
            if done:
                self._ends = source.ends()
                waiting = self._waiting(())
                if not any(waiting.values()):
                    return self._totals

    def _move(self) -> None:
        """Forget partitions that went, with what was gathered of them, and look up where those that came go on."""
        moves = self._source.moves()
        for part in moves.gone:
            del self._gatherings[part], self._ends[part]
            self._polled_to.pop(part, None)
        if not moves.come:
            return
        for part, (first, end) in self._source.bounds(moves.come).items():
            start = self._worker.sinks.start(part, first, end)
            self._gatherings[part] = Gathering(start.offset, start.cut_at, weight_of(part.source))
            self._ends[part] = end
            self._start(part, start.offset)
            if start.is_new and first:
                self._worker.note(
                    f"began_late/{part.app_id}",
                    f"{part}: Kafka's retention had removed its first {first} offsets before this warehouse began to read",
                )
            if start.offset < first:
                self._pass_over(part, LostRecordsError(part.topic, part.number, start.offset, first, end))
        unfinished = (_intake_id(part, one) for part, one in self._gatherings.items() if one.cut_at is not None)
        self._worker.event_ids.refresh(frozenset(unfinished))
        self._positions = self._worker.sinks.positions()

    def _poll(self) -> None:
        try:
            polled = self._source.poll(POLL_MS)
        except (LostRecordsError, CorruptBatchError) as error:
            self._source.check()  # a topic that was made anew has other offsets
            self._pass_over(self._named(error.topic, error.partition), error)
            return
        for part, records in polled.items():
            self._gatherings[part].add(records, self._worker.seconds())
        if polled:
            self._heard_s = self._worker.seconds()

    def _pass_over(self, part: Partition, error: LostRecordsError | CorruptBatchError) -> None:
        """Count what cannot be read as lost and go on behind it, if that is wanted.

        Raises:
            LostRecordsError, CorruptBatchError: it is not wanted, or nobody knows where to go on.
        """
        offset_next: int | None
        if isinstance(error, LostRecordsError):
            start, offset_next, reason = error.start, error.first, Reason.LOST_TO_RETENTION
            may = self._worker.accept_gap and error.is_removed
        else:
            start, offset_next, reason = error.offset_from, error.offset_next, Reason.CORRUPT_BATCH
            may = self._worker.skip_corrupt
        if not may or offset_next is None:
            raise error
        self._worker.warn(f"{part}: offsets {start} to {offset_next - 1} are counted as lost ({reason.value})")
        self._gatherings[part].add_hole(Hole(start, offset_next, reason.value), self._worker.seconds())
        self._start(part, offset_next)

    def _start(self, part: Partition, offset: int) -> None:
        self._source.start(part, offset)
        self._polled_to.pop(part, None)

    def _look_around(self) -> None:
        """Ask from time to time what a poll does not say: whether the broker is there, and the topics are the same."""
        at_s = self._worker.seconds()
        if at_s - self._heard_s > SILENCE_MAX_S:
            self._ends, self._heard_s = self._source.ends(), at_s
        if at_s - self._checked_s > CHECK_S:
            self._source.check()
            self._checked_s = at_s

    def _take_all(self, parts: Iterable[Partition], waiting: int) -> None:
        ready = [part for part in parts if self._is_ready(part)]
        if not ready:
            return
        # Asked after the records came and before they are committed: so they are of the topic whose mark is moved.
        self._source.check()
        before = self._totals.intakes
        for part in ready:
            while self._is_ready(part):
                self._take(part)
            self._worker.progress(self._totals.lines_in, waiting)
        self._worker.tidy(self._totals.intakes - before)

    def _is_ready(self, part: Partition) -> bool:
        one, position = self._gatherings[part], self._polled_to[part]
        return position > one.offset and (one.cut_at is None or position >= one.cut_at)

    def _take(self, part: Partition) -> None:
        """Commit what was gathered of a partition, as far as a crash asks for a cut or as it goes."""
        worker, one = self._worker, self._gatherings[part]
        end = one.cut_at or self._polled_to[part]
        intake, holes = one.cut(part, end)
        worker.event_ids.refresh()
        context = worker.context(intake.id, worker.now(), worker.event_ids.seen(intake.id))
        reduced = reduce_intake(intake, context, origins=worker.origins(), positions=self._positions, site=worker.site)
        if reduced.fault:
            worker.warn(reduced.fault)
        reduced = with_holes(reduced, intake, holes, context)
        if one.cut_at is not None:
            reduced = as_written(reduced, context, worker.sinks.written(intake), worker.sinks.dead_letters(intake))
        worker.sinks.commit(intake, reduced)
        self._totals.add(reduced.tables["intakes"])
        self._positions = reduced.position_next
        one.done(end)

    def _waiting(self, heard: Collection[Partition]) -> dict[Partition, int]:
        """Note how far polls have come, which the client tells slowly, and say what waits behind it.

        Who was not heard stands where it stood, unless it was told to start elsewhere.
        """
        for part in self._ends:
            if part in heard or part not in self._polled_to:
                self._polled_to[part] = self._source.position(part)
        return {part: max(0, end - self._polled_to[part]) for part, end in self._ends.items()}

    def _named(self, topic: str, number: int) -> Partition:
        for part in self._gatherings:
            if (part.topic, part.number) == (topic, number):
                return part
        raise IngestError(f"{topic}/{number}: Kafka gave records of a partition that is not this worker's")


def _intake_id(part: Partition, gathering: Gathering) -> str:
    return f"{part.topic_id}/{part.number}/{gathering.offset}"
