"""Records come out of a real broker in columns as kafka-python reads them: codecs, transactions, gaps, positions."""

import itertools
import time
from collections.abc import Iterator
from typing import Any

import pytest
from kafka import KafkaProducer

from ingest.errors import LostRecordsError
from ingest.wire.connection import Connection
from ingest.wire.fetch import ColumnarSource, check
from ingest.wire.fetch.decode.rows import Row
from ingest.wire.records import BACKFILL, Partition
from tests.ingest.wire.conftest import (
    POLL_MS,
    MakeTopic,
    delete_before,
    read_all,
    read_columns,
    read_plainly,
    total,
)

pytestmark = pytest.mark.kafka
COMPACTION_S = 60


def _send(connection: Connection, part: Partition, count: int, start: int = 0, **options: Any) -> None:
    producer = KafkaProducer(**connection.options(), linger_ms=5, batch_size=10_000, **options)
    try:
        for number in range(start, start + count):
            headers = [("trace", b"x"), (BACKFILL, b"1")] if number % 7 == 0 else []
            key = None if number % 5 == 0 else b"key %d" % number
            value = None if key and number % 11 == 0 else b"GET /%d " % number * (number % 40)
            producer.send(part.topic, value, key, headers, part.number)
        producer.flush()
    finally:
        producer.close()


@pytest.mark.parametrize("codec", [None, "gzip", "lz4", "zstd"])
def test_a_codec_reads_as_with_kafka_python(connection: Connection, make_topic: MakeTopic, codec: str | None) -> None:
    partitions = make_topic()
    _send(connection, partitions[0], 3000, compression_type=codec)
    rows = read_all(connection, partitions)[0]
    assert len(rows) == 3000
    assert rows == read_plainly(connection, partitions[0])
    assert sum(row.backfill for row in rows) == len(range(0, 3000, 7))


def test_snappy_as_the_broker_writes_it(connection: Connection, make_topic: MakeTopic) -> None:
    partitions = make_topic(compression_type="snappy")
    _send(connection, partitions[0], 3000, compression_type="lz4")
    rows = read_all(connection, partitions)[0]
    assert [row.offset for row in rows] == list(range(3000))
    assert rows[2999].value == b"GET /2999 " * (2999 % 40)


def test_partitions_and_small_polls(connection: Connection, make_topic: MakeTopic) -> None:
    partitions = make_topic(partitions=3)
    for part in partitions:
        _send(connection, part, 400 + part.number, compression_type="lz4")
    with ColumnarSource(connection, dict.fromkeys(partitions, 0), 7) as source:
        seen: dict[int, int] = {}
        while sum(seen.values()) < 1203:
            polled = source.poll(POLL_MS)
            assert 0 < total(polled) <= 7
            for part, records in polled.items():
                assert records.offsets[0] == seen.get(part.number, 0)
                seen[part.number] = int(records.offsets[-1]) + 1
                assert source.position(part) == seen[part.number]
        assert source.poll(200) == {}


@pytest.mark.parametrize("start", [0, 1, 499, 500, 999, 1000])
def test_a_start_inside_a_batch(connection: Connection, make_topic: MakeTopic, start: int) -> None:
    partitions = make_topic()
    _send(connection, partitions[0], 1000, compression_type="zstd")
    with ColumnarSource(connection, {partitions[0]: start}, 50_000) as source:
        rows = read_columns(source, partitions)[0]
    assert rows == read_plainly(connection, partitions[0])[start:]


def test_only_those_are_heard_who_are_listened_to(connection: Connection, make_topic: MakeTopic) -> None:
    partitions = make_topic(partitions=2)
    for part in partitions:
        _send(connection, part, 2000, compression_type="lz4")
    with ColumnarSource(connection, dict.fromkeys(partitions, 0), 300) as source:
        rows: dict[int, list[int]] = {0: [], 1: []}
        for chosen in itertools.chain([{partitions[0]}, {partitions[1]}] * 4, [set(partitions)] * 20):
            source.listen_to(chosen)
            if len(rows[0]) + len(rows[1]) == 4000:
                break
            for part, records in source.poll(POLL_MS).items():
                assert part in chosen
                rows[part.number] += records.offsets.tolist()
    assert rows == {0: list(range(2000)), 1: list(range(2000))}


