"""Where Kafka is, as the settings say it, and what its topics are made with."""

from typing import Any

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource

from ingest.wire.broker import EmbeddedBroker
from ingest.wire.connection import Connection
from ingest.wire.topics import ensure_topic
from policy.errors import UsageError
from tests.ingest.conftest import WEEK_MS


@pytest.mark.parametrize("bootstrap", ["", "host:port", "[::1", "a b:9092", "a:9092,,b:9092", "a:1:2"])
def test_an_address_that_is_none_is_wrong_use(bootstrap: str) -> None:
    """The client would end in a traceback, or look for ten seconds."""
    with pytest.raises(UsageError, match="is no host:port"):
        Connection(bootstrap)


@pytest.mark.parametrize("bootstrap", ["a", "a:9092", "a:9092, b.example:9093", "[::1]:9092", "SASL_SSL://a:9092"])
def test_addresses_that_the_client_knows_pass(bootstrap: str) -> None:
    assert Connection(bootstrap).bootstrap == bootstrap


@pytest.mark.kafka
@pytest.mark.parametrize(("retention_ms", "segment_ms"), [(WEEK_MS, WEEK_MS // 7), (3_600_000, 3_600_000)])
def test_raw_records_do_not_stay_for_twice_their_retention(
    kafka_broker: EmbeddedBroker, retention_ms: int, segment_ms: int
) -> None:
    """Kafka removes closed segments only, and by its default closes one a week."""
    connection, topic = Connection(kafka_broker.bootstrap), f"raw-for-{retention_ms}"
    ensure_topic(connection, topic, partitions=1, retention_ms=retention_ms)
    admin = KafkaAdminClient(**connection.options())
    described: Any = admin.describe_configs([ConfigResource("TOPIC", topic)])
    admin.close()
    assert described["topic"][topic]["segment.ms"]["value"] == str(segment_ms)
