"""Raw lines leave Kafka when their time is over, although the broker lives only as long as somebody needs it."""

import time
from pathlib import Path

import pyarrow as pa
import pytest

from footfall.house import now_ms
from ingest.wire.broker import embedded_broker
from ingest.wire.connection import Connection
from ingest.wire.produce import ColumnarProducer
from ingest.wire.source import bounds
from ingest.wire.topics import describe_topic, ensure_topic

RETENTION_MS = 1000
WAIT_MAX_S = 90


@pytest.mark.long
@pytest.mark.kafka
def test_what_has_expired_is_gone_soon_after_the_next_start(tmp_path: Path) -> None:
    """Kafka would look for the first time after half a minute; most verbs have ended by then."""
    with embedded_broker(tmp_path) as broker:
        connection = Connection(broker.bootstrap)
        ensure_topic(connection, "raw", partitions=1, retention_ms=RETENTION_MS)
        with ColumnarProducer(connection, now_ms) as producer:
            producer.send("raw", 0, pa.array([b"key"] * 10), pa.array([b"a raw line"] * 10))
    time.sleep(RETENTION_MS / 1000)
    with embedded_broker(tmp_path) as broker:
        connection = Connection(broker.bootstrap)
        partitions = describe_topic(connection, "raw")
        deadline = time.monotonic() + WAIT_MAX_S
        while bounds(connection, partitions)[partitions[0]] != (10, 10):
            assert time.monotonic() < deadline, "the expired records are still there"
            time.sleep(0.2)
