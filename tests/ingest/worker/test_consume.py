"""The worker on a real broker: exactly once, whatever stops it, and never a silent loss (R53)."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from kafka import KafkaConsumer
from kafka.errors import KafkaConnectionError

from ingest import consume
from ingest.consume import Worker
from ingest.errors import IngestError
from ingest.gathering import Flush
from ingest.sinks import Sinks
from ingest.wire.records import Partition
from ingest.wire.source import Group, Source
from policy.errors import UsageError
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


def test_a_member_that_was_overtaken_lets_go_and_goes_on(topic: Topic, lake: Lake, drain: Drain) -> None:
    """It slept between gathering and committing, and somebody else committed the same lines, cut in another way."""
    send(topic, 0, 12)
    said: list[str] = []

    def done() -> bool:
        return lake.table("hits").exists and len(stored(lake)) == 18

    member = drain(Lake(lake.root, lake.policy, lake._now, lake._keys), stopping=done, warn=said.append)
    first_commit = Sinks.commit

    def others_first(*arguments: Any) -> None:
        patch.undo()
        drain(lake).run(topic.claim, drain=True, flush=Flush(rows_max=1000))
        send(topic, 12, 3)
        drain(lake).run(topic.claim, drain=True, flush=SMALL)
        send(topic, 15, 3)
        first_commit(*arguments)

    patch = pytest.MonkeyPatch()
    patch.setattr(Sinks, "commit", others_first)
    member.run(topic.claim_of(Group("overtaken", 10)), drain=False, flush=Flush(rows_max=10, age_max_s=0.1))
    assert stored(lake) == list(range(18))
    assert len(said) == 1
    assert said[0].endswith("It lets go of all that it holds, and joins the group again.")
    ends = spans(lake)
    assert [end for _, end in ends[:-1]] == [start for start, _ in ends[1:]]


def test_a_partition_that_is_not_there_is_wrong_use(topic: Topic, lake: Lake, drain: Drain) -> None:
    claim = replace(topic.claim, numbers=frozenset({0, 7}))
    with pytest.raises(UsageError, match="there is no partition 7; the topics have 0"):
        drain(lake).run(claim, drain=True, flush=SMALL)


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


def test_a_worker_outlives_its_broker_but_a_drain_does_not(topic: Topic, lake: Lake, drain: Drain) -> None:
    """The client's own error, in the midst of the work: what was gathered is read again from the same broker."""
    send(topic, 0, 5)
    said: list[str] = []
    poll, polls = KafkaConsumer.poll, itertools.count()

    def away_once(consumer: KafkaConsumer, *arguments: Any) -> Any:
        if next(polls) == 1:
            raise KafkaConnectionError
        return poll(consumer, *arguments)

    def done() -> bool:
        return lake.table("hits").exists and len(stored(lake)) == 5

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(KafkaConsumer, "poll", away_once)
        with pytest.raises(IngestError, match=r"cannot read at Kafka .* \(KafkaConnectionError\)"):
            drain(lake).run(topic.claim, drain=True, flush=Flush(age_max_s=60, rows_max=2))
        polls = itertools.count()
        worker = drain(lake, warn=said.append, stopping=done)
        worker.run(topic.claim, drain=False, flush=Flush(age_max_s=0.8))
    assert stored(lake) == list(range(5))
    assert [text for text in said if text.endswith("It goes on as soon as it can.")] == said
    assert len(said) == 1
