"""Peer: confluent-kafka → Arrow → DuckDB → Parquet, 200,000 records at once, one thread.

python -m bench.peers.duckdb_script BOOTSTRAP FOLDER
"""

import sys
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
from confluent_kafka import Consumer, TopicPartition

from bench.working import Work

BATCH: Final = 200_000
HERE: Final = Path(__file__).parent
TOPICS: Final = {"web_log": ("lines", "line", "log_lines.sql"), "clickstream": ("events", "value", "events.sql")}


def run(bootstrap: str, folder: Path) -> Work:
    """Take all records of both topics."""
    work = Work()
    database = duckdb.connect()
    database.execute("SET threads = 1; SET TimeZone = 'UTC'; SET preserve_insertion_order = false")
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "bench",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "queued.max.messages.kbytes": 131_072,
        }
    )
    for topic in TOPICS:
        take(consumer, database, topic, folder / topic)
    consumer.close()
    work.end()
    return work


def take(consumer: Consumer, database: duckdb.DuckDBPyConnection, topic: str, folder: Path) -> None:
    """Take all records of one topic, as far as it goes now."""
    folder.mkdir(parents=True)
    partitions = [TopicPartition(topic, number, 0) for number in consumer.list_topics(topic).topics[topic].partitions]
    waiting = sum(consumer.get_watermark_offsets(partition)[1] for partition in partitions)
    consumer.assign(partitions)
    values: list[bytes] = []
    files = 0
    while waiting:
        messages = [message for message in consumer.consume(10_000, 1.0) if not message.error()]
        waiting -= len(messages)
        values += [message.value() for message in messages]
        if len(values) >= BATCH or (values and not waiting):
            write(database, topic, values, folder / f"{files:05}.parquet")
            values, files = [], files + 1


def write(database: duckdb.DuckDBPyConnection, topic: str, values: list[bytes], path: Path) -> None:
    """Parse some values and write them as one Parquet file."""
    relation, column, question = TOPICS[topic]
    database.register(relation, pa.table({column: pa.array(values, pa.binary()).cast(pa.string())}))
    text = (HERE / question).read_text()
    database.execute(f"COPY ({text}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)").fetchall()
    database.unregister(relation)


if __name__ == "__main__":
    run(sys.argv[1], Path(sys.argv[2])).tell()
