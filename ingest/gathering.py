"""Records on their way to the next intake: when they are enough, whose turn it is, and how much memory they may take."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from ingest.wire.records import Intake, Partition, Records
from kernels import is_ready

REGISTRATION: Final = "registration"
LOG: Final = "web_log"
EVENT_WEIGHT: Final = 2
FAR_BEHIND: Final = 20_000
"""So many records that wait make it worth while to take a partition by itself; fewer come with one answer of Kafka's."""
MIB: Final = 1024 * 1024
FIXED_MIB: Final = 384
WITHOUT_KERNELS_MIB: Final = 64
"""What the way by columns takes besides."""
LEAST_MIB: Final = 56
TIMES: Final = 4
ROW_BYTES: Final = 17  # offset, time and mark of a record, beside key and value


@dataclass(frozen=True, slots=True)
class Flush:
    """When an intake is full: by rows, by bytes, or by the age of its first record.

    Attributes:
        rows_max, bytes_max, age_max_s: of the records of one partition.
        gathered_bytes_max: of all partitions together, records of JSON by their weight; beyond it the largest is taken.
    """

    rows_max: int = 200_000
    bytes_max: int = 64 * 1024 * 1024
    age_max_s: float = 2.0
    gathered_bytes_max: int = 128 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Hole:
    """Offsets [offset_from, offset_next) that nobody can read any more, and why."""

    offset_from: int
    offset_next: int
    reason: str

    def before(self, offset: int) -> "list[Hole]":
        """Give what of the hole lies below `offset`: one hole, or none."""
        return [Hole(self.offset_from, min(self.offset_next, offset), self.reason)] if self.offset_from < offset else []

    def since(self, offset: int) -> "list[Hole]":
        """Give what of the hole lies at or above `offset`: one hole, or none."""
        return [Hole(max(self.offset_from, offset), self.offset_next, self.reason)] if self.offset_next > offset else []


@dataclass(slots=True)
class Gathering:
    """Records of one partition on their way to the next intake.

    Attributes:
        offset: where the next intake begins.
        cut_at: where it must end, because a crash left some sinks that far; None when all agree.
        weight: how many times the memory of log lines its records take while they are reduced.
    """

    offset: int
    cut_at: int | None
    weight: int = 1
    parts: list[Records] = field(default_factory=list)
    holes: list[Hole] = field(default_factory=list)
    rows: int = 0
    bytes: int = 0
    begun_s: float = 0.0

    def add(self, records: Records, at_s: float) -> None:
        """Add what a poll gave."""
        self._begin(at_s)
        self.parts.append(records)
        self.rows += len(records)
        self.bytes += _size(records)

    def add_hole(self, hole: Hole, at_s: float) -> None:
        """Note offsets that are lost, to be accounted for with what is gathered."""
        self._begin(at_s)
        self.holes.append(hole)

    def is_full(self, flush: Flush, at_s: float) -> bool:
        """Say whether it is time."""
        old = bool(self.parts or self.holes) and at_s - self.begun_s >= flush.age_max_s
        large = self.bytes >= flush.bytes_max or self.burden >= flush.gathered_bytes_max
        return old or large or self.rows >= flush.rows_max

    @property
    def burden(self) -> int:
        """Bytes, as many as log lines of the same need for memory would have."""
        return self.bytes * self.weight

    def cut(self, partition: Partition, end: int) -> tuple[Intake, list[Hole]]:
        """Give what lies before `end`, and the holes in it; it stays gathered until `done`."""
        self.parts = [Records.joined(self.parts)]
        holes = [part for hole in self.holes for part in hole.before(end)]
        return Intake(partition, self.offset, end, self.parts[0].before(end)), holes

    def done(self, end: int) -> None:
        """Let go of what lies before `end`: it is committed."""
        rest = Records.joined(self.parts).since(end)
        self.offset, self.cut_at = end, None
        self.parts, self.rows, self.bytes = [], 0, 0
        if len(rest):
            self.parts, self.rows, self.bytes = [rest], len(rest), _size(rest)
        self.holes = [part for hole in self.holes for part in hole.since(end)]

    def _begin(self, at_s: float) -> None:
        if not self.parts and not self.holes:
            self.begun_s = at_s


def turn(gatherings: Mapping[Partition, Gathering], waiting: Mapping[Partition, int]) -> Collection[Partition]:
    """Choose whom to listen to: what a crash left half written, then registrations that wait, then whoever waits, then everybody.

    Whom a registration flags as a child must be known to what is taken after it, but not to what was taken before. Of
    partitions that are far behind one comes at a time: so intakes are large, and what is alike in them is looked up once.
    Who has nothing waits meanwhile, or Kafka would keep back its answer for half a second until there is something.
    """
    unfinished = [part for part, one in gatherings.items() if one.cut_at is not None]
    registrations = [part for part, count in waiting.items() if count and part.source == REGISTRATION]
    behind = [part for part, count in waiting.items() if count >= FAR_BEHIND]
    near = [part for part, count in waiting.items() if 0 < count < FAR_BEHIND]
    return unfinished or registrations or [*near, *behind[:1]] or gatherings


def due(gatherings: Mapping[Partition, Gathering], full: set[Partition], *, done: bool) -> list[Partition]:
    """Choose whose records are taken now, in the order of `turn`."""
    unfinished = [part for part, one in gatherings.items() if one.cut_at is not None]
    if unfinished and not done:
        return unfinished
    registrations = {part for part in gatherings if full and part.source == REGISTRATION}
    chosen = sorted(full | registrations, key=lambda part: (part.source != REGISTRATION, part.topic, part.number))
    return [*unfinished, *(part for part in chosen if part not in unfinished)]


def full(gatherings: Mapping[Partition, Gathering], flush: Flush, at_s: float) -> set[Partition]:
    """Choose those that are full, and the largest for as long as all together are too much."""
    chosen = {part for part, one in gatherings.items() if one.is_full(flush, at_s)}
    left = sum(one.burden for part, one in gatherings.items() if part not in chosen)
    for part in sorted(gatherings.keys() - chosen, key=lambda part: -gatherings[part].burden):
        if left <= flush.gathered_bytes_max:
            break
        chosen.add(part)
        left -= gatherings[part].burden
    return chosen


def _size(records: Records) -> int:
    return records.bytes + ROW_BYTES * len(records)


def weight_of(source: str) -> int:
    """Say how many times the memory of log lines the records of a source take: fields of JSON are many columns of text."""
    return 1 if source == LOG else EVENT_WEIGHT


def gathered_bytes_max(memory_mib: int) -> int:
    """Say how much may be gathered, one intake as well as all partitions together, where a worker may take so much memory.

    A fixed part goes to the program, its tables of places and what Kafka sends ahead; of the rest an intake takes four
    times its size while it is reduced.
    """
    fixed_mib = FIXED_MIB if is_ready() else FIXED_MIB + WITHOUT_KERNELS_MIB
    return max(memory_mib - fixed_mib, LEAST_MIB) * MIB // TIMES
