"""A warehouse under fire: files grow and are shipped, two workers take them, a supervisor starts again whatever ended."""

import itertools
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final, Self

from footfall.commands.pipeline.ingest import ensure_sources
from footfall.house import House
from footfall.simulate.customers import SOURCES as EVENTS
from ingest.wire.broker import embedded_broker
from ingest.wire.connection import Connection
from ingest.wire.records import Partition
from ingest.wire.source import bounds
from ingest.wire.topics import describe_topics
from tests.end_to_end.conftest import Footfall
from tests.end_to_end.fire.growing import LOG, REGISTRATION, Growing
from tests.end_to_end.fire.processes import Ended, Verb
from tests.end_to_end.fire.reckoning import Ledger
from tests.end_to_end.fire.room import Room

WAIT_MAX_S: Final = 120
FIRST_SEGMENT: Final = f"{0:020d}.log"
STEP_S: Final = 0.005
AHEAD_MAX: Final = 4
PAUSE_S: Final = 1
"""So many ships go since a commit as fast as they can, later ones a second apart: what piles up while a group waits costs
time and shows nothing more."""
STOPPED_AT_START: Final = {143, -signal.SIGTERM}
SLOTS: Final = ("0", "1")


@dataclass(frozen=True, slots=True)
class Wound:
    """A fault that the warehouse has not got over: all that Kafka held when it struck is to be committed."""

    fault: str
    at_s: float
    ends: dict[str, int]


