"""Footfall's fetch alone: all records of both topics as the worker gets them, with keys, times and offsets.

python -m bench.ours.fetch BOOTSTRAP
"""

import sys
from typing import Final

import pyarrow.compute as pc

from bench.working import Work
from ingest.wire.connection import Connection
from ingest.wire.source import Source, bounds
from ingest.wire.topics import describe_topics

TOPICS: Final = ("web_log", "clickstream")
RECORDS_MAX: Final = 200_000
POLL_MS: Final = 500


def run(bootstrap: str) -> Work:
    """Fetch everything once."""
    connection = Connection(bootstrap)
    partitions = describe_topics(connection, {topic: topic for topic in TOPICS})
    ends = bounds(connection, partitions)
    with Source(connection, {part: first for part, (first, _) in ends.items()}, RECORDS_MAX) as source:
        work = Work()
        while any(source.position(part) < end for part, (_, end) in ends.items()):
            for records in source.poll(POLL_MS).values():
                work.add(len(records), pc.sum(pc.binary_length(records.values)).as_py() or 0)
        work.end()
    return work


if __name__ == "__main__":
    run(sys.argv[1]).tell()
