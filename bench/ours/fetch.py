"""Footfall's fetch alone: all records of both topics as the worker gets them, with keys, times and offsets.

python -m bench.ours.fetch BOOTSTRAP
"""

import sys
from typing import Final

import pyarrow.compute as pc

from bench.working import Work
from ingest.wire.connection import Connection
from ingest.wire.source import Claim, Source

TOPICS: Final = ("web_log", "clickstream")
RECORDS_MAX: Final = 200_000
POLL_MS: Final = 500


def run(bootstrap: str) -> Work:
    """Fetch everything once, as the worker does."""
    with Source(Connection(bootstrap), Claim({topic: topic for topic in TOPICS}), RECORDS_MAX) as source:
        bounds = source.bounds(source.moves().come)
        for part, (first, _) in bounds.items():
            source.start(part, first)
        source.listen_to(bounds)
        work = Work()
        while any(source.position(part) < end for part, (_, end) in bounds.items()):
            for records in source.poll(POLL_MS).values():
                work.add(len(records), pc.sum(pc.binary_length(records.values)).as_py() or 0)
        work.end()
    return work


if __name__ == "__main__":
    run(sys.argv[1]).tell()
