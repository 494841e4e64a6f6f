"""A damaged batch on a broker's disk: what lies before it comes, then one clear error, at once; behind it all goes on."""

import struct
import time
from collections.abc import Iterator
from typing import Any

import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.consumer.fetcher import CompletedFetch, Fetcher
from kafka.consumer.subscription_state import SubscriptionState
from kafka.protocol.consumer import FetchResponse

from ingest.wire.broker import EmbeddedBroker, embedded_broker
from ingest.wire.connection import Connection
from ingest.wire.fetch import ColumnarSource, CorruptBatchError, check
from ingest.wire.fetch.seam import install
from ingest.wire.records import Partition
from ingest.wire.topics import describe_topic
from tests.ingest.wire.conftest import POLL_MS, new_topic

pytestmark = pytest.mark.kafka
BATCHES = 5
RECORDS = 20


FLIPS = {  # batch, byte in it, bit
    "its records": (0, 70, 4),
    "the middle": (2, 70, 4),
    "its last offset": (2, 26, 4),
    "its number of records": (2, 60, 2),
    "its format": (2, 16, 4),
    "its offset, behind the end": (2, 5, 1),
    "its offset, before its place": (2, 7, 8),
    "the last batch": (4, 90, 4),
}


def _topic(flip: str) -> str:
    return "".join(sign if sign.isalnum() else "_" for sign in flip)


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """Damage the topic of each flip, five batches on the disk of a broker that was stopped cleanly, and start it again."""
    folder = tmp_path_factory.mktemp("damage")
    with embedded_broker(folder) as broker:
        connection = Connection(broker.bootstrap)
        producer = KafkaProducer(**connection.options(), compression_type="lz4", linger_ms=1000)
        for flip in FLIPS:
            new_topic(connection, _topic(flip))
            for batch in range(BATCHES):
                for record in range(RECORDS):
                    producer.send(_topic(flip), b"%d/%d " % (batch, record) * 20, partition=0)
                producer.flush()
        producer.close()
    for flip, (batch, place, bit) in FLIPS.items():
        (segment,) = folder.glob(f"kafka/**/{_topic(flip)}-0/*.log")
        data = bytearray(segment.read_bytes())
        assert len(_starts(data)) == BATCHES + 1
        data[_starts(data)[batch] + place] ^= bit
        segment.write_bytes(data)
    with embedded_broker(folder) as broker:
        yield Connection(broker.bootstrap)


def _starts(data: bytes | bytearray) -> list[int]:
    starts = [0]
    while starts[-1] < len(data):
        starts.append(starts[-1] + 12 + struct.unpack_from(">i", data, starts[-1] + 8)[0])
    return starts


def _read(source: ColumnarSource, part: Partition) -> list[int]:
    """Poll until the end; an error is passed on."""
    offsets: list[int] = []
    while source.position(part) < BATCHES * RECORDS:
        for records in source.poll(POLL_MS).values():
            offsets += records.offsets.tolist()
    return offsets


@pytest.mark.parametrize("flip", FLIPS)
def test_a_flipped_bit(damaged: Connection, flip: str) -> None:
    batch, topic = FLIPS[flip][0], _topic(flip)
    (part,) = describe_topic(damaged, topic)
    with ColumnarSource(damaged, {part: 0}, 1000) as source:
        before, first = _until_error(source, part)
        assert before == list(range(batch * RECORDS))
        assert first.offset_from == batch * RECORDS == source.position(part)
        assert first.offset_next == (batch + 1) * RECORDS
        assert f"{topic}/0: offsets {batch * RECORDS} to {(batch + 1) * RECORDS - 1} (20) cannot" in str(first)
        again = time.monotonic()
        with pytest.raises(CorruptBatchError):
            source.poll(POLL_MS)
        assert time.monotonic() - again < POLL_MS / 1000 + 1  # kafka-python alone would never come back
        source.skip(part, first.offset_next)
        assert _read(source, part) == list(range(first.offset_next, BATCHES * RECORDS))


def test_a_flipped_bit_seen_the_slow_way(damaged: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "CODECS", (7,))
    (part,) = describe_topic(damaged, _topic("the middle"))
    with ColumnarSource(damaged, {part: 0}, 1000) as source:
        before, first = _until_error(source, part)
        assert before == list(range(40))
        assert (first.offset_from, first.offset_next) == (40, None)
        with pytest.raises(CorruptBatchError):
            source.poll(POLL_MS)
        source.skip(part, 60)
        assert _read(source, part) == list(range(60, 100))


def _until_error(source: ColumnarSource, part: Partition) -> tuple[list[int], CorruptBatchError]:
    offsets: list[int] = []
    for _ in range(20):
        try:
            for records in source.poll(POLL_MS).values():
                offsets += records.offsets.tolist()
        except CorruptBatchError as error:
            return offsets, error
        assert source.position(part) <= BATCHES * RECORDS
    raise AssertionError("no error came")


def test_what_is_written_while_a_broker_answers_is_no_damage(kafka_broker: EmbeddedBroker) -> None:
    """A broker says where a partition ends, then reads on: only a batch that lies behind the end twice is damaged."""
    consumer = KafkaConsumer(**Connection(kafka_broker.bootstrap).options())
    subscriptions = SubscriptionState()
    subscriptions.assign_from_user([check.PARTITION])
    fetcher: Any = Fetcher(consumer._client, subscriptions, metrics=None)  # type: ignore[attr-defined]
    install(fetcher, is_columnar=True)

    def answered(end: int) -> int:
        answer = FetchResponse.FetchableTopicResponse.PartitionData(
            error_code=0, high_watermark=end, records=check._batch(0)
        )
        subscriptions.seek(check.PARTITION, 0)
        fetcher._completed_fetches.append(CompletedFetch(check.PARTITION, 0, check.VERSION, answer, None))
        return sum(len(one) for one in fetcher.fetched_records(1000)[0].get(check.PARTITION, []))

    assert answered(10) == 0
    assert answered(40) == 40
    with pytest.raises(CorruptBatchError, match="behind the partition's end, 10"):
        assert answered(10) + answered(10) == 0
    consumer.close()
