"""Lines reach Kafka once, in one partition, under keys that say which line of which file they are."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaConsumer, TopicPartition

from footfall.house import now_ms
from ingest.errors import LogFileError
from ingest.ship import Shipped, ship_files
from ingest.ship.events import EventCleaner
from ingest.ship.fingerprint import fingerprint
from ingest.ship.ship import Destination, as_signed
from ingest.wire.broker import EmbeddedBroker
from ingest.wire.connection import Connection
from ingest.wire.produce import ColumnarProducer
from ingest.wire.records import BACKFILL
from ingest.wire.topics import describe_topic, ensure_topic
from tests.ingest.conftest import NOON, POLICY, WEEK_MS, line

pytestmark = pytest.mark.kafka
KEY = b"k" * 16
Ship = Callable[..., list[Shipped]]


class Origins:
    """Remembers what was registered."""

    def __init__(self) -> None:
        self.seen: dict[int, tuple[str, str]] = {}

    def register_origin(self, origin: int, file: str, site: str, at: datetime) -> None:
        assert at == NOON
        self.seen[origin] = (file, site)


class Shop:
    """A topic of three partitions and one folder of positions."""

    def __init__(self, broker: EmbeddedBroker, topic: str, folder: Path) -> None:
        self.connection = Connection(broker.bootstrap)
        self.topic = topic
        self.source = "web_log"
        self.folder = folder
        self.origins = Origins()

    def ship(self, *paths: Path, site: str = "shop", **options: Any) -> list[Shipped]:
        ensure_topic(self.connection, self.topic, partitions=3, retention_ms=WEEK_MS)
        with ColumnarProducer(self.connection, now_ms) as producer:
            return ship_files(
                paths,
                producer,
                Destination(describe_topic(self.connection, self.topic, self.source), site, **options),
                folder=self.folder / "ship",
                origins=self.origins,
                import_key=KEY,
                now=lambda: NOON,
                progress=lambda _path, _bytes: None,
            )

    def records(self) -> list[Any]:
        consumer = KafkaConsumer(**self.connection.options(), enable_auto_commit=False, auto_offset_reset="earliest")
        partitions = [TopicPartition(self.topic, number) for number in range(3)]
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        found: list[Any] = []
        while any((consumer.position(part) or 0) < end for part, end in ends.items()):
            for records in consumer.poll(500).values():
                found += records
        consumer.close()
        return found


@pytest.fixture
def shop(kafka_broker: EmbeddedBroker, tmp_path: Path, request: pytest.FixtureRequest) -> Shop:
    return Shop(kafka_broker, request.node.name, tmp_path)


def test_lines_go_to_one_partition_with_their_keys(shop: Shop) -> None:
    path = shop.folder / "access.log"
    lines = [line(number) for number in range(50)]
    path.write_bytes(b"\n".join(lines) + b"\n")
    (done,) = shop.ship(path)
    records = shop.records()
    assert [record.value for record in records] == lines
    assert len({record.partition for record in records}) == 1
    identity = fingerprint(path.read_bytes()[:4096], KEY)
    positions = [path.read_bytes().index(one + b"\n") for one in lines]
    assert [record.key for record in records] == [
        identity.to_bytes(8, "big") + at.to_bytes(8, "big") for at in positions
    ]
    assert (done.lines, done.lines_before, done.origin) == (50, 0, as_signed(identity))
    assert shop.origins.seen == {as_signed(identity): ("access.log", "shop")}


def test_a_file_that_grew_is_taken_up_where_it_ended(shop: Shop) -> None:
    path = shop.folder / "access.log"
    path.write_bytes(line(1) + b"\n" + line(2)[:40])
    assert shop.ship(path)[0].lines == 2
    with path.open("ab") as log:
        log.write(line(2)[40:] + b"\n" + line(3) + b"\n")
    (done,) = shop.ship(path)
    assert (done.lines, done.lines_before) == (1, 2)
    assert [record.value for record in shop.records()] == [line(1), line(2)[:40], line(3)]
    assert shop.ship(path)[0].lines == 0


def test_a_short_file_that_grew_after_a_kill_is_the_same_file(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kafka has its lines, but `ship` was killed before it could note them; then the file grew, and begins another way."""

    def killed(_: ColumnarProducer) -> None:
        flush(_)
        raise KeyboardInterrupt

    flush, path = ColumnarProducer.flush, shop.folder / "access.log"
    path.write_bytes(line(1) + b"\n")
    with monkeypatch.context() as patch:
        patch.setattr(ColumnarProducer, "flush", killed)
        with pytest.raises(KeyboardInterrupt):
            shop.ship(path)
    path.write_bytes(line(1) + b"\n" + line(2) + b"\n")
    shop.ship(path)
    keys = [record.key for record in shop.records()]
    assert len(keys) == 3
    assert len(set(keys)) == 2, "the line that came twice has the same key, and so is dropped"


