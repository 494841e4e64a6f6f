"""Records that nobody can read any more are never passed over in silence, and a topic is never taken for its namesake."""

import itertools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from kafka import KafkaAdminClient, TopicPartition

from footfall.house import now_ms
from ingest import consume
from ingest.consume import Worker
from ingest.errors import LostRecordsError
from ingest.gathering import Flush
from ingest.sinks import Sinks
from ingest.wire.broker import embedded_broker
from ingest.wire.connection import Connection
from ingest.wire.fetch import CorruptBatchError
from ingest.wire.produce import ColumnarProducer
from ingest.wire.source import Group
from ingest.wire.topics import ensure_topic
from tests.ingest.conftest import SMALL, WEEK_MS, Topic, key, line
from warehouse.lake import Lake

pytestmark = pytest.mark.kafka
Drain = Callable[..., Worker]


def send(topic: Topic, first: int, count: int) -> None:
    numbers = range(first, first + count)
    topic.send([line(number) for number in numbers], [key(number * 100) for number in numbers])


def stored(lake: Lake) -> list[int]:
    """Give the `bytes` of all hits: each test line has its own."""
    return sorted(lake.table("hits").read(columns=["bytes"]).column("bytes").to_pylist())


def accounts(lake: Lake) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = lake.table("intakes").read().to_pylist()
    for row in rows:
        assert row["lines_in"] == row["kept"] + sum(count for _, count in row["dropped"] + row["dead_letters"])
    return sorted(rows, key=lambda row: (row["topic_id"], row["offset_from"]))


def spans(lake: Lake) -> list[tuple[int, int]]:
    found = sorted({(row["offset_from"], row["offset_next"]) for row in accounts(lake)})
    for (_, end), (start, _) in itertools.pairwise(found):
        assert end == start
    return found


def remove_before(topic: Topic, offset: int) -> None:
    admin = KafkaAdminClient(**topic.connection.options())
    admin.delete_records({TopicPartition(topic.partitions[0].topic, 0): offset})
    admin.close()


def test_a_gap_is_named_then_accepted_and_accounted(topic: Topic, lake: Lake, drain: Drain) -> None:
    send(topic, 0, 5)
    drain(lake).run(topic.claim, drain=True, flush=SMALL)
    send(topic, 5, 10)
    remove_before(topic, 9)
    with pytest.raises(LostRecordsError, match=r"offsets 5 to 8 \(4 records\) were removed .* --accept-gap"):
        drain(lake).run(topic.claim, drain=True, flush=SMALL)
    said: list[str] = []
    totals = drain(lake, accept_gap=True, warn=said.append).run(topic.claim, drain=True, flush=SMALL)
    assert (totals.lines_in, totals.kept, totals.dropped) == (10, 6, {"lost_to_retention": 4})
    assert [text for text in said if "offsets 5 to 8 are counted as lost (lost_to_retention)" in text] == said != []
    assert stored(lake) == [*range(5), *range(9, 15)]
    assert spans(lake)[0][0] == 0
    assert spans(lake)[-1][1] == 15
    assert drain(lake).run(topic.claim, drain=True, flush=SMALL).lines_in == 0


def test_a_gap_with_nothing_behind_it_is_accounted(topic: Topic, lake: Lake, drain: Drain) -> None:
    send(topic, 0, 5)
    drain(lake).run(topic.claim, drain=True, flush=SMALL)
    send(topic, 5, 3)
    remove_before(topic, 8)
    totals = drain(lake, accept_gap=True).run(topic.claim, drain=True, flush=SMALL)
    assert (totals.lines_in, totals.kept, totals.dropped) == (3, 0, {"lost_to_retention": 3})
    assert spans(lake) == [(0, 5), (5, 8)]


def test_a_gap_that_opens_while_the_worker_runs(topic: Topic, lake: Lake, drain: Drain) -> None:
    """The worker stands at an offset that retention removes before its next poll."""
    send(topic, 0, 5)
    commit, clock = Sinks.commit, itertools.count()

    def and_removed(*arguments: Any) -> None:
        patch.undo()
        commit(*arguments)
        send(topic, 5, 5)
        remove_before(topic, 8)

    patch = pytest.MonkeyPatch()
    patch.setattr(Sinks, "commit", and_removed)
    worker = drain(lake, accept_gap=True, seconds=lambda: float(next(clock)))
    totals = worker.run(topic.claim, drain=True, flush=SMALL)
    assert (totals.lines_in, totals.kept, totals.dropped) == (10, 7, {"lost_to_retention": 3})
    assert stored(lake) == [*range(5), 8, 9]


