"""Peer: kafka-python's own poll → Arrow, the values alone.

python -m bench.peers.poll_to_arrow BOOTSTRAP
"""

import sys
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from kafka import KafkaConsumer, TopicPartition

from bench.working import Work

TOPICS: Final = ("web_log", "clickstream")


def run(bootstrap: str) -> Work:
    """Fetch all records of both topics into Arrow arrays."""
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_poll_records=10_000,
        max_partition_fetch_bytes=4 << 20,
    )
    partitions = [TopicPartition(topic, part) for topic in TOPICS for part in consumer.partitions_for_topic(topic)]
    consumer.assign(partitions)
    waiting = sum(consumer.end_offsets(partitions).values())
    work = Work()
    while waiting:
        for records in consumer.poll(timeout_ms=1000).values():
            values = pa.array([record.value for record in records], pa.binary())
            work.add(len(values), pc.sum(pc.binary_length(values)).as_py() or 0)
            waiting -= len(values)
    work.end()
    consumer.close()
    return work


if __name__ == "__main__":
    run(sys.argv[1]).tell()