def test_credentials_are_gone_before_kafka(shop: Shop) -> None:
    """R26: the first durable write is Kafka's."""
    path = shop.folder / "access.log"
    path.write_bytes(line(1, path="/login?user=ann&password=hunter2") + b"\n" + line(2) + b"\n")
    (done,) = shop.ship(path)
    assert done.redacted == 1
    values = [record.value for record in shop.records()]
    assert b"hunter2" not in b"".join(values)
    assert values[1] == line(2)


def test_a_topic_made_anew_gets_the_file_again(shop: Shop) -> None:
    """Positions belong to a topic's id; workers drop by key what they have."""
    path = shop.folder / "access.log"
    path.write_bytes(line(1) + b"\n")
    shop.ship(path)
    shop.topic += "_anew"
    assert shop.ship(path)[0].lines == 1


def test_files_before_a_bad_one_are_sent(shop: Shop) -> None:
    good, bad = shop.folder / "good.log", shop.folder / "bad.log"
    good.write_bytes(line(1) + b"\n")
    with pytest.raises(LogFileError, match=r"bad\.log: cannot be read"):
        shop.ship(good, bad)
    assert len(shop.records()) == 1
    bad.write_bytes(line(2) + b"\n")
    assert [done.lines for done in shop.ship(good, bad)] == [0, 1]


def test_empty_files_of_two_sites_are_not_one_file(shop: Shop) -> None:
    """After a rotation every site's log is empty for a while."""
    one, other = shop.folder / "one.log", shop.folder / "other.log"
    one.touch()
    other.touch()
    assert shop.ship(one, site="one") == [Shipped("one.log", 0, 0, 0, None)]
    shop.ship(other, site="other")
    assert shop.origins.seen == {}
    for number, path in enumerate((one, other)):
        path.write_bytes(line(number) + b"\n")
        (done,) = shop.ship(path, site=path.stem)
        assert done.lines == 1
        assert done.origin == as_signed(fingerprint(line(number) + b"\n", KEY))
    assert set(shop.origins.seen.values()) == {("one.log", "one"), ("other.log", "other")}


def test_json_records_go_with_their_keys_and_marks_and_without_credentials(shop: Shop) -> None:
    path = shop.folder / "orders.jsonl"
    records = [b'{"order_id":"%d","product":"lamp"}' % number for number in range(30)]
    records[3] = b'{"order_id":"3","password":"hunter2","coupon":"token=hunter2"}'
    records[4] = b'{"order_id":"4","password":"hunter2"'
    path.write_bytes(b"\n".join(records) + b"\n")
    options: dict[str, Any] = {"headers": {BACKFILL: b"1"}, "clean": EventCleaner(POLICY, "transaction")}
    (done,) = shop.ship(path, site="", **options)
    sent = shop.records()
    assert (done.lines, done.redacted, done.fields_removed) == (30, 2, {"password": 1})
    assert sent[3].value == b'{"order_id":"3","coupon":"token={redacted}"}'
    assert b"hunter2" not in b"".join(record.value for record in sent)
    assert [record.value for record in sent[5:]] == records[5:]
    assert {tuple(record.headers) for record in sent} == {((BACKFILL, b"1"),)}
    assert [int.from_bytes(record.key[8:], "big") for record in sent] == [
        path.read_bytes().index(one) for one in records
    ]
    assert shop.origins.seen[done.origin or 0] == ("orders.jsonl", "")
    (again,) = shop.ship(path, site="", **options)
    assert (again.lines, again.lines_before) == (0, 30)


def test_records_without_a_mark_carry_no_header(shop: Shop) -> None:
    path = shop.folder / "access.log"
    path.write_bytes(line(1) + b"\n")
    shop.ship(path)
    assert [record.headers for record in shop.records()] == [[]]


def test_a_file_is_of_one_kind(shop: Shop) -> None:
    """Orders that were shipped as events would be dead letters, and their keys would be those of events."""
    path = shop.folder / "orders.jsonl"
    path.write_bytes(b'{"order_id":"1"}\n')
    shop.ship(path)
    shop.source = "transaction"
    with pytest.raises(
        LogFileError, match="its first lines, 1 so far, were shipped as web_log; are they really transa"
    ):
        shop.ship(path)