def test_a_warehouse_that_begins_late_says_so(topic: Topic, lake: Lake, drain: Drain) -> None:
    send(topic, 0, 7)
    remove_before(topic, 4)
    said: list[str] = []
    for _ in range(2):
        drain(lake, note=lambda _kind, text: said.append(text)).run(topic.claim, drain=True, flush=SMALL)
    assert len(said) == 1
    assert "had removed its first 4 offsets before this warehouse began" in said[0]
    assert stored(lake) == [4, 5, 6]


@pytest.mark.parametrize("in_group", [True, False])
@pytest.mark.parametrize("anew", [3, 12, 30])
def test_a_topic_made_anew_is_taken_from_its_own_start(
    topic: Topic, lake: Lake, drain: Drain, monkeypatch: pytest.MonkeyPatch, *, in_group: bool, anew: int
) -> None:
    """Shorter, as long as what was read, or longer: offsets alone would not tell, and marks must never mix."""
    monkeypatch.setattr(consume, "CHECK_S", 0.2)
    name, old_id = topic.partitions[0].topic, topic.partitions[0].topic_id
    send(topic, 0, 12)
    said: list[str] = []
    is_made = False

    def make_anew() -> None:
        admin = KafkaAdminClient(**topic.connection.options())
        admin.delete_topics([name])
        admin.close()
        until = time.monotonic() + 20
        while time.monotonic() < until:
            ensure_topic(topic.connection, name, partitions=1, retention_ms=WEEK_MS)
            topic.describe()
            if topic.partitions and topic.partitions[0].topic_id != old_id:
                break
        send(topic, 100, anew)

    def stopping() -> bool:
        nonlocal is_made
        kept = len(stored(lake)) if lake.table("hits").exists else 0
        if kept == 12 and not is_made:
            is_made = True
            make_anew()
        return kept == 12 + anew or time.monotonic() > deadline

    deadline = time.monotonic() + 90
    claim = topic.claim_of(Group(name, 10)) if in_group else topic.claim
    drain(lake, warn=said.append, stopping=stopping).run(claim, drain=False, flush=Flush(age_max_s=0.1))
    assert stored(lake) == [*range(12), *range(100, 100 + anew)]
    assert any(text.startswith(f"{name}: was deleted") for text in said)
    by_topic = {row["topic_id"]: (row["offset_from"], row["offset_next"]) for row in accounts(lake)}
    assert by_topic[old_id][1] == 12
    assert by_topic[topic.partitions[0].topic_id][1] == anew


def test_a_damaged_batch_stops_the_worker_or_is_counted(lake: Lake, drain: Drain, tmp_path: Path) -> None:
    """Three batches of ten on a real broker's disk; a bit of the second is flipped while the broker is away."""
    with embedded_broker(tmp_path) as broker:
        topic = Topic(Connection(broker.bootstrap), "damaged")
        for first in (0, 10, 20):
            send(topic, first, 10)
    (segment,) = tmp_path.glob("kafka/**/damaged-0/*.log")
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 4
    segment.write_bytes(data)
    with embedded_broker(tmp_path) as broker:
        connection = Connection(broker.bootstrap)
        with pytest.raises(CorruptBatchError, match=r"offsets 10 to 19 \(10\) cannot be read"):
            drain(lake, connection=connection).run(topic.claim, drain=True, flush=SMALL)
        worker = drain(lake, connection=connection, skip_corrupt=True)
        totals = worker.run(topic.claim, drain=True, flush=SMALL)
        with ColumnarProducer(connection, now_ms) as producer:
            producer.send("damaged", 0, pa.array([key(9000)]), pa.array([line(30)]))
        assert drain(lake, connection=connection).run(topic.claim, drain=True, flush=SMALL).kept == 1
    assert totals.dropped == {"corrupt_batch": 10}
    assert stored(lake) == [*range(10), *range(20, 31)]
    assert spans(lake)[-1][1] == 31
