"""Dead letters, and what became of those that were read again."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from ingest.wire.originals import Gone
from transform.reasons import is_dead_letter
from transform.steps import STORED

REGISTRATIONS: Final = "registrations"
KEPT: Final = frozenset({REGISTRATIONS, *(table for tables in STORED.values() for table in tables)})
"""Outcomes that say where a record is now; every other outcome is a reason why it is nowhere."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A record that could not be used, and stands as a dead letter still.

    Attributes:
        topic, topic_id, partition, offset: its coordinates.
        source: what it is, one of the policy's sources.
        reason: the defect.
        shape: its outline.
        taken_at: when it was taken in.
        origin, file, position: the file that it came from, where that is known.
    """

    topic: str
    topic_id: str
    partition: int
    offset: int
    source: str
    reason: str
    shape: str
    taken_at: datetime
    origin: int | None = None
    file: str | None = None
    position: int | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Letter":
        """Take a row that has these columns, and perhaps others."""
        return cls(**{name: row[name] for name in cls.__slots__})

    @property
    def place(self) -> tuple[str, int]:
        """The partition that it came from, whatever the topic is called."""
        return self.topic_id, self.partition


@dataclass(frozen=True, slots=True)
class GoneRange:
    """Originals of one partition that cannot be read again for one reason: how many, and between which offsets."""

    topic: str
    topic_id: str
    partition: int
    offset_from: int
    offset_to: int
    letters: int
    why: Gone


@dataclass(slots=True)
class Replayed:
    """What a replay did; `letters` = `read` + what is `gone` + `waiting`, and `read` = what became of them.

    Attributes:
        letters: how many dead letters were chosen.
        read: how many originals were read again.
        kept: table → how many have a row there now.
        dropped: reason → how many are left out on purpose now.
        still: reason → how many are dead letters still, and for the same reason.
        other: reason → how many are dead letters still, and for this reason now.
        gone: the originals that cannot be read again.
        waiting: how many belong to an intake that a worker has not finished.
        finished: how many dead letters of earlier replays, which were interrupted, were settled first.
        is_dry: True when nothing was written.
    """

    letters: int = 0
    read: int = 0
    kept: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    still: Counter[str] = field(default_factory=Counter)
    other: Counter[str] = field(default_factory=Counter)
    gone: list[GoneRange] = field(default_factory=list)
    waiting: int = 0
    finished: int = 0
    is_dry: bool = False

    def add(self, was: str, outcome: str) -> None:
        """Count one original that was read again."""
        self.read += 1
        if outcome in KEPT:
            self.kept[outcome] += 1
        elif not is_dead_letter(outcome):
            self.dropped[outcome] += 1
        elif outcome == was:
            self.still[outcome] += 1
        else:
            self.other[outcome] += 1


def ranges(gone: Iterable[tuple[Letter, Gone]]) -> list[GoneRange]:
    """Join originals that are gone to ranges, one for each partition and why."""
    found: dict[tuple[str, str, int, Gone], list[int]] = {}
    for letter, why in gone:
        found.setdefault((letter.topic, letter.topic_id, letter.partition, why), []).append(letter.offset)
    return [
        GoneRange(topic, topic_id, partition, min(offsets), max(offsets), len(offsets), why)
        for (topic, topic_id, partition, why), offsets in sorted(found.items())
    ]
