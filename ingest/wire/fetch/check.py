"""Does the seam still fit? A few batches in memory, through kafka-python's own fetcher, ours against its decoder."""

import struct
from typing import Any, Final

import pyarrow as pa
from crc32c import crc32c
from kafka import KafkaConsumer
from kafka.consumer.fetcher import CompletedFetch, Fetcher
from kafka.consumer.subscription_state import SubscriptionState
from kafka.protocol.consumer import FetchResponse
from kafka.record.default_records import DefaultRecordBatchBuilder
from kafka.structs import TopicPartition

from ingest.wire.fetch.decode.headers import ATTRIBUTES_AT, LAYOUT
from ingest.wire.fetch.decode.rows import Row, records_of
from ingest.wire.fetch.seam import install
from ingest.wire.records import BACKFILL, Records

PARTITION: Final = TopicPartition("self-check", 0)
SENT_MS: Final = 1_790_000_000_000
SNAPPY: Final = 2
CODECS: Final = (0, 1, SNAPPY, 3, 4)
VERSION: Final = 12


def why_it_does_not_fit(consumer: KafkaConsumer) -> str:
    """Decode batches of every codec through the seam; say what differs, or nothing when all is well.

    The consumer's connection is not used, and its positions stay as they are.
    """
    try:
        plain = _batch(0)
        expected = records_of(rows_of(_fetched(consumer, plain, is_columnar=False)))
        for codec in CODECS:
            data = _as_snappy(plain) if codec == SNAPPY else _batch(codec)
            got = Records.joined(_fetched(consumer, data, is_columnar=True))
            if not _equal(expected, got):
                return f"batches of codec {codec} come out differently"
    except Exception as error:  # noqa: BLE001 whatever a later kafka-python does differently, its own decoder is the answer
        return f"{type(error).__name__}: {error}"
    return ""


def rows_of(records: list[Any]) -> list[Row]:
    """Take what matters from kafka-python's record objects."""
    return [
        Row(one.offset, one.timestamp, one.key, one.value, any(name == BACKFILL for name, _ in one.headers))
        for one in records
    ]


def _fetched(consumer: KafkaConsumer, data: bytes, *, is_columnar: bool) -> list[Any]:
    """Let a fetcher of its own find `data` as if a broker had sent it."""
    subscriptions = SubscriptionState()
    subscriptions.assign_from_user([PARTITION])
    subscriptions.seek(PARTITION, 0)
    fetcher: Any = Fetcher(consumer._client, subscriptions, metrics=None)  # type: ignore[attr-defined] # noqa: SLF001
    install(fetcher, is_columnar=is_columnar)
    answer = FetchResponse.FetchableTopicResponse.PartitionData(error_code=0, high_watermark=100, records=data)
    fetcher._completed_fetches.append(CompletedFetch(PARTITION, 0, VERSION, answer, None))  # noqa: SLF001
    polled, _ = fetcher.fetched_records(1000)
    return list(polled[PARTITION])


def _batch(codec: int) -> bytes:
    builder: Any = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=codec,
        is_transactional=False,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=1 << 20,
    )
    for number in range(40):
        key = None if number % 5 == 0 else b"%016d" % number
        value = None if number % 7 == 0 else b"GET /%d " % number * (number * 4)
        headers = [("trace", b"1"), (BACKFILL, b"1")] if number % 3 == 0 else []
        builder.append(number, SENT_MS + number, key, value, headers)
    return bytes(builder.build())


def _as_snappy(plain: bytes) -> bytes:
    """Compress a batch; kafka-python needs one more library for that."""
    records = plain[LAYOUT.size :]
    packed = pa.Codec("snappy").compress(records, asbytes=True)
    batch = bytearray(plain[: LAYOUT.size] + packed)
    struct.pack_into(">i", batch, 8, len(batch) - 12)
    struct.pack_into(">h", batch, ATTRIBUTES_AT, SNAPPY)
    struct.pack_into(">I", batch, ATTRIBUTES_AT - 4, crc32c(memoryview(batch)[ATTRIBUTES_AT:]))
    return bytes(batch)


def _equal(left: Records, right: Records) -> bool:
    return (
        left.offsets.tolist() == right.offsets.tolist()
        and left.sent_ms.tolist() == right.sent_ms.tolist()
        and left.keys.equals(right.keys)
        and left.values.equals(right.values)
        and left.backfill.tolist() == right.backfill.tolist()
    )
