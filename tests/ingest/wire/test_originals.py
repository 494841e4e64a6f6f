"""Records read again at given offsets, from a real broker."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from footfall.house import now_ms
from ingest.wire import originals
from ingest.wire.broker import embedded_broker
from ingest.wire.connection import Connection
from ingest.wire.originals import Gone, read_again
from ingest.wire.produce import ColumnarProducer
from ingest.wire.records import Partition
from ingest.wire.source import bounds
from tests.ingest.conftest import Topic
from tests.ingest.worker.test_losses import remove_before

pytestmark = pytest.mark.kafka
MIB = 1 << 20


def send(connection: Connection, topic: str, first: int, count: int) -> None:
    """Send records whose values are their offsets, in one batch."""
    values = [b"%d" % number for number in range(first, first + count)]
    with ColumnarProducer(connection, now_ms) as producer:
        producer.send(topic, 0, pa.array([None] * count, pa.binary()), pa.array(values, pa.binary()))


def read(topic: Topic, offsets: Sequence[int], *, rows_max: int = 1000) -> tuple[list[int], dict[int, Gone], int]:
    """Give the offsets that were found, those that were not, and in how many pieces."""
    found: list[int] = []
    gone: dict[int, Gone] = {}
    pieces = list(read_again(topic.connection, topic.partitions[0], offsets, rows_max=rows_max, bytes_max=MIB))
    for piece in pieces:
        assert piece.records.values.to_pylist() == [b"%d" % offset for offset in piece.records.offsets]
        found += piece.records.offsets.tolist()
        gone.update(piece.gone)
    return found, gone, len(pieces)


@pytest.mark.parametrize("near", [0, 7, 10_000])
def test_a_few_of_many_whether_it_reads_on_or_asks_for_another_place(
    topic: Topic, monkeypatch: pytest.MonkeyPatch, near: int
) -> None:
    monkeypatch.setattr(originals, "NEAR_OFFSETS", near)
    for first in range(0, 100, 20):
        send(topic.connection, topic.name, first, 20)
    wanted = [0, 1, 19, 20, 55, 99]
    assert read(topic, [55, 99, *wanted]) == (wanted, {}, 1)
    found, gone, pieces = read(topic, range(100), rows_max=10)
    assert (found, gone) == (list(range(100)), {})
    assert pieces > 1
    assert read(topic, []) == ([], {}, 0)


def test_what_is_gone_is_named_with_its_reason(topic: Topic) -> None:
    send(topic.connection, topic.name, 0, 30)
    remove_before(topic, 10)
    found, gone, _ = read(topic, [3, 9, 10, 29, 30, 4000])
    assert found == [10, 29]
    assert gone == {3: Gone.REMOVED, 9: Gone.REMOVED, 30: Gone.SET_BACK, 4000: Gone.SET_BACK}
    remove_before(topic, 30)
    assert read(topic, [10]) == ([], {10: Gone.REMOVED}, 1)


def test_retention_removes_some_while_they_are_read(topic: Topic, monkeypatch: pytest.MonkeyPatch) -> None:
    send(topic.connection, topic.name, 0, 30)

    def and_removed(connection: Connection, partitions: list[Partition]) -> dict[Partition, tuple[int, int]]:
        monkeypatch.undo()
        answer = bounds(connection, partitions)
        remove_before(topic, 20)
        return answer

    monkeypatch.setattr(originals, "bounds", and_removed)
    found, gone, _ = read(topic, [5, 25])
    assert (found, gone) == ([25], {5: Gone.REMOVED})


def test_a_damaged_batch_is_named_and_its_neighbours_are_read(tmp_path: Path) -> None:
    with embedded_broker(tmp_path) as broker:
        topic = Topic(Connection(broker.bootstrap), "damaged")
        for first in (0, 10, 20):
            send(topic.connection, "damaged", first, 10)
    (segment,) = tmp_path.glob("kafka/**/damaged-0/*.log")
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 4
    segment.write_bytes(data)
    with embedded_broker(tmp_path) as broker:
        topic.connection = Connection(broker.bootstrap)
        found, gone, _ = read(topic, [5, 12, 18, 21])
        assert read(topic, [21])[0] == [21]
    assert (found, gone) == ([5, 21], {12: Gone.DAMAGED, 18: Gone.DAMAGED})
