"""Columns go into a real broker once, whole and in order, also when it is restarted, killed, or takes small batches only."""

import gc
import logging
import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pytest
from kafka.producer.producer_batch import ProducerBatch
from kafka.structs import TopicPartition

from ingest.errors import IngestError
from ingest.wire.broker import EmbeddedBroker, embedded_broker
from ingest.wire.connection import Connection
from ingest.wire.produce import ColumnarProducer, RecordTooLongError, producer
from ingest.wire.produce.batch import Sealed
from ingest.wire.produce.body import encode_headers, encode_records
from tests.ingest.wire.conftest import MakeTopic, new_topic, read_all, read_plainly

pytestmark = pytest.mark.kafka
SENT_MS = 1_790_000_000_123


@pytest.fixture
def sender(connection: Connection) -> Iterator[ColumnarProducer]:
    with ColumnarProducer(connection, lambda: SENT_MS) as sender:
        yield sender


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _numbered(count: int, start: int = 0) -> tuple[pa.Array, pa.Array]:
    """Make keys and values that say which they are; some are null, some empty."""
    numbers = range(start, start + count)
    keys = [None if number % 5 == 0 else b"key %d" % number for number in numbers]
    values = [b"%d " % number * (number % 50) if number % 7 else None for number in numbers]
    return pa.array(keys, pa.binary()), pa.array(values, pa.binary())


@pytest.mark.parametrize("compression", ["none", "lz4", "zstd"])
def test_what_is_sent_is_read(
    connection: Connection, make_topic: MakeTopic, compression: Literal["none", "lz4", "zstd"]
) -> None:
    (part,) = make_topic()
    columns = [_numbered(0), _numbered(1), _numbered(20_000, 1), _numbered(3)]
    with ColumnarProducer(connection, lambda: SENT_MS, compression) as sender:
        for keys, values in columns:
            sender.send(part.topic, 0, keys, values, {"footfall-backfill": b"1", "other": b""})
    rows = read_plainly(connection, part)
    assert [row.offset for row in rows] == list(range(20_004))
    assert [row.key for row in rows] == [key for keys, _ in columns for key in keys.to_pylist()]
    assert [row.value for row in rows] == [value for _, values in columns for value in values.to_pylist()]
    assert {(row.sent_ms, row.backfill) for row in rows} == {(SENT_MS, True)}


def test_a_hundred_thousand_at_once(connection: Connection, make_topic: MakeTopic) -> None:
    (part,) = make_topic()
    keys, values = _numbered(100_000)
    with ColumnarProducer(connection, lambda: SENT_MS, in_flight_bytes=300_000) as sender:
        sender.send(part.topic, 0, keys, values)
    rows = read_all(connection, [part])[0]
    assert [row.value for row in rows] == values.to_pylist()
    assert [row.key for row in rows] == keys.to_pylist()
    assert not any(row.backfill for row in rows)


def test_text_and_views_are_sent_as_bytes(
    connection: Connection, make_topic: MakeTopic, sender: ColumnarProducer
) -> None:
    (part,) = make_topic()
    sender.send(part.topic, 0, pa.nulls(2), pa.array(["ü", None]))
    sender.send(part.topic, 0, pa.array([b"k"], pa.large_binary()), pa.array([b"v" * 20], pa.binary_view()))
    rows = read_plainly(connection, part)
    assert [(row.key, row.value) for row in rows] == [(None, "ü".encode()), (None, None), (b"k", b"v" * 20)]


def test_partitions_at_once(connection: Connection, make_topic: MakeTopic, sender: ColumnarProducer) -> None:
    parts = make_topic(partitions=3)
    for start in range(0, 3000, 500):
        for part in parts:
            sender.enqueue(part.topic, part.number, *_numbered(500, start))
    sender.flush()
    for rows in read_all(connection, parts).values():
        assert [row.value for row in rows] == _numbered(3000)[1].to_pylist()


def test_a_topic_of_small_batches(connection: Connection, make_topic: MakeTopic, sender: ColumnarProducer) -> None:
    (part,) = make_topic(max_message_bytes="2000")
    values = pa.array([os.urandom(100) for _ in range(300)], pa.binary())
    sender.send(part.topic, 0, pa.nulls(300, pa.binary()), values)
    sender.send(part.topic, 0, pa.nulls(300, pa.binary()), values)
    assert [row.value for row in read_plainly(connection, part)] == values.to_pylist() * 2


