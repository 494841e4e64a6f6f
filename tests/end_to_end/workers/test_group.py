"""Workers of one group share the partitions: one comes, one dies, one sleeps past its session; each record counts once."""

import itertools
import os
import signal
import time
from collections.abc import Callable, Iterator
from multiprocessing.context import ForkServerProcess
from typing import Any

import pytest
from kafka import KafkaAdminClient

from ingest.wire.broker import embedded_broker
from tests.end_to_end.conftest import Footfall
from tests.ingest.conftest import line

pytestmark = pytest.mark.kafka
PARTITIONS = 4
FILES = 12
LINES_A_FILE = 15
WAIT_MAX_S = 60  # for a machine with better things to do; a quiet one needs a tenth
SPANS = """
select topic_id, partition, offset_from, offset_next
from intakes group by all order by all
"""


class Crowd:
    """A warehouse of four partitions, files that are shipped to it, and the workers on it."""

    def __init__(self, footfall: Footfall, admin: KafkaAdminClient) -> None:
        self.footfall = footfall
        self.admin = admin
        self.lines = 0
        self.workers: list[ForkServerProcess] = []

    def ship(self) -> None:
        """Send some files; each goes to one partition, and each line has a number of its own as its bytes."""
        folder = self.footfall.data.parent / f"logs {self.lines}"
        folder.mkdir()
        for file in range(FILES):
            numbers = range(self.lines, self.lines + LINES_A_FILE)
            (folder / f"{file}.log").write_bytes(b"".join(line(number) + b"\n" for number in numbers))
            self.lines += LINES_A_FILE
        self.footfall("ship", str(folder / "*.log"))

    def work(self, *words: str) -> ForkServerProcess:
        worker = self.footfall.fork("ingest", *words)
        self.workers.append(worker)
        return worker

    def members(self, count: int) -> None:
        """Wait until the group has settled with so many members."""
        wait(lambda: self._settled() == count, f"the group has {count} members")

    def all_taken(self) -> None:
        """Wait until everything that was shipped is accounted for."""
        counted = "select sum(lines_in) as lines from intakes"
        wait(lambda: self.footfall.rows(counted)[0]["lines"] == self.lines, f"{self.lines} lines are taken")

    def _settled(self) -> int:
        group = self.admin.describe_groups(["footfall"])["footfall"]
        return len(group["members"]) if group["group_state"] == "Stable" else -1


def wait(is_so: Callable[[], Any], what: str) -> None:
    until = time.monotonic() + WAIT_MAX_S
    while not is_so():
        assert time.monotonic() < until, f"never: {what}"
        time.sleep(0.2)


@pytest.fixture
def crowd(new_footfall: Callable[..., Footfall]) -> Iterator[Crowd]:
    footfall = new_footfall(
        kafka=True,
        FOOTFALL_KAFKA_PARTITIONS=str(PARTITIONS),
        FOOTFALL_KAFKA_SESSION_S="6",
        FOOTFALL_INGEST_AGE_MAX_S="0.4",
    )
    with embedded_broker(footfall.data) as broker:
        admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
        crowd = Crowd(footfall, admin)
        yield crowd
        for worker in crowd.workers:
            worker.kill()
            worker.join()
        admin.close()


@pytest.mark.long
def test_members_come_die_sleep_and_leave(crowd: Crowd) -> None:
    crowd.ship()
    first = crowd.work()
    crowd.all_taken()
    second = crowd.work()  # while records come, so that what the first has gathered is taken away from it
    crowd.ship()
    crowd.members(2)
    crowd.ship()
    crowd.all_taken()

    crowd.ship()
    first.kill()
    crowd.members(1)
    crowd.ship()
    crowd.all_taken()

    third = crowd.work()
    crowd.members(2)
    crowd.ship()
    assert second.pid is not None
    os.kill(second.pid, signal.SIGSTOP)
    crowd.members(1)
    crowd.all_taken()
    os.kill(second.pid, signal.SIGCONT)
    crowd.members(2)
    crowd.ship()
    crowd.all_taken()

    third.terminate()
    third.join(WAIT_MAX_S)
    crowd.members(1)
    crowd.ship()
    crowd.all_taken()
    second.terminate()
    second.join(WAIT_MAX_S)
    assert (second.exitcode, third.exitcode) == (0, 0)
    each_once(crowd)


def each_once(crowd: Crowd) -> None:
    """Check that every line is one row, and that every partition's intakes stand end to end."""
    found = crowd.footfall.rows("select bytes, count(*) as rows from hits group by bytes order by bytes")
    assert found == [{"bytes": number, "rows": 1} for number in range(crowd.lines)]
    spans = crowd.footfall.rows(SPANS)
    assert {span["partition"] for span in spans} == set(range(PARTITIONS))
    for earlier, later in itertools.pairwise(spans):
        if earlier["partition"] == later["partition"]:
            assert later["offset_from"] == earlier["offset_next"]
        else:
            assert later["offset_from"] == 0
