"""Replays that were interrupted: what they had noted, what of it is stored, and what is true of the rest (R53)."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyarrow.compute as pc

from ingest.replay.books import ACCOUNTS, DEAD_LETTERS, REPLAY, REPLAYS, Fates, ReplayIntake, ReplayPartition
from ingest.replay.letters import KEPT, REGISTRATIONS, Letter
from ingest.wire.records import Records
from transform.reasons import Reason, is_dead_letter
from warehouse.lake import Lake
from warehouse.lake.changes import app_ids

EVENT_IDS: Final = "event_ids"


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A replay whose letters are noted, and whose entries are not.

    Attributes:
        part: its partition.
        number: its number there.
        fates: the letters, with what they came out as then.
        again: offset → reason of those that are dead letters again already.
    """

    part: ReplayPartition
    number: int
    fates: Fates
    again: Mapping[int, str]

    @property
    def name(self) -> str:
        """The replay's name in `replays` and `intakes`."""
        return ReplayIntake.numbered(self.part, self.number, Records.joined([])).id

    def unread(self, written: Collection[str]) -> list[Letter]:
        """Name the letters whose originals are needed once more.

        Args:
            written: the sinks that have their rows: lake tables, and `registrations`.
        """
        rest = [(letter, then) for letter, then in self.fates if letter.offset not in self.again]
        if not set(written) - {DEAD_LETTERS}:
            return [letter for letter, _ in rest]
        missing = KEPT.difference(written)
        if EVENT_IDS not in written:
            missing |= {REGISTRATIONS}  # the registry comes before them
        return [letter for letter, then in rest if then in missing]

    def settled(self, now: Mapping[int, str], written: Collection[str]) -> Fates:
        """Say for each letter what will be true of it when the sinks that are left have their rows.

        What is stored stays. Of the rest the originals say it again; whose original is gone is a dead letter again.

        Args:
            now: offset → what it came out as, for those that were read again.
            written: the sinks that have their rows.
        """
        unread = {letter.offset for letter in self.unread(written)}
        fates = []
        for letter, then in self.fates:
            outcome = self.again.get(letter.offset, then)
            if letter.offset in unread and then not in written:
                outcome = now.get(letter.offset, letter.reason)
                sink = outcome if outcome in KEPT else DEAD_LETTERS if is_dead_letter(outcome) else ""
                if (
                    sink in written
                ):  # a second interruption came between: it is closed, and nobody can add to it any more
                    outcome = Reason.LOST_TO_RETENTION.value
            fates.append((letter, outcome))
        return fates


def find_interrupted(lake: Lake) -> Iterator[Interrupted]:
    """Find the replays of which the entries in the accounts are missing."""
    table, accounts = lake.table(REPLAYS), lake.table(ACCOUNTS)
    if not table.exists:
        return
    for app_id in sorted(app_ids(table.root)):
        number = accounts.mark(app_id) or 0
        kind, *place = app_id.split("/")
        if kind == REPLAY and (table.mark(app_id) or 0) > number:
            yield _interrupted(lake, place, number)


def _interrupted(lake: Lake, place: list[str], number: int) -> Interrupted:
    cluster_id, topic_id, partition = place
    nameless = ReplayPartition(cluster_id, "", topic_id, int(partition))
    name = ReplayIntake.numbered(nameless, number, Records.joined([])).id
    rows = lake.table(REPLAYS).read()
    rows = rows.filter(
        pc.and_(pc.equal(rows.column("topic_id"), topic_id), pc.equal(rows.column("partition"), nameless.number))
    )
    noted = rows.to_pylist()
    mine = {(row["offset"], row["reason"]): row for row in noted if row["intake"] == name}
    standing = Counter[tuple[int, str]]()
    letters: dict[tuple[int, str], Letter] = {}
    for letter in _letters_of(lake, nameless):
        standing[letter.offset, letter.reason] += 1
        letters[letter.offset, letter.reason] = letter
    standing.subtract((row["offset"], row["reason"]) for row in noted)
    offsets = {offset for offset, _ in mine}
    again = {offset: reason for (offset, reason), count in standing.items() if count > 0 and offset in offsets}
    fates = [(letters[at], str(row["outcome"])) for at, row in sorted(mine.items()) if at in letters]
    topic, source = next(((str(row["topic"]), str(row["source"])) for row in mine.values()), ("", ""))
    return Interrupted(ReplayPartition(cluster_id, topic, topic_id, int(partition), source), number, fates, again)


def _letters_of(lake: Lake, part: ReplayPartition) -> Iterator[Letter]:
    rows = lake.table(DEAD_LETTERS).read()
    mine = pc.and_(pc.equal(rows.column("topic_id"), part.topic_id), pc.equal(rows.column("partition"), part.number))
    row: dict[str, Any]
    for row in rows.filter(mine).to_pylist():
        yield Letter.of(row)
