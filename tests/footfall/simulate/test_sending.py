"""Simulated customers on their way: into the real Kafka, marked as history or not, and through the command line."""

import json
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaConsumer, TopicPartition

from footfall.__main__ import application
from footfall.commands.pipeline.simulate import Size, simulate_to_kafka
from footfall.house import House, now, now_ms
from footfall.simulate import PlantedCustomers, send_customers, write_customers
from footfall.simulate.customers import SOURCES
from ingest.wire.broker import EmbeddedBroker
from ingest.wire.connection import Connection
from ingest.wire.produce import ColumnarProducer
from ingest.wire.topics import describe_topic, ensure_topic
from policy import load_policy
from policy.errors import UsageError
from tests.footfall.simulate.reading_records import lines_of

POLICY = load_policy()
START = date(2026, 11, 9)
SIZE: dict[str, Any] = {"seed": 5, "start": START, "days": 6, "customers": 90, "visitors_a_day": 10}
WEEK_MS = 7 * 24 * 3600 * 1000
HISTORIC = [("footfall-backfill", b"1")]


def records_of(connection: Connection, topic: str) -> list[Any]:
    consumer = KafkaConsumer(**connection.options(), enable_auto_commit=False, auto_offset_reset="earliest")
    partitions = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]
    consumer.assign(partitions)
    ends = consumer.end_offsets(partitions)
    found: list[Any] = []
    while any((consumer.position(part) or 0) < end for part, end in ends.items()):
        for records in consumer.poll(500).values():
            found += records
    consumer.close()
    return found


def send(connection: Connection, prefix: str, *, backfill: bool) -> PlantedCustomers:
    topics = {source: f"{prefix}_{source}" for source in SOURCES}
    for topic in topics.values():
        ensure_topic(connection, topic, partitions=3, retention_ms=WEEK_MS)
    with ColumnarProducer(connection, now_ms) as producer:
        partitions = {source: describe_topic(connection, topic, source) for source, topic in topics.items()}
        return send_customers(producer, partitions, POLICY, backfill=backfill, **SIZE)


@pytest.mark.kafka
def test_what_is_sent_is_what_is_written(kafka_broker: EmbeddedBroker, tmp_path: Path) -> None:
    connection = Connection(kafka_broker.bootstrap)
    written = write_customers(tmp_path, POLICY, **SIZE)
    assert send(connection, "sent", backfill=True) == written
    assert send(connection, "sent", backfill=True) == written
    for source in SOURCES:
        records = records_of(connection, f"sent_{source}")
        lines = Counter(lines_of(tmp_path, source))
        assert Counter(record.value or b"" for record in records) == lines + lines
        assert all(record.headers == HISTORIC and record.key is None for record in records)
        places: dict[str, set[int]] = {}
        for record in records:
            try:
                event = json.loads(record.value)["event_id"]
            except (ValueError, TypeError, KeyError):
                continue
            places.setdefault(str(event), set()).add(record.partition)
        known = [len(found) for event, found in places.items() if len(event) == 36]
        assert known
        assert set(known) == {1}  # so the first of two records with one id is the first everywhere


@pytest.mark.kafka
def test_live_events_carry_no_mark(kafka_broker: EmbeddedBroker) -> None:
    connection = Connection(kafka_broker.bootstrap)
    planted = send(connection, "live", backfill=False)
    for source in SOURCES:
        records = records_of(connection, f"live_{source}")
        assert sum(record.headers == HISTORIC for record in records) == planted.sources[source].historic
        unmarked = sum(record.headers == [] for record in records)
        assert unmarked == len(records) - planted.sources[source].historic
        assert source == "registration" or unmarked > 0
    for source in ("clickstream", "transaction"):
        assert planted.sources[source].dropped["too_late"] > 0


@pytest.mark.kafka
def test_the_command_sends_no_secret_unless_told(
    kafka_broker: EmbeddedBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R26: what we send ourselves is clean before Kafka."""
    monkeypatch.setenv("FOOTFALL_KAFKA_BOOTSTRAP", kafka_broker.bootstrap)
    size = Size(seed=5, start=now().date() - timedelta(days=3), days=3, customers=60, visitors_a_day=5)
    connection = Connection(kafka_broker.bootstrap)
    with House.open(tmp_path / "site", create=True) as house:
        planted = simulate_to_kafka(house, ("transaction",), size, live=True)
        clean = b"".join(record.value for record in records_of(connection, "transaction") if record.value)
        simulate_to_kafka(house, ("transaction",), size, raw=True)
        with pytest.raises(UsageError, match="--live needs a period that ends yesterday"):
            simulate_to_kafka(house, SOURCES, Size(5, START, 2, 5, 5), live=True)
    everything = b"".join(record.value for record in records_of(connection, "transaction") if record.value)
    secrets = [one.encode() for found in planted.secrets.values() for one in found]
    assert secrets
    assert [one for one in secrets if one in clean] == []
    assert [one for one in secrets if one not in everything] == []


def test_files_come_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "simulate",
        "--source",
        "customers",
        "-o",
        str(tmp_path),
        "--days",
        "1",
        "--customers",
        "30",
        "--visitors",
        "3",
    ]
    application(("simulate",))([*words, "--json"], standalone_mode=False)
    said = json.loads(capsys.readouterr().out)
    assert set(said["sources"]) == set(SOURCES)
    assert said["customers"].keys() == PlantedCustomers.read(tmp_path).customers.keys()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--source", "web_log"], "name their folder with -o"),
        (
            ["--source", "customers", "-o", "x", "--gzip"],
            "--gzip and --proxy are for --source web_log, not for customers",
        ),
        (["--source", "clickstream", "-o", "x", "--live"], "--live and --raw are for Kafka"),
        (["-o", "x", "--raw"], "leave --live and --raw out"),
    ],
)
def test_options_that_mean_nothing_together_are_wrong_use(words: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        application(("simulate",))(["simulate", *words], standalone_mode=False)
