"""Footfall's fetch alone: all records of both topics as the worker gets them, with keys, times and offsets.

python -m bench.ours.fetch BOOTSTRAP
"""

import sys
from typing import Any, Final

import pyarrow.compute as pc

from bench.working import Work
from ingest import consume
from ingest.wire.connection import Connection
from ingest.wire.topics import describe_topics

TOPICS: Final = ("web_log", "clickstream")
RECORDS_MAX: Final = 200_000
POLL_MS: Final = 500


def worker_source() -> Any:
    """Give the class by which the worker reads from Kafka, whatever its name."""
    (source,) = (value for name, value in vars(consume).items() if name.endswith("Source") and isinstance(value, type))
    return source


def run(bootstrap: str) -> Work:
    """Fetch everything once."""
    connection = Connection(bootstrap)
    partitions = describe_topics(connection, {topic: topic for topic in TOPICS})
    ends = vars(consume)["bounds"](connection, partitions)
    with worker_source()(connection, {part: first for part, (first, _) in ends.items()}, RECORDS_MAX) as source:
        work = Work()
        while any(source.position(part) < end for part, (_, end) in ends.items()):
            for records in source.poll(POLL_MS).values():
                work.add(len(records), pc.sum(pc.binary_length(records.values)).as_py() or 0)
        work.end()
    return work


if __name__ == "__main__":
    run(sys.argv[1]).tell()
