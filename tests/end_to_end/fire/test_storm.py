"""Log files and JSON files are shipped and taken while programs are killed and disks fill up: nothing is lost or repeated."""

import os
import random
import secrets
import shutil
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Final

import pytest

from footfall.simulate import write_web_log
from footfall.simulate.customers import SOURCES, PlantedCustomers, write_customers
from policy import load_policy
from tests.end_to_end.conftest import Footfall
from tests.end_to_end.fire.faults import DEAD_LETTERS, Act, burn, everything, kills
from tests.end_to_end.fire.growing import Growing
from tests.end_to_end.fire.reckoning import each_offset_once, no_orphan_is_readable, same_as
from tests.end_to_end.fire.room import Room, small_disks
from tests.end_to_end.fire.storm import Storm

pytestmark = pytest.mark.kafka
SEED: Final = 20261125
START: Final = date(2026, 11, 2)
SETTINGS: Final = {
    "FOOTFALL_INGEST_ROWS_MAX": "40",
    "FOOTFALL_INGEST_AGE_MAX_S": "0.3",
    "FOOTFALL_KAFKA_SESSION_S": "6",
}


def records(folder: Path, size: int) -> PlantedCustomers:
    """Write logs of six days, about 700 lines a `size`, and a third as many JSON records; the same at each call."""
    write_web_log(folder, seed=SEED, start=START, days=6, visitors_a_day=6 * size, progress=None)
    return write_customers(
        folder, load_policy(), seed=SEED, start=START, days=4, customers=20 * size, visitors_a_day=8 * size
    )


def ship_all(footfall: Footfall, folder: Path) -> None:
    footfall("ship", str(folder / "*.log"))
    for source in SOURCES:
        footfall("ship", "--source", source, "--backfill", str(folder / f"{source}.jsonl"))


def weather(
    new_footfall: Callable[..., Footfall],
    folder: Path,
    seed: int,
    draw: Callable[[random.Random], Sequence[Act]],
    *,
    size: int,
    slices: int,
    has_disks: bool = False,
) -> Storm:
    """Let a schedule befall one warehouse, none another; compare them, and tell what happened."""
    print(f"FIRE_SEED={seed}")  # noqa: T201
    begun_s, chance = time.monotonic(), random.Random(seed)
    planted = records(folder, size)
    calm, stormy = new_footfall(kafka=True), new_footfall(**SETTINGS).make()
    (grown := stormy.data.parent / "logs").mkdir()
    growing = Growing(folder, grown, slices)
    lake = stormy.data / "lake"
    with ExitStack() as rooms:
        room = rooms.enter_context(small_disks([lake, lake / DEAD_LETTERS])) if has_disks else Room(0)
        with Storm(stormy, room, growing, chance) as storm:
            burn(storm, draw(chance))
            burnt_s = time.monotonic()
            ends = storm.calm_down()
        if has_disks:
            shutil.copytree(room.seen(lake), lake, dirs_exist_ok=True)
    for file in folder.glob("*.*l*"):
        if file.suffix in {".log", ".jsonl"}:
            assert (grown / file.name).read_bytes() == file.read_bytes()
    ship_all(calm, folder)
    calm("ingest", "--drain")
    each_offset_once(stormy, ends)
    rows, orphans = same_as(calm, stormy, planted), no_orphan_is_readable(stormy)
    print(  # noqa: T201
        f"{sum(storm.kills.values())} kills ({dict(storm.kills)}), {rows} rows in both, 0 lost, 0 repeated, 0 wrong, "
        f"{orphans} orphans, {len(storm.ended)} programs ended by themselves; "
        f"{burnt_s - begun_s:.0f} s of fire, {time.monotonic() - begun_s:.0f} s in all"
    )
    print(storm.told())  # noqa: T201
    print(time_to_be_back(storm.backs))  # noqa: T201
    return storm


def time_to_be_back(backs: Sequence[tuple[str, float]]) -> str:
    """Write a table: for each kind of fault, how often it struck and how long it took, at the median and at most."""
    times: dict[str, list[float]] = {}
    for fault, back_s in backs:
        times.setdefault(fault, []).append(back_s)
    rows = [f"  {'back after':32} {'times':>5} {'median':>8} {'most':>8}"]
    for fault, found in [*sorted(times.items()), ("all", [back_s for _, back_s in backs])]:
        rows.append(f"  {fault:32} {len(found):5} {statistics.median(found):6.1f} s {max(found):6.1f} s")
    return "\n".join(rows)


def test_twelve_kills(new_footfall: Callable[..., Footfall], tmp_path: Path) -> None:
    """Kills only, of two workers in a group, of `ship` and of the broker; FIRE_SEED plays another schedule."""
    seed = int(os.environ.get("FIRE_SEED", SEED))
    storm = weather(new_footfall, tmp_path, seed, lambda chance: kills(chance, 12), size=1, slices=160)
    assert sum(storm.kills.values()) == 12


@pytest.mark.long
def test_sixty_kills(new_footfall: Callable[..., Footfall], tmp_path: Path) -> None:
    """Another schedule at each run; FIRE_SEED plays one again."""
    seed = int(os.environ.get("FIRE_SEED", secrets.randbelow(10**6)))
    storm = weather(
        new_footfall, tmp_path, seed, lambda chance: everything(chance, 5), size=16, slices=1440, has_disks=True
    )
    assert sum(storm.kills.values()) == 60
