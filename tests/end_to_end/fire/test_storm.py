"""Log files and JSON files are shipped and taken while programs are killed and disks fill up: nothing is lost or repeated."""

import os
import random
import secrets
import shutil
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

import pytest

from footfall.simulate import write_web_log
from footfall.simulate.customers import SOURCES, PlantedCustomers, write_customers
from policy import load_policy
from tests.end_to_end.conftest import Footfall
from tests.end_to_end.fire.faults import DEAD_LETTERS, burn
from tests.end_to_end.fire.reckoning import each_offset_once, no_orphan_is_readable, same_as
from tests.end_to_end.fire.room import small_disks
from tests.end_to_end.fire.storm import Growing, Storm

pytestmark = [pytest.mark.kafka, pytest.mark.long]
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


def weather(new_footfall: Callable[..., Footfall], folder: Path, seed: int, *, size: int, times: int) -> None:
    """Let a schedule befall one warehouse, none another; compare them, and tell what happened."""
    print(f"FIRE_SEED={seed}")  # noqa: T201
    begun_s = time.monotonic()
    planted = records(folder, size)
    calm, stormy = new_footfall(kafka=True), new_footfall(**SETTINGS).make()
    (grown := stormy.data.parent / "logs").mkdir()
    lake = stormy.data / "lake"
    growing = Growing(folder, grown, slices=60 * size * times // 4)
    with small_disks([lake, lake / DEAD_LETTERS]) as room:
        with Storm(stormy, room, growing, random.Random(seed)) as storm:
            burn(storm, times)
            burnt_s = time.monotonic()
            ends = storm.calm_down()
        shutil.copytree(room.seen(lake), lake, dirs_exist_ok=True)
    for file in folder.glob("*.*l*"):
        if file.suffix in {".log", ".jsonl"}:
            assert (grown / file.name).read_bytes() == file.read_bytes()
    ship_all(calm, folder)
    calm("ingest", "--drain")
    each_offset_once(stormy, ends)
    rows, orphans = same_as(calm, stormy, planted), no_orphan_is_readable(stormy)
    print(  # noqa: T201
        f"{sum(storm.kills.values())} kills ({dict(storm.kills)}), {rows} rows in both, 0 lost, 0 repeated, {orphans} orphans, "
        f"{len(storm.ended)} programs ended by themselves; {burnt_s - begun_s:.0f} s of fire, {time.monotonic() - begun_s:.0f} s in all"
    )
    for fault, back_s in storm.backs:
        print(f"  back after {back_s:5.1f} s: {fault}")  # noqa: T201
    print(storm.told())  # noqa: T201


def test_twelve_kills(new_footfall: Callable[..., Footfall], tmp_path: Path) -> None:
    weather(new_footfall, tmp_path, int(os.environ.get("FIRE_SEED", SEED)), size=4, times=1)


@pytest.mark.long
def test_seventy_two_kills(new_footfall: Callable[..., Footfall], tmp_path: Path) -> None:
    """Another schedule at each run; FIRE_SEED plays one again."""
    weather(new_footfall, tmp_path, int(os.environ.get("FIRE_SEED", secrets.randbelow(10**6))), size=16, times=6)
