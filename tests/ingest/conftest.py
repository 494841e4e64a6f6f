"""Everything that a worker needs, real: a lake, the steps' circumstances, and topics on the broker."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from footfall.house import now_ms
from ingest.consume import Worker
from ingest.event_ids import EventIds, Seen
from ingest.gathering import Flush
from ingest.sinks import Sinks
from ingest.wire.broker import EmbeddedBroker
from ingest.wire.connection import Connection
from ingest.wire.produce import ColumnarProducer
from ingest.wire.records import Intake, Partition, Records
from ingest.wire.source import Claim, Group
from ingest.wire.topics import describe_topic, ensure_topic
from policy import load_policy
from transform.context import Context
from transform.geography import Places
from warehouse.keyring import Keyring, MasterKey
from warehouse.lake import Lake
from warehouse.registry import Origin, Registry, Subjects, sqlite_url

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ORIGIN = 0x1122334455667788
WEEK_MS = 7 * 24 * 3600 * 1000
POLICY = load_policy()


def line(number: int, *, day: int = 22, path: str = "/") -> bytes:
    """Write one ordinary line; `number` makes the visitor."""
    return (
        f"203.0.113.{number % 250} - - [{day:02d}/Nov/2026:10:00:{number % 60:02d} +0000] "
        f'"GET {path} HTTP/1.1" 200 {number} "-" "Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0"'
    ).encode()


def key(position: int, origin: int = ORIGIN) -> bytes:
    """Write the key of a line that `ship` sent."""
    return origin.to_bytes(8, "big") + position.to_bytes(8, "big")


def records(lines: list[bytes | None], keys: list[bytes | None], first_offset: int = 0) -> Records:
    """Make the records of one partition, as a poll gives them."""
    return Records(
        np.arange(first_offset, first_offset + len(lines), dtype=np.int64),
        np.full(len(lines), int(NOON.timestamp() * 1000), np.int64),
        pa.array(keys, pa.binary()),
        pa.array(lines, pa.binary()),
        np.zeros(len(lines), np.bool_),
    )


def intake_of(lines: list[bytes | None], keys: list[bytes | None], first_offset: int = 0) -> Intake:
    """Make an intake of partition 0."""
    partition = Partition("cluster", "web_log", "topic-id", 0)
    return Intake(partition, first_offset, first_offset + len(lines), records(lines, keys, first_offset))


def day_key(day: date) -> bytes:
    """Give a key that differs from day to day."""
    return day.isoformat().encode().ljust(16, b".")


@pytest.fixture(scope="session")
def places() -> Places:
    return Places.shipped()


@pytest.fixture
def context(places: Places) -> Context:
    return circumstances(places, "topic-id/0/0")


def circumstances(places: Places, intake: str, is_seen: Seen | None = None) -> Context:
    """Make the circumstances of an intake: no event came before, nobody is known to be a child."""
    return Context(
        policy=POLICY,
        places=places,
        geography_level="region",
        trusted_proxies=(),
        query_parameters=frozenset({"page"}),
        day_key=day_key,
        intake=intake,
        taken_at=NOON,
        tally=lambda _: None,
        customer_key=b"customers".ljust(16, b"."),
        event_key=b"events".ljust(16, b"."),
        is_child=lambda customers: np.zeros(len(customers), np.bool_),
        is_seen=is_seen or (lambda events: np.zeros(len(events), np.bool_)),
        sites=frozenset(),
        products=frozenset(),
        categories={},
    )


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with Registry.open(sqlite_url(tmp_path)) as registry:
        yield registry


@pytest.fixture
def keyring(registry: Registry) -> Keyring:
    return Keyring(registry, MasterKey(bytes(range(32))), lambda: NOON)


@pytest.fixture
def subjects(registry: Registry, keyring: Keyring) -> Subjects:
    return Subjects(registry, keyring, lambda: NOON)


@pytest.fixture
def lake(tmp_path: Path, keyring: Keyring) -> Lake:
    return Lake(tmp_path / "lake", POLICY, lambda: NOON, keyring)


@pytest.fixture
def origins() -> dict[int, Origin]:
    return {ORIGIN: Origin(ORIGIN, "access.log", "shop", NOON)}


class Topic:
    """A topic of one partition on the real broker."""

    def __init__(self, connection: Connection, name: str) -> None:
        self.connection = connection
        ensure_topic(connection, name, partitions=1, retention_ms=WEEK_MS)
        self.name = name
        self.describe()
        self.claim = self.claim_of(None)

    def describe(self) -> None:
        """Ask which topic of this name there is now."""
        self.partitions = describe_topic(self.connection, self.name)

    def claim_of(self, group: Group | None) -> Claim:
        """Claim all of it, or a member's share."""
        return Claim({self.name: "web_log"}, group)

    def send(self, lines: list[bytes | None], keys: list[bytes | None]) -> None:
        with ColumnarProducer(self.connection, now_ms) as producer:
            producer.send(self.partitions[0].topic, 0, pa.array(keys, pa.binary()), pa.array(lines, pa.binary()))


@pytest.fixture
def topic(kafka_broker: EmbeddedBroker, request: pytest.FixtureRequest) -> Topic:
    name = "".join(sign if sign.isalnum() else "_" for sign in request.node.name)
    return Topic(Connection(kafka_broker.bootstrap), name)


@pytest.fixture
def drain(places: Places, origins: dict[int, Origin], topic: Topic, subjects: Subjects) -> Callable[..., Worker]:
    """Make a worker on a lake; `run` drains the topic."""

    def make(lake: Lake, **options: Any) -> Worker:
        worker = Worker(
            connection=topic.connection,
            sinks=Sinks(lake, subjects),
            event_ids=EventIds(lake),
            context=lambda intake, _, is_seen: circumstances(places, intake, is_seen),
            origins=lambda: origins,
            site="site",
            now=lambda: NOON,
            seconds=time.monotonic,
            stopping=lambda: False,
            progress=lambda _done, _waiting: None,
            warn=lambda _line: None,
            note=lambda _kind, _line: None,
            tidy=lambda _intakes: None,
        )
        return replace(worker, **options)

    return make


SMALL = Flush(rows_max=10, bytes_max=1 << 20, age_max_s=60)
