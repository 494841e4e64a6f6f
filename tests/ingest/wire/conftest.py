"""Topics on a real broker, and what lies in them by kafka-python's own reading."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

from ingest.wire.broker import EmbeddedBroker
from ingest.wire.connection import Connection
from ingest.wire.fetch import ColumnarSource
from ingest.wire.fetch.check import rows_of
from ingest.wire.fetch.decode.rows import Row
from ingest.wire.records import Partition, Records
from ingest.wire.topics import describe_topic
from tests.ingest.wire.partitions import rows_in

DAY_MS = 24 * 3600 * 1000
POLL_MS = 2000
MakeTopic = Callable[..., list[Partition]]


@pytest.fixture
def connection(kafka_broker: EmbeddedBroker) -> Connection:
    return Connection(kafka_broker.bootstrap)


@pytest.fixture
def make_topic(connection: Connection, request: pytest.FixtureRequest) -> MakeTopic:
    name = "".join(sign if sign.isalnum() else "_" for sign in request.node.name)
    return lambda partitions=1, **configs: new_topic(connection, name, partitions, configs)


def new_topic(
    connection: Connection, name: str, partitions: int = 1, configs: Mapping[str, str] = {}
) -> list[Partition]:
    """Make a topic; configuration names are written with underscores."""
    admin = KafkaAdminClient(**connection.options())
    try:
        settings = {"retention.ms": "-1", **{key.replace("_", "."): value for key, value in configs.items()}}
        admin.create_topics({name: {"num_partitions": partitions, "configs": settings}}, wait_for_metadata=True)
    finally:
        admin.close()
    return describe_topic(connection, name)


def delete_before(connection: Connection, partition: Partition, offset: int) -> None:
    """Remove the oldest records, as retention does."""
    admin = KafkaAdminClient(**connection.options())
    try:
        admin.delete_records({TopicPartition(partition.topic, partition.number): offset})
    finally:
        admin.close()


def read_columns(source: ColumnarSource, partitions: list[Partition]) -> dict[int, list[Row]]:
    """Poll until the ends are reached: the rows of each partition, by its number."""
    rows: dict[int, list[Row]] = {part.number: [] for part in partitions}
    ends = source.ends()
    while any(source.position(part) < end for part, end in ends.items()):
        for part, records in source.poll(POLL_MS).items():
            rows[part.number] += rows_in(records)
    return rows


def read_all(connection: Connection, partitions: list[Partition], records_max: int = 50_000) -> dict[int, list[Row]]:
    """Read partitions from their beginning in columns."""
    with ColumnarSource(connection, dict.fromkeys(partitions, 0), records_max) as source:
        assert source.warning == ""
        return read_columns(source, partitions)


def read_plainly(connection: Connection, partition: Partition) -> list[Row]:
    """Read a partition with kafka-python alone."""
    tp = TopicPartition(partition.topic, partition.number)
    consumer = KafkaConsumer(**connection.options(), enable_auto_commit=False, isolation_level="read_committed")
    records: list[Any] = []
    try:
        consumer.assign([tp])
        consumer.seek_to_beginning(tp)
        end = consumer.end_offsets([tp])[tp]
        while (consumer.position(tp) or 0) < end:
            records += consumer.poll(POLL_MS).get(tp, [])
    finally:
        consumer.close()
    return rows_of(records)


def total(polled: Mapping[Partition, Records]) -> int:
    """Count the records of a poll."""
    return sum(len(records) for records in polled.values())
