"""An input on its way: into a log file, and into the topics of a broker, each once and before anything is measured."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from confluent_kafka import Producer

from bench.input.events import event_blocks
from bench.input.log_lines import Block, log_blocks
from bench.input.truth import Truth
from bench.input.world import DAYS, World
from ingest.wire.connection import Connection
from ingest.wire.topics import ensure_topics

PARTITIONS: Final = 2
WEEK_MS: Final = 7 * 24 * 3600 * 1000
ORIGINS: Final = (0x0F00_7FA1_1000_0001, 0x0F00_7FA1_1000_0002)
"""One log file for each partition, as `ship` numbers files in its record keys."""
OPTIONS: Final[dict[str, Any]] = {
    "linger.ms": 50,
    "batch.size": 500_000,
    "compression.type": "lz4",
    "queue.buffering.max.messages": 500_000,
    "enable.idempotence": True,
    "log_level": 3,  # errors; it complains of a young broker otherwise
}


def first_day(now: datetime) -> datetime:
    """Give the midnight from which records spread, so that the last is not in the future."""
    return datetime(now.year, now.month, now.day, tzinfo=UTC) - timedelta(days=DAYS)


def write_log(world: World, path: Path) -> Truth:
    """Write all log lines into one file; give the truth about them."""
    truth = Truth()
    with path.open("wb") as file:
        for block in log_blocks(world, truth):
            file.write(b"\n".join(block.values.to_pylist()) + b"\n")
    return truth


def fill_topics(world: World, bootstrap: str) -> Truth:
    """Send all records to the topics `web_log` and `clickstream`, lines with keys as `ship` makes them; give the truth.

    Records carry the time of their making as their Kafka timestamp, so that no event is late, whenever the bench runs.
    """
    truth = Truth()
    ensure_topics(Connection(bootstrap), ["web_log", "clickstream"], partitions=PARTITIONS, retention_ms=WEEK_MS)
    producer = Producer({"bootstrap.servers": bootstrap, **OPTIONS})
    position = np.zeros(PARTITIONS, np.int64)
    for block in log_blocks(world, truth):
        _send(producer, "web_log", block, _keys(block.values, position))
    for block in event_blocks(world, truth):
        _send(producer, "clickstream", block, None)
    left = producer.flush(120)
    if left:
        raise TimeoutError(f"the broker did not take {left} records within 120 s")
    truth.days = [f"{world.start + timedelta(days=day):%Y-%m-%d}" for day in range(DAYS)]
    return truth


def _send(producer: Producer, topic: str, block: Block, keys: Iterable[bytes] | None) -> None:
    values = block.values.to_pylist()
    given = keys if keys is not None else [None] * len(values)
    for number, (value, key, sent_ms) in enumerate(zip(values, given, block.sent_ms.tolist(), strict=True)):
        while True:
            try:
                producer.produce(topic, value, key, partition=number % PARTITIONS, timestamp=sent_ms)
                break
            except BufferError:
                producer.poll(0.1)
    producer.poll(0)


def _keys(lines: pa.Array, position: np.ndarray[Any, np.dtype[np.int64]]) -> list[bytes]:
    """Make the keys of a block whose lines take turns in the files; moves `position` on, the size of each file so far."""
    sizes = np.diff(np.frombuffer(lines.buffers()[1], np.int32)[lines.offset : lines.offset + len(lines) + 1]) + 1
    keys = np.empty((len(lines), 2), ">u8")
    for part, origin in enumerate(ORIGINS):
        mine = sizes[part::PARTITIONS]
        ends = position[part] + np.cumsum(mine)
        keys[part::PARTITIONS, 0] = origin
        keys[part::PARTITIONS, 1] = ends - mine
        if len(ends):
            position[part] = ends[-1]
    joined = keys.tobytes()
    return [joined[at : at + 16] for at in range(0, len(joined), 16)]