class Storm:
    """Everything that runs on one warehouse, and what was seen of it; use it as a context manager.

    Args:
        footfall: the warehouse.
        room: where its programs run, with disks of their own.
        growing: the files.
        chance: decides what strikes whom, and when.

    Attributes:
        workers: by the partition that each takes, or in a group by a number of its own.
        in_group: how workers that are started share the partitions.
        slices_at_once: by how much files grow before they are shipped.
        ended: all that ended by itself and was not asked to.
        backs: fault, and seconds until all that Kafka held when it struck was committed.
        kills: by victim.
    """

    def __init__(self, footfall: Footfall, room: Room, growing: Growing, chance: random.Random) -> None:
        self.footfall, self.room, self.chance = footfall, room, chance
        self.lake = footfall.data / "lake"
        self.workers: dict[str, Verb] = {}
        self.in_group = False
        self.slices_at_once = 1
        self.ended: list[Ended] = []
        self.backs: list[tuple[str, float]] = []
        self.kills: Counter[str] = Counter()
        self._growing = growing
        self._intakes = Ledger(room.seen(self.lake / "facts" / "intakes"))
        self._shipper: Verb | None = None
        self._to_ship: tuple[str, ...] = ()
        self._ahead, self._ahead_of, self._shipped_s = 0, 0, 0.0
        self._registered = self._is_ending = False
        self._wounds: list[Wound] = []
        self._users = ExitStack()
        self._said = (footfall.data.parent / f"said {number}" for number in itertools.count())

    def __enter__(self) -> Self:
        self.start_broker()
        with House.open(self.footfall.data, create=True) as house:
            ensure_sources(house, self.connection)
        self.parts = describe_topics(self.connection, {source: source for source in (LOG, *EVENTS)})
        return self

    def __exit__(self, *_: object) -> None:
        for verb in (*self.workers.values(), self._shipper):
            if verb:
                verb.kill()
        self._users.close()

    def start_broker(self) -> None:
        """Start the broker, or join one that runs."""
        broker = self._users.enter_context(embedded_broker(self.footfall.data))
        self.broker_pid, self.connection = broker.pid, Connection(broker.bootstrap)

    def run(self, *words: str) -> Verb:
        """Start a verb in the room."""
        return Verb(
            words,
            {"FOOTFALL_DATA": str(self.footfall.data), **self.footfall.environment},
            next(self._said),
            self.room.pid,
        )

    def work(self, slot: str) -> None:
        """Start the worker of a slot; who was in it before is no longer looked after."""
        self.workers[slot] = self.run("ingest", *(() if self.in_group else ("--partitions", slot)))

    def work_anew(self, *, in_group: bool) -> None:
        """Let the workers end, and others begin that share the partitions in the other way."""
        self._rest()
        self.in_group = in_group
        for slot in SLOTS:
            self.work(slot)

    def commits(self) -> int:
        """Give the number of commits of `intakes`."""
        return self._intakes.refresh()

    def ends(self) -> dict[Partition, int]:
        """Say where Kafka's partitions end."""
        return {part: end for part, (_, end) in bounds(self.connection, self.parts).items()}

    def strike(self, fault: str) -> None:
        """Note that a fault is about to strike, and measure from now on how long it takes to be back."""
        ends = {part.app_id: end for part, end in self.ends().items() if end}
        self._wounds.append(Wound(fault, time.monotonic(), ends))

    def until(self, is_so: Callable[[], object], what: str, *, feeding: bool = True) -> None:
        """Look after everything until something is so; with `feeding` files grow and are shipped meanwhile.

        Raises:
            AssertionError: it is never so, or something ended without a clear line.
        """
        until_s = time.monotonic() + WAIT_MAX_S
        while not is_so():
            assert time.monotonic() < until_s, f"never: {what}; ended so far:\n{self.told()}"
            self._tend(feeding=feeding)
            time.sleep(STEP_S)

    def more_commits(self, number: int) -> None:
        """Go on until so many more intakes are committed."""
        goal = self.commits() + number
        self.until(lambda: self.commits() >= goal, f"{number} more intakes")

    def busiest(self) -> str:
        """Name the partition that most log lines went to."""
        marks = {part.number: self._intakes.marks.get(part.app_id, 0) for part in self.parts if part.topic == LOG}
        return str(max(marks, key=lambda number: marks[number]))

    def segment_bytes(self) -> int:
        """Say how much the broker has on its disk."""
        data = self.footfall.data / "kafka" / "data"
        return sum((data / f"{part.topic}-{part.number}" / FIRST_SEGMENT).stat().st_size for part in self.parts)

    def kill_shipper(self, when: Callable[[], bool]) -> bool:
        """Kill the `ship` that runs, or the next one, as soon as something is so; say whether it was still running."""
        self.until(lambda: self._shipper is not None and self._shipper.is_running, "something is shipped")
        while self._shipper and self._shipper.is_running and not when():
            time.sleep(STEP_S / 5)
        if self._shipper is None or not self._shipper.is_running:
            return False
        self._shipper.kill()
        self._shipper = None
        return True

    def calm_down(self) -> dict[Partition, int]:
        """Let everything come in and be taken, end the workers, and give where Kafka's partitions end."""
        self._is_ending = True
        self.until(lambda: not self._growing.is_left and not self._to_ship, "everything is shipped")
        ends = self.ends()
        self.until(lambda: self.has_taken(ends), "everything is taken", feeding=False)
        self._rest()
        return ends

    def told(self) -> str:
        """Give what ended by itself said."""
        return "\n".join(map(str, self.ended))

    def gone(self, verb: Verb) -> bool:
        """Say whether a verb that nobody asked to has ended; what it said must be clear, and it must not have ended well."""
        if verb.is_running:
            return False
        ended = verb.ended()
        assert ended.is_clear, ended
        self.ended.append(ended)
        return True

    def _rest(self) -> None:
        for verb in self.workers.values():
            verb.send(signal.SIGTERM)
        for verb in self.workers.values():
            ended = verb.ended()
            assert ended.code in {0, *STOPPED_AT_START}, ended
        self.workers.clear()

    def _tend(self, *, feeding: bool) -> None:
        for slot, verb in self.workers.items():
            if self.gone(verb):
                self.work(slot)
        if self._shipper is None:
            if self._may_ship():
                self._ship(feeding=feeding)
        elif not self._shipper.is_running:
            if self._shipper.ended().code == 0:
                self._to_ship = ()
            else:
                self.gone(self._shipper)
            self._shipper = None
        self.commits()
        for wound in [one for one in self._wounds if self._is_healed(one)]:
            self.backs.append((wound.fault, time.monotonic() - wound.at_s))
            self._wounds.remove(wound)

    def _ship(self, *, feeding: bool) -> None:
        if not self._to_ship and feeding:
            if not self._registered and not self._growing.has(REGISTRATION):
                self._registered = self.has_taken(
                    {part: end for part, end in self.ends().items() if part.topic == REGISTRATION}
                )
            self._to_ship = self._growing.grow(
                registered=self._registered, slices=sys.maxsize if self._is_ending else self.slices_at_once
            )
        if self._to_ship:
            self._ahead, self._shipped_s = self._ahead + 1, time.monotonic()
            self._shipper = self.run(*self._to_ship)

    def _may_ship(self) -> bool:
        if self._ahead_of != (commits := self.commits()):
            self._ahead, self._ahead_of = 0, commits
        return self._ahead < AHEAD_MAX or time.monotonic() - self._shipped_s > PAUSE_S

    def has_taken(self, ends: dict[Partition, int]) -> bool:
        self.commits()
        return all(self._intakes.marks.get(part.app_id, 0) >= end for part, end in ends.items())

    def _is_healed(self, wound: Wound) -> bool:
        return all(self._intakes.marks.get(app_id, 0) >= end for app_id, end in wound.ends.items())
