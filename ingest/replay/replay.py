"""Dead letters read again from Kafka and run through today's steps; what passes now is stored, once (R54)."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import numpy as np

from ingest.errors import IngestError, TopicChangedError
from ingest.event_ids import EventIds, Seen
from ingest.reduce import Reduced, reduce_intake
from ingest.replay.books import (
    ACCOUNTS,
    DEAD_LETTERS,
    REPLAYS,
    AccountBook,
    Fates,
    ReplayIntake,
    ReplayPartition,
    entries,
    letters_again,
    notes,
    stored_before,
)
from ingest.replay.interrupted import Interrupted, find_interrupted
from ingest.replay.letters import REGISTRATIONS, Letter, Replayed, ranges
from ingest.replay.whereabouts import gone_with_its_topic
from ingest.sinks import Sinks
from ingest.wire.connection import Connection
from ingest.wire.originals import Found, Gone, read_again
from ingest.wire.records import Partition, Records
from ingest.wire.topics import TopicWatch
from transform.context import Context
from transform.steps import PEOPLE, Outcome
from warehouse.lake import Lake
from warehouse.registry import Origin, Subjects

ROWS_MAX: Final = 20_000


@dataclass(frozen=True, slots=True)
class Replay:
    """Everything that a replay needs of the world.

    Attributes:
        connection: the cluster; None when there is none any more, and so no original either.
        lake, subjects: where rows go.
        context: makes the circumstances from a replay's id, its time and the question which events came before.
        origins: reads the files known to the registry.
        site: the site of log lines without a key.
        now: the clock.
        bytes_max: how large the records may be that are read at once.
        progress: called with letters done and letters in all.
        is_dry: say what would be, and write nothing.
    """

    connection: Connection | None
    lake: Lake
    subjects: Subjects
    context: Callable[[str, datetime, Seen], Context]
    origins: Callable[[], dict[int, Origin]]
    site: str
    now: Callable[[], datetime]
    bytes_max: int
    progress: Callable[[int, int], None]
    is_dry: bool = False

    def run(self, sources: Mapping[str, str], letters: Callable[[], Iterable[Letter]]) -> Replayed:
        """Finish what an earlier replay was interrupted in, then read letters again and store what passes.

        Args:
            sources: topic → the source of its records.
            letters: gives the dead letters to read again; asked when the numbers of the replays are known.

        Raises:
            IngestError: another replay is at the same letters; what was stored before stays.
            KafkaAwayError: Kafka does not answer.
        """
        with ExitStack() as opened:
            watch = opened.enter_context(TopicWatch(self.connection, sources)) if self.connection else None
            return _Run(self, watch).through(letters)


class _Run:
    """One run of a replay over all partitions."""

    def __init__(self, replay: Replay, watch: TopicWatch | None) -> None:
        self._replay = replay
        self._watch = watch
        self._sinks = Sinks(replay.lake, replay.subjects)
        self._event_ids = EventIds(replay.lake)
        self._parts = self._described()
        self._book = AccountBook()
        self._done = Replayed(is_dry=replay.is_dry)
        self._gone: list[tuple[Letter, Gone]] = []
        self._numbers: dict[tuple[str, int], int] = {}

    def through(self, letters: Callable[[], Iterable[Letter]]) -> Replayed:
        lake = self._replay.lake
        # Before the letters are read: whoever settles some of them meanwhile takes the number, and we are refused.
        self._numbers = {place: self._number(part) for place, part in self._parts.items()}
        self._book = AccountBook.of(lake.table(ACCOUNTS).read())
        for one in find_interrupted(lake):
            self._done.finished += len(one.fates)
            if not self._replay.is_dry:
                self._finish(one)
                self._numbers[one.part.topic_id, one.part.number] = one.number + 1
        given_back = stored_before(lake.table(REPLAYS).read())
        groups: dict[tuple[tuple[str, int], str], list[Letter]] = defaultdict(list)
        for letter in letters():
            self._done.letters += 1
            if self._book.account_of(letter) is None:
                self._done.waiting += 1
            else:
                groups[letter.place, given_back.get((*letter.place, letter.offset), "")].append(letter)
        # Whom a registration flags as a child must be known to what comes after it.
        for (place, before), some in sorted(groups.items(), key=lambda one: (one[1][0].source != PEOPLE, one[0])):
            part = self._parts.get(place)
            if part is None:
                self._gone += [(letter, gone_with_its_topic(letter, self._parts.values())) for letter in some]
            else:
                self._read(part, some, before)
            self._tell()
        self._done.gone = ranges(self._gone)
        return self._done

    def _read(self, part: ReplayPartition, letters: list[Letter], before: str) -> None:
        """Read letters of one partition again, piece by piece, and settle those that came out another way.

        Args:
            part: the partition.
            letters: some of it.
            before: the replay that was to store them, was interrupted and gave them back; it may have claimed their event ids.
        """
        by_offset = {letter.offset: letter for letter in letters}
        for found in self._originals(part, by_offset):
            self._gone += [(by_offset[offset], why) for offset, why in found.gone.items()]
            if not len(found.records):
                continue
            intake = ReplayIntake.numbered(part, self._numbers[letters[0].place], found.records)
            context, reduced = self._reduced(intake, before)
            fates = [(by_offset[offset], outcome) for offset, outcome in outcomes(found.records, reduced.outcome)]
            for letter, outcome in fates:
                self._done.add(letter.reason, outcome)
            settled = [(letter, outcome) for letter, outcome in fates if outcome != letter.reason]
            if settled and not self._replay.is_dry:
                self._check_topic(part)
                self._note(intake, settled, context)
                self._write(intake, reduced, settled, context)
                self._numbers[letters[0].place] += 1
            self._tell()

    def _reduced(self, intake: ReplayIntake, own: str) -> tuple[Context, Reduced]:
        """Run the steps; event ids that the replay `own` has claimed belong to these very records, and make none a repeated one."""
        self._event_ids.refresh(frozenset({own} - {""}))
        replay = self._replay
        context = replay.context(intake.id, replay.now(), self._event_ids.seen(own))
        # A letter's line counts as reached in its file, so positions say nothing here; the numbers of replays do.
        return context, reduce_intake(intake, context, origins=replay.origins(), positions={}, site=replay.site)

    def _note(self, intake: ReplayIntake, settled: Fates, context: Context) -> None:
        """Claim the letters: from here on a crash leaves an interrupted replay, which the next one finishes."""
        part, table = intake.partition, self._replay.lake.table(REPLAYS)
        rows = table.stage(notes(settled, intake, context))
        if not table.commit(rows, app_id=part.app_id, start=intake.offset_from, end=intake.offset_next):
            raise IngestError(f"{part}: another replay is at its dead letters; when it has ended, run this again")

    def _write(self, intake: ReplayIntake, reduced: Reduced, settled: Fates, context: Context) -> None:
        """Commit what a replay settles, sink by sink, but for what an interrupted one has committed; its entries come last."""
        accounts, last = self._replay.lake.table(ACCOUNTS), entries(settled, self._book, intake, context)
        tables = {**reduced.tables, DEAD_LETTERS: letters_again(settled, context), ACCOUNTS: last}
        self._sinks.commit(intake, replace(reduced, tables=tables))
        if not last.num_rows:  # the time of all its letters was over before it was finished
            app_id, start, end = intake.partition.app_id, intake.offset_from, intake.offset_next
            accounts.commit(accounts.stage(last), app_id=app_id, start=start, end=end)

    def _finish(self, one: Interrupted) -> None:
        """Finish a replay that was interrupted between two sinks: what is stored stays, the rest is read again."""
        replay, intake = self._replay, ReplayIntake.numbered(one.part, one.number, Records.joined([]))
        written = set(self._sinks.written(intake))
        if replay.subjects.mark(one.part.app_id) == intake.offset_next:
            written.add(REGISTRATIONS)
        part = self._parts.get((one.part.topic_id, one.part.number))
        unread = {letter.offset: letter for letter in one.unread(written)}
        pieces = self._originals(part, unread) if part and unread else ()
        records = Records.joined([found.records for found in pieces])
        if part and len(records):
            self._check_topic(part)
        intake = replace(intake, records=records)
        context, reduced = self._reduced(intake, intake.id)
        fates = one.settled(dict(outcomes(records, reduced.outcome)), written)
        letters, table = letters_again(fates, context), replay.lake.table(DEAD_LETTERS)
        if letters.num_rows:
            # Before the facts: if this is interrupted too, it can be told which of the letters stand again.
            app_id, start, end = intake.partition.app_id, intake.offset_from, intake.offset_next
            table.commit(table.stage(letters), app_id=app_id, start=start, end=end)
        self._write(intake, reduced, fates, context)

    def _originals(self, part: ReplayPartition, by_offset: Mapping[int, Letter]) -> Iterable[Found]:
        if self._replay.connection is None:
            return ()
        plain = Partition(part.cluster_id, part.topic, part.topic_id, part.number, part.source)
        limits = {"rows_max": ROWS_MAX, "bytes_max": self._replay.bytes_max}
        return read_again(self._replay.connection, plain, by_offset, **limits)

    def _check_topic(self, part: ReplayPartition) -> None:
        """Ask after the records came and before they are committed: ids never come back, so they are of this topic."""
        if (part.topic_id, part.number) not in self._described():
            raise TopicChangedError(f"{part.topic}: was deleted or made anew meanwhile; run this again")

    def _described(self) -> dict[tuple[str, int], ReplayPartition]:
        parts = self._watch.partitions() if self._watch else []
        return {(part.topic_id, part.number): ReplayPartition.of(part) for part in parts}

    def _number(self, part: ReplayPartition) -> int:
        return self._replay.lake.table(REPLAYS).mark(part.app_id) or 0

    def _tell(self) -> None:
        done = self._done
        self._replay.progress(done.read + len(self._gone) + done.waiting, done.letters)


def outcomes(records: Records, outcome: Outcome) -> list[tuple[int, str]]:
    """Say of each record, by its offset, what it came out as: the table that its row is for, or its reason."""
    found = np.empty(len(records), object)
    for table, rows in outcome.rows.items():
        found[rows] = table
    found[outcome.left.column("row").to_numpy()] = outcome.left.column("reason").to_numpy(zero_copy_only=False)
    return list(zip(records.offsets.tolist(), found.tolist(), strict=True))