@pytest.fixture
def transactions(connection: Connection, request: pytest.FixtureRequest) -> Iterator[Any]:
    producer = KafkaProducer(**connection.options(), transactional_id=request.node.name, compression_type="lz4")
    producer.init_transactions()
    yield producer
    producer.close()


def test_what_was_not_committed_is_not_given(connection: Connection, make_topic: MakeTopic, transactions: Any) -> None:
    partitions = make_topic()
    topic = partitions[0].topic
    for number in range(6):
        transactions.begin_transaction()
        for record in range(50):
            transactions.send(topic, b"%d/%d" % (number, record), partition=0)
        transactions.flush()
        if number % 2:
            transactions.abort_transaction()
        else:
            transactions.commit_transaction()
    _send(connection, partitions[0], 10, compression_type="zstd")
    rows = read_all(connection, partitions, records_max=30)[0]
    assert [row.value for row in rows[:150]] == [b"%d/%d" % (n, record) for n in (0, 2, 4) for record in range(50)]
    assert rows == read_plainly(connection, partitions[0])
    transactions.begin_transaction()
    transactions.send(topic, b"open", partition=0)
    transactions.flush()
    assert read_all(connection, partitions)[0] == rows
    transactions.commit_transaction()
    assert read_all(connection, partitions)[0][-1].value == b"open"


@pytest.mark.long
def test_gaps_of_compaction(connection: Connection, make_topic: MakeTopic) -> None:
    partitions = make_topic(
        cleanup_policy="compact", segment_ms="100", min_cleanable_dirty_ratio="0.01", delete_retention_ms="0"
    )
    producer = KafkaProducer(**connection.options(), compression_type="lz4", linger_ms=5)
    for number in range(2000):
        producer.send(partitions[0].topic, b"%d" % number, b"%d" % (number % 300), partition=0)
    producer.flush()
    rows, until = [Row(0, 0, None, None, backfill=False)] * 2000, time.monotonic() + COMPACTION_S
    while len(rows) >= 2000 and time.monotonic() < until:
        producer.send(partitions[0].topic, b"last", b"last", partition=0)  # closes the segment before it
        producer.flush()
        time.sleep(1)
        rows = read_all(connection, partitions)[0]
    producer.close()
    assert 300 < len(rows) < 2000
    assert rows == read_plainly(connection, partitions[0])


def test_records_that_retention_removed_are_missed_at_the_start(connection: Connection, make_topic: MakeTopic) -> None:
    partitions = make_topic()
    _send(connection, partitions[0], 100)
    delete_before(connection, partitions[0], 40)
    with pytest.raises(LostRecordsError, match=r"offsets 10 to 39 \(30 records\)"):
        ColumnarSource(connection, {partitions[0]: 10}, 10)


def test_records_that_retention_removed_are_missed_while_polling(connection: Connection, make_topic: MakeTopic) -> None:
    partitions = make_topic()
    _send(connection, partitions[0], 100)
    with ColumnarSource(connection, {partitions[0]: 0}, 10) as source:
        delete_before(connection, partitions[0], 40)
        with pytest.raises(LostRecordsError, match=r"offsets 0 to 39 \(40 records\)"):
            source.poll(POLL_MS)


def test_kafka_pythons_own_decoder_steps_in(
    connection: Connection, make_topic: MakeTopic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "CODECS", (0, 7))  # a codec that nobody knows
    partitions = make_topic()
    _send(connection, partitions[0], 500, compression_type="lz4")
    with ColumnarSource(connection, {partitions[0]: 0}, 100) as source:
        assert "the slow way" in source.warning
        rows = read_columns(source, partitions)[0]
    assert rows == read_plainly(connection, partitions[0])
