"""What is on the broker's disk: raw lines until their time is over, although it lives only as long as it is needed."""

import time
from pathlib import Path

import pyarrow as pa
import pytest

from footfall.house import now_ms
from ingest.wire.broker import EmbeddedBroker, embedded_broker
from ingest.wire.connection import Connection
from ingest.wire.produce import ColumnarProducer
from ingest.wire.source import bounds
from ingest.wire.topics import describe_topic, ensure_topic

RETENTION_MS = 1000
WAIT_MAX_S = 90
IDLE_S = 1.2


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


@pytest.mark.kafka
def test_a_broker_that_waits_writes_nothing(kafka_broker: EmbeddedBroker) -> None:
    """Kafka's own default is a record of metadata every half second, and the next start reads all of them."""
    (log,) = (kafka_broker._home.records / "__cluster_metadata-0").glob("*.log")
    deadline = time.monotonic() + WAIT_MAX_S
    before_bytes = -1
    while before_bytes != (before_bytes := log.stat().st_size):  # a topic of another test may still be made
        assert time.monotonic() < deadline, "the log of the metadata grows"
        time.sleep(IDLE_S)