def test_a_record_that_no_batch_holds(connection: Connection, make_topic: MakeTopic, sender: ColumnarProducer) -> None:
    (part,) = make_topic()
    values = pa.array([b"short", b"x" * 2_000_000], pa.binary())
    with pytest.raises(RecordTooLongError, match=r"/0: record 2 of those to be sent has 2,000,0\d\d bytes"):
        sender.send(part.topic, 0, pa.nulls(2, pa.binary()), values)
    sender.send(part.topic, 0, pa.nulls(1, pa.binary()), values[:1])
    assert [row.value for row in read_plainly(connection, part)] == [b"short"]


def test_a_partition_that_is_not_there(make_topic: MakeTopic, sender: ColumnarProducer) -> None:
    (part,) = make_topic()
    with pytest.raises(IngestError, match="has no partition"):
        sender.send(part.topic, 1, *_numbered(1))


def _kill(broker: EmbeddedBroker) -> None:
    os.kill(broker.pid, signal.SIGKILL)
    broker.restart()


@pytest.fixture
def leaks() -> Iterator[None]:
    """Throw away the sockets that kafka-python leaves open when it is refused.

    Its log lines, which the test run keeps until the next test, would hold them until then.
    """
    log = logging.getLogger("kafka")
    level = log.level
    log.setLevel(logging.CRITICAL + 1)
    yield
    log.setLevel(level)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
@pytest.mark.usefixtures("leaks")
@pytest.mark.parametrize(
    "end", [pytest.param(EmbeddedBroker.restart, marks=pytest.mark.long), _kill], ids=["restart", "kill"]
)
def test_a_broker_that_ends_midway(tmp_path: Path, end: Callable[[EmbeddedBroker], None]) -> None:
    with embedded_broker(tmp_path) as broker:
        connection = Connection(broker.bootstrap)
        (part,) = new_topic(connection, "midway")
        sent, going, errors = 0, threading.Event(), list[BaseException]()

        def stop() -> None:
            try:
                going.wait(30)
                end(broker)
            except BaseException as error:  # noqa: BLE001 shown by the test
                errors.append(error)

        thread = threading.Thread(target=stop)
        with ColumnarProducer(connection, _now_ms) as sender:
            thread.start()
            until = time.monotonic() + 60
            while (thread.is_alive() or sent < 100_000) and time.monotonic() < until:
                sender.send(part.topic, 0, *_numbered(10_000, sent))
                sent += 10_000
                going.set()
        thread.join()
        assert not errors
        rows = read_all(connection, [part])[0]
        assert [row.value for row in rows] == _numbered(sent)[1].to_pylist()


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
@pytest.mark.usefixtures("leaks")
def test_a_broker_that_stays_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(producer, "ACKNOWLEDGE_TIMEOUT_MS", 3000)
    with embedded_broker(tmp_path) as broker:
        connection = Connection(broker.bootstrap)
        (part,) = new_topic(connection, "away")
        with ColumnarProducer(connection, _now_ms) as sender:
            sender.send(part.topic, 0, *_numbered(1000))
            os.kill(broker.pid, signal.SIGKILL)
            began = time.monotonic()
            with pytest.raises(IngestError, match="Is the broker running"):
                sender.send(part.topic, 0, *_numbered(100_000, 1000))
            assert time.monotonic() - began < 30
        broker.restart()
        rows = read_all(Connection(broker.bootstrap), [part])[0]
        assert [row.value for row in rows] == _numbered(1000)[1].to_pylist()


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
@pytest.mark.usefixtures("leaks")
def test_a_batch_sent_again_after_a_restart_is_known(tmp_path: Path) -> None:
    with embedded_broker(tmp_path) as broker:
        connection = Connection(broker.bootstrap)
        (part,) = new_topic(connection, "again")
        keys, values = _numbered(10)
        sealed = Sealed(encode_records(keys, values, encode_headers({})), 10, _now_ms(), "lz4")
        with ColumnarProducer(connection, _now_ms) as sender:
            assert sender._producer.partitions_for(part.topic) == {0}
            sender._queue.put(part.topic, 0, sealed)
            sender.flush()
            broker.restart()
            batch: Any = ProducerBatch(TopicPartition(part.topic, 0), sealed)
            batch._retry = True  # as if the acknowledgement had been lost
            accumulator: Any = sender._producer._accumulator  # type: ignore[attr-defined]
            accumulator._incomplete.add(batch)
            accumulator.reenqueue(batch)
            sender._producer.flush(timeout=30)
            sender.send(part.topic, 0, *_numbered(5, 10))
        assert [row.value for row in read_plainly(connection, part)] == _numbered(15)[1].to_pylist()
