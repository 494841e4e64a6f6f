"""The worker on a real broker: exactly once, whatever stops it, and never a silent loss (R53)."""

from collections.abc import Callable
from typing import Any

import pytest
from kafka import KafkaAdminClient, TopicPartition

from ingest import consume
from ingest.consume import Worker
from ingest.errors import IngestError, LostRecordsError
from ingest.sinks import Sinks
from ingest.wire.records import Partition
from ingest.wire.source import Source
from tests.ingest.conftest import SMALL, Topic, key, line
from warehouse.lake import FencedError, Lake

pytestmark = pytest.mark.kafka
Drain = Callable[..., Worker]


class Crash(Exception):  # noqa: N818 - it stands for a power cut, not for an error
    """What a test raises in the place of a power cut."""


def send(topic: Topic, first: int, count: int) -> None:
    topic.send(
        [line(number) for number in range(first, first + count)],
        [key(number * 100) for number in range(first, first + count)],
    )


def stored(lake: Lake) -> list[int]:
    """Give the `bytes` of all hits: each test line has its own."""
    return sorted(lake.table("hits").read(columns=["bytes"]).column("bytes").to_pylist())


def spans(lake: Lake) -> list[tuple[int, int]]:
    rows = lake.table("intakes").read(columns=["offset_from", "offset_next"]).to_pylist()
    return sorted((row["offset_from"], row["offset_next"]) for row in rows)


def test_lines_are_taken_once_in_small_intakes(topic: Topic, lake: Lake, drain: Drain) -> None:
    send(topic, 0, 35)
    totals = drain(lake).run(topic.claim, drain=True, flush=SMALL)
    assert (totals.lines_in, totals.kept) == (35, 35)
    send(topic, 35, 5)
    assert drain(lake).run(topic.claim, drain=True, flush=SMALL).kept == 5
    assert drain(lake).run(topic.claim, drain=True, flush=SMALL).lines_in == 0
    assert stored(lake) == list(range(40))
    ends = spans(lake)
    assert [end for _, end in ends[:-1]] == [start for start, _ in ends[1:]]


@pytest.mark.parametrize("crash_before", ["hits", "dead_letters", "intakes"])
def test_a_crash_between_sinks_is_cut_and_mended(
    topic: Topic, lake: Lake, drain: Drain, monkeypatch: pytest.MonkeyPatch, crash_before: str
) -> None:
    """The sinks before `crash_before` have the intake, the others do not; more lines come before the restart."""
    lines: list[bytes | None] = [line(number) if number % 4 else b"no log line" for number in range(20)]
    topic.send(lines, [key(number) for number in range(20)])
    table = lake.table(crash_before)
    with monkeypatch.context() as patch:

        def crash(*_: Any, **__: Any) -> bool:
            raise Crash

        patch.setattr(table, "commit", crash)
        with pytest.raises(Crash):
            drain(lake).run(topic.claim, drain=True, flush=SMALL)
    topic.send(lines, [key(number) for number in range(20, 40)])
    drain(lake).run(topic.claim, drain=True, flush=SMALL)
    expected = [number for number in range(20) if number % 4] * 2
    assert stored(lake) == sorted(expected)
    assert lake.table("dead_letters").read().num_rows == 10
    counted = lake.table("intakes").read(columns=["lines_in", "kept"])
    assert (sum(counted.column("lines_in").to_pylist()), sum(counted.column("kept").to_pylist())) == (40, 30)
    ends = spans(lake)
    assert [end for _, end in ends[:-1]] == [start for start, _ in ends[1:]]


def test_a_second_worker_without_the_group_is_fenced(topic: Topic, lake: Lake, drain: Drain) -> None:
    """The zombie has read the same lines and wakes after the other has committed them."""
    send(topic, 0, 12)
    zombie = drain(Lake(lake.root, lake.policy, lake._now, lake._keys))
    first_commit = Sinks.commit

    def others_first(*arguments: Any) -> None:
        patch.undo()
        drain(lake).run(topic.claim, drain=True, flush=SMALL)
        send(topic, 12, 3)
        drain(lake).run(topic.claim, drain=True, flush=SMALL)
        first_commit(*arguments)

    patch = pytest.MonkeyPatch()
    patch.setattr(Sinks, "commit", others_first)
    with pytest.raises(FencedError, match="Is a second worker running"):
        zombie.run(topic.claim, drain=True, flush=SMALL)
    assert stored(lake) == list(range(15))


def test_records_that_retention_removed_stop_the_worker(topic: Topic, lake: Lake, drain: Drain) -> None:
    send(topic, 0, 5)
    drain(lake).run(topic.claim, drain=True, flush=SMALL)
    send(topic, 5, 10)
    admin = KafkaAdminClient(**topic.connection.options())
    admin.delete_records({TopicPartition(topic.partitions[0].topic, 0): 9})
    admin.close()
    with pytest.raises(LostRecordsError, match=r"offsets 5 to 8 \(4 records\) were removed"):
        drain(lake).run(topic.claim, drain=True, flush=SMALL)
    assert stored(lake) == list(range(5))


def test_a_mark_beyond_kafka_says_so(topic: Topic, lake: Lake, drain: Drain) -> None:
    table = lake.table("intakes")
    send(topic, 0, 3)
    drain(lake).run(topic.claim, drain=True, flush=SMALL)
    again = table.read()
    table.commit(table.stage(again), app_id=topic.partitions[0].app_id, start=3, end=99)
    with pytest.raises(IngestError, match="offsets up to 99 are in the lake, but Kafka ends at 3"):
        drain(lake).run(topic.claim, drain=True, flush=SMALL)


def test_a_drain_does_not_wait_for_a_broker_that_is_gone(
    topic: Topic, lake: Lake, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A poll gives nothing and says nothing when the broker has died; only a question fails."""
    send(topic, 0, 3)
    asked = []

    def ends(source: Source) -> dict[Partition, int]:
        asked.append(source)
        if len(asked) > 1:
            raise IngestError("cannot ask for the ends of partitions")
        return first(source)

    first = Source.ends
    monkeypatch.setattr(Source, "ends", ends)
    monkeypatch.setattr(Source, "poll", lambda _self, _timeout_ms: {})
    monkeypatch.setattr(consume, "SILENCE_MAX_S", 0.01)
    with pytest.raises(IngestError, match="cannot ask for the ends"):
        drain(lake).run(topic.claim, drain=True, flush=SMALL)
