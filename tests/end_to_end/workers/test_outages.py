"""The broker goes and comes, disks fill up: a worker says so in one line, and nothing is lost or counted twice."""

import itertools
import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from ingest.wire.broker import embedded_broker
from tests.end_to_end.conftest import Footfall
from tests.end_to_end.fire.faults import DEAD_LETTERS
from tests.end_to_end.fire.processes import Ended, Verb
from tests.end_to_end.fire.reckoning import Ledger, no_orphan_is_readable
from tests.end_to_end.fire.room import Room, small_disks
from tests.ingest.conftest import line

pytestmark = pytest.mark.kafka
LINES = 40
WAIT_MAX_S = 120
OUTAGES = 3
DEFECT = b"this is no line of a log\n"
SPANS = "select partition, offset_from, offset_next from intakes group by all order by all"


def ship(footfall: Footfall, first: int, folder: Path) -> None:
    """Send lines, each with a number of its own as its bytes, and one that is none."""
    path = folder / f"{first}.log"
    path.write_bytes(b"".join(line(number) + b"\n" for number in range(first, first + LINES)) + DEFECT)
    footfall("ship", str(path))


def each_once(footfall: Footfall, lines: int, defects: int) -> None:
    """Check that every line is one row, every defect one dead letter, and every partition's intakes stand end to end."""
    found = footfall.rows("select bytes, count(*) as rows from hits group by bytes order by bytes")
    assert found == [{"bytes": number, "rows": 1} for number in range(lines)]
    assert footfall.rows("select count(*) as rows from dead_letters") == [{"rows": defects}]
    spans = footfall.rows(SPANS)
    for earlier, later in itertools.pairwise(spans):
        is_same = earlier["partition"] == later["partition"]
        assert later["offset_from"] == (earlier["offset_next"] if is_same else 0)
    assert footfall.status()["totals"]["lines_in"] == lines + defects


@pytest.mark.long
def test_a_worker_outlives_a_broker_that_dies_again_and_again(
    new_footfall: Callable[..., Footfall], tmp_path: Path
) -> None:
    """Killed at any point of the work, and started on its folder by whoever needs it first, here `ship`."""
    footfall, chance = (
        new_footfall(FOOTFALL_INGEST_AGE_MAX_S="0.2", FOOTFALL_KAFKA_SESSION_S="6").make(),
        random.Random(7),
    )
    ledger = Ledger(footfall.data / "lake" / "facts" / "intakes")
    said = tmp_path / "said"
    ship(footfall, 0, tmp_path)
    worker = Verb(("ingest",), {"FOOTFALL_DATA": str(footfall.data), **footfall.environment}, said)
    try:
        until(partial(has_taken, ledger, LINES + 1), "the first lines are taken", said)
        for outage in range(1, OUTAGES + 1):
            with embedded_broker(footfall.data) as broker:
                pid = broker.pid
            time.sleep(chance.random())
            os.kill(pid, signal.SIGKILL)
            begun_s = time.monotonic()
            ship(footfall, outage * LINES, tmp_path)
            goal = (outage + 1) * (LINES + 1)
            until(partial(has_taken, ledger, goal), f"{goal} lines are taken", said)
            print(f"back {time.monotonic() - begun_s:.1f} s after the broker was killed")  # noqa: T201
        worker.send(signal.SIGTERM)
        ended = worker.ended()
    finally:
        worker.kill()
    assert ended.code == 0, ended
    assert all(one.endswith("It goes on as soon as it can.") for one in ended.lines), ended
    each_once(footfall, (OUTAGES + 1) * LINES, OUTAGES + 1)


@pytest.mark.long
def test_a_disk_that_takes_nothing_ends_a_worker_in_one_line(
    new_footfall: Callable[..., Footfall], tmp_path: Path
) -> None:
    """Full, read-only, or full for dead letters alone; the room proves each time that nothing can be written."""
    footfall = new_footfall(kafka=True).make()
    lake = footfall.data / "lake"
    ship(footfall, 0, tmp_path)
    with small_disks([lake, lake / DEAD_LETTERS]) as room:
        faults: Sequence[tuple[Callable[[Room, Path], None], Path, str, str]] = (
            (Room.fill, lake, "No space left on device", ""),
            (Room.forbid, lake, "Read-only file system", ""),
            (Room.fill, lake / DEAD_LETTERS, "No space left on device", "dead_letters: "),
        )
        for number, (spoil, disk, why, table) in enumerate(faults):
            spoil(room, disk)
            ended = drained(footfall, room, tmp_path / f"said {number}")
            room.heal(disk)
            assert ended.code == 1, ended
            assert len(ended.lines) == 1, ended
            assert ended.lines[0].startswith(f"footfall: {table}"), ended
            assert why in ended.lines[0], ended
            assert ended.lines[0].endswith("Is the disk full or read-only?"), ended
        assert drained(footfall, room, tmp_path / "said well").code == 0
        shutil.copytree(room.seen(lake), lake, dirs_exist_ok=True)
    each_once(footfall, LINES, 1)
    assert no_orphan_is_readable(footfall) >= 0


def drained(footfall: Footfall, room: Room, said: Path) -> Ended:
    environment = {"FOOTFALL_DATA": str(footfall.data), **footfall.environment}
    return Verb(("ingest", "--drain"), environment, said, room.pid).ended()


def has_taken(ledger: Ledger, records: int) -> bool:
    ledger.refresh()
    return sum(ledger.marks.values()) == records


def until(is_so: Callable[[], object], what: str, said: Path) -> None:
    until_s = time.monotonic() + WAIT_MAX_S
    while not is_so():
        assert time.monotonic() < until_s, f"never: {what}\n{said.read_text()}"
        time.sleep(0.1)
