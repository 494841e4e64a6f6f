"""A worker that stays: what is sent shows within seconds, and small commits do not pile up."""

import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pyarrow as pa
import pytest

from footfall.house import House, now_ms
from ingest.compaction import FILES_MIN, INTAKES_BETWEEN
from ingest.wire.broker import embedded_broker
from ingest.wire.connection import Connection
from ingest.wire.produce import ColumnarProducer
from tests.end_to_end.conftest import Footfall
from tests.end_to_end.fire.reckoning import Ledger
from tests.ingest.conftest import line

pytestmark = pytest.mark.kafka
STEP_S = 0.2
WAIT_MAX_S = 120  # for a machine with better things to do
GOAL_S = 5
CHECKPOINT_INTERVAL = 20
LINES_AN_INTAKE = 4


@pytest.fixture
def stay() -> Iterator[Callable[[Footfall], ForkServerProcess]]:
    """Start a worker that stays, and see to it that it goes."""
    started: list[ForkServerProcess] = []

    def start(footfall: Footfall) -> ForkServerProcess:
        started.append(footfall.fork("ingest"))
        return started[-1]

    yield start
    for worker in started:
        worker.kill()
        worker.join()


def test_a_line_shows_within_seconds(
    new_footfall: Callable[..., Footfall], stay: Callable[[Footfall], ForkServerProcess]
) -> None:
    """From Kafka's acknowledgement to the answer of a question; the goal is printed beside it, time decides nothing."""
    footfall, waited_s = new_footfall(kafka=True).make(), list[float]()
    stay(footfall)
    ledger = Ledger(footfall.data / "lake" / "facts" / "intakes")
    with embedded_broker(footfall.data) as broker:
        until(lambda: topics_are_there(footfall), "the worker has made its topics")
        with ColumnarProducer(Connection(broker.bootstrap), now_ms) as producer:
            for number in range(1, 6):
                producer.send("web_log", number % 2, pa.array([None], pa.binary()), pa.array([line(number)]))
                sent_s = time.monotonic()
                until(partial(are_taken, ledger, number), f"line {number} is taken")
                assert shows(footfall, number)
                waited_s.append(time.monotonic() - sent_s)
    first, *rest = waited_s  # the first waits for the worker's start as well
    print(  # noqa: T201
        f"from Kafka to the answer of a question: {statistics.median(rest):.1f} s at the median, {max(rest):.1f} s at most, "
        f"of {len(rest)} lines (goal: {GOAL_S} s); {first:.1f} s while the worker starts"
    )


@pytest.mark.parametrize("intakes", [80, pytest.param(300, marks=pytest.mark.long)])
def test_small_commits_do_not_pile_up(
    new_footfall: Callable[..., Footfall],
    stay: Callable[[Footfall], ForkServerProcess],
    tmp_path: Path,
    intakes: int,
) -> None:
    footfall = new_footfall(
        kafka=True, FOOTFALL_KAFKA_PARTITIONS="1", FOOTFALL_INGEST_ROWS_MAX=str(LINES_AN_INTAKE)
    ).make()
    lines = [line(number) + b"\n" for number in range(intakes * LINES_AN_INTAKE)]
    (tmp_path / "access.log").write_bytes(b"".join(lines))
    footfall("ship", str(tmp_path / "access.log"))
    worker = stay(footfall)
    ledger = Ledger(footfall.data / "lake" / "facts" / "intakes")
    until(lambda: ledger.refresh() and set(ledger.marks.values()) == {len(lines)}, f"{len(lines)} lines are taken")
    worker.terminate()
    worker.join(WAIT_MAX_S)
    assert worker.exitcode == 0
    files_max = FILES_MIN + INTAKES_BETWEEN
    with House.open(footfall.data) as house:
        for name in ("hits", "intakes"):
            table = house.lake.table(name)
            assert table.version >= intakes
            assert len(table.files()) <= min(files_max, intakes - 1), name
            checkpoints = sorted((table.root / "_delta_log").glob("*.checkpoint.parquet"))
            assert table.version - int(checkpoints[-1].name.split(".")[0]) <= CHECKPOINT_INTERVAL, name
    rows = footfall.rows("select count(*) as rows, count(distinct bytes) as lines from hits")
    assert rows == [{"rows": len(lines), "lines": len(lines)}]
    assert footfall.rows("select count(distinct intake) as intakes from intakes") == [{"intakes": intakes}]


def until(is_so: Callable[[], object], what: str) -> None:
    until_s = time.monotonic() + WAIT_MAX_S
    while not is_so():
        assert time.monotonic() < until_s, f"never: {what}"
        time.sleep(STEP_S)


def topics_are_there(footfall: Footfall) -> bool:
    return (footfall.data / "kafka" / "data" / "web_log-1").is_dir()


def are_taken(ledger: Ledger, lines: int) -> bool:
    """Look into the Delta log, which costs nothing; whoever asks in SQL all the time would slow the worker down."""
    ledger.refresh()
    return sum(ledger.marks.values()) == lines


def shows(footfall: Footfall, number: int) -> bool:
    return footfall.rows(f"select count(*) as rows from hits where bytes = {number}") == [{"rows": 1}]
