"""The faults, and schedules of them drawn by a seed."""

import os
import random
import signal
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

from tests.end_to_end.fire.processes import Verb
from tests.end_to_end.fire.storm import SLOTS, Storm

SECOND: Final = "Is a second worker running without the group?"
COMMITS_MAX: Final = 3
DELAY_MAX_S: Final = 0.05
DEFECTIVE_SLICES: Final = 20
DEAD_LETTERS: Final = Path("facts") / "dead_letters"


def kill_worker(storm: Storm) -> None:
    """Kill one of the workers, at any point of an intake."""
    slot = storm.chance.choice(SLOTS)
    storm.until(lambda: storm.workers[slot].is_running, "the worker is there")
    time.sleep(storm.chance.random() * DELAY_MAX_S)
    storm.workers[slot].kill()
    storm.work(slot)
    storm.kills["worker"] += 1


def kill_ship(storm: Storm) -> None:
    """Kill `ship` when the broker has just got what it sent: mostly before that is noted."""
    is_killed = False
    while not is_killed:
        before = storm.segment_bytes()
        is_killed = storm.kill_shipper(partial(_more_than, storm, before))
    storm.kills["ship"] += 1


def kill_broker(storm: Storm) -> None:
    """Kill the broker; whoever needs it first starts it again."""
    os.kill(storm.broker_pid, signal.SIGKILL)
    storm.start_broker()
    storm.kills["broker"] += 1


def sleeper(storm: Storm) -> None:
    """Let a worker sleep while another does its work, then wake it: it holds what is long done."""
    slot = storm.chance.choice(SLOTS) if storm.in_group else storm.busiest()
    asleep = storm.workers[slot]
    asleep.send(signal.SIGSTOP)
    if storm.in_group:
        ends = storm.ends()
        storm.until(lambda: storm.has_taken(ends), "the others have taken over")
    else:
        storm.work(slot)
        storm.more_commits(2)
    asleep.send(signal.SIGCONT)
    if storm.in_group:
        storm.more_commits(2)
    else:
        _only_one(storm, slot, asleep)


def double(storm: Storm) -> None:
    """Start a second worker on partitions that another has: without a group one of the two is refused."""
    slot = storm.busiest()
    second = storm.run("ingest", "--partitions", slot)
    if not storm.in_group:
        _only_one(storm, slot, second)
        return
    goal = storm.commits() + 2 * COMMITS_MAX
    storm.until(lambda: storm.gone(second) or storm.commits() >= goal, "they are in each other's way")
    second.send(signal.SIGTERM)
    ended = second.ended()
    assert ended.is_clear, ended


def full_disk(storm: Storm) -> None:
    """Leave no room for the lake."""
    _starve(storm, storm.room.fill, storm.lake, "lake")


def read_only_folder(storm: Storm) -> None:
    """Make the lake's folder read-only."""
    _starve(storm, storm.room.forbid, storm.lake, "lake")


def dead_letters_unwritten(storm: Storm) -> None:
    """Leave no room for dead letters only: what else there is of an intake is written, and its accounts must wait."""
    storm.slices_at_once = DEFECTIVE_SLICES  # few records are defects, and the disk is met with one of them only
    _starve(storm, storm.room.fill, storm.lake / DEAD_LETTERS, "dead_letters: ")
    storm.slices_at_once = 1


def _more_than(storm: Storm, before: int) -> bool:
    return storm.segment_bytes() > before


def _only_one(storm: Storm, slot: str, other: Verb) -> None:
    """Wait until one of two workers has ended, because the other was first; that one goes on."""

    def is_settled() -> bool:
        if storm.gone(other):
            return True
        if storm.gone(storm.workers[slot]):
            storm.workers[slot] = other
            return True
        return False

    storm.until(is_settled, "one of two workers of a partition is refused")
    assert SECOND in storm.ended[-1].lines[-1], storm.ended[-1]


def _starve(storm: Storm, spoil: Callable[[Path], None], disk: Path, named: str) -> None:
    """Spoil a disk until a worker has ended over it, then heal it."""
    before = len(storm.ended)
    spoil(disk)
    try:
        storm.until(lambda: any(named in ended.lines[-1] for ended in storm.ended[before:]), "a worker meets the disk")
    finally:
        storm.room.heal(disk)


Fault: TypeAlias = Callable[[Storm], None]
Act: TypeAlias = tuple[bool, Sequence[Fault]]
"""Whether workers share the partitions as a group, and what befalls them then, in this order."""
KILLS: Final[Sequence[Fault]] = (kill_worker, kill_ship, kill_broker)
OFTEN: Final = (4, 5, 2)
"""A worker's death costs its group a session, a broker's all groups their members, `ship`'s next to nothing."""
ALONE: Final[Sequence[Fault]] = (
    *(kill_worker,) * 4,
    *(kill_ship,) * 2,
    kill_broker,
    sleeper,
    double,
    full_disk,
    read_only_folder,
    dead_letters_unwritten,
)
"""What befalls workers that share partitions by number; 7 kills."""
GROUPED: Final[Sequence[Fault]] = (*(kill_worker,) * 2, *(kill_ship,) * 2, kill_broker, sleeper, double)
"""What befalls workers of a group; 5 kills."""


def kills(chance: random.Random, number: int) -> list[Act]:
    """Draw a schedule of so many kills of a group's workers, of `ship` and of the broker; each is killed at least once."""
    drawn = [*KILLS, *chance.choices(KILLS, OFTEN, k=number - len(KILLS))]
    chance.shuffle(drawn)
    return [(True, drawn)]


def everything(chance: random.Random, times: int) -> list[Act]:
    """Draw a schedule of all faults, each so many times."""
    acts: list[Act] = []
    for in_group, faults in ((False, ALONE), (True, GROUPED)):
        drawn = [*faults] * times
        chance.shuffle(drawn)
        acts.append((in_group, drawn))
    return acts


def burn(storm: Storm, schedule: Sequence[Act]) -> None:
    """Let the faults of a schedule befall the warehouse; some intakes lie between."""
    begun_s = time.monotonic()
    for in_group, faults in schedule:
        storm.work_anew(in_group=in_group)
        for fault in faults:
            storm.more_commits(storm.chance.randint(1, COMMITS_MAX))
            name = f"{fault.__name__} ({'group' if in_group else 'alone'})"
            storm.strike(name)
            print(f"{time.monotonic() - begun_s:.1f} {name}")  # noqa: T201
            fault(storm)
