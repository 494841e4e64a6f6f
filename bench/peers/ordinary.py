"""Peer: the ordinary design. kafka-python, a regex a line, json.loads an event, geoip2 for each, pandas → Parquet.

python -m bench.peers.ordinary BOOTSTRAP FOLDER DATABASE.mmdb
"""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import geoip2.database
import geoip2.errors
import pandas as pd
from kafka import KafkaConsumer, TopicPartition

from bench.working import Work

BATCH: Final = 200_000
LINE: Final = re.compile(r'(\S+) \S+ (\S+) \[([^\]]+)\] "(\S+) (\S+) (\S+)" (\d{3}) (\d+|-) "([^"]*)" "([^"]*)"')
FIELDS: Final = ("event_id", "site", "event_time", "url", "user_agent", "title", "language", "product", "customer_id")
Row = dict[str, Any]


class Locator:
    """Finds the country and the region of an address."""

    def __init__(self, database: str) -> None:
        self._reader = geoip2.database.Reader(database)

    def __call__(self, address: str) -> Row:
        """Look up one address."""
        try:
            found = self._reader.city(address)
        except (geoip2.errors.AddressNotFoundError, ValueError):
            return {"country": None, "region": None}
        return {"country": found.country.iso_code, "region": found.subdivisions.most_specific.iso_code}


def line_row(value: bytes, locate: Locator) -> Row | None:
    """Read one log line; None when it is none."""
    match = LINE.match(value.decode("utf-8", "replace"))
    if match is None:
        return None
    address, user, time, method, path, protocol, status, size, referrer, agent = match.groups()
    return {
        "user": user,
        "event_time": time,
        "method": method,
        "path": path,
        "protocol": protocol,
        "status": int(status),
        "bytes": None if size == "-" else int(size),
        "referrer": referrer,
        "agent": agent,
        **locate(address),
    }


def event_row(value: bytes, locate: Locator) -> Row | None:
    """Read one event; None when it is no JSON."""
    try:
        event = json.loads(value)
    except ValueError:
        return None
    return {**{field: event.get(field) for field in FIELDS}, **locate(event["ip"])}


TOPICS: Final[dict[str, tuple[Callable[[bytes, Locator], Row | None], str]]] = {
    "web_log": (line_row, "%d/%b/%Y:%H:%M:%S %z"),
    "clickstream": (event_row, "ISO8601"),
}


def run(bootstrap: str, folder: Path, database: str) -> Work:
    """Take all records of both topics."""
    work = Work()
    locate = Locator(database)
    for topic, (read, time_format) in TOPICS.items():
        (folder / topic).mkdir(parents=True)
        consumer = KafkaConsumer(
            bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest", max_poll_records=10_000
        )
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
        consumer.assign(partitions)
        waiting = sum(consumer.end_offsets(partitions).values())
        rows: list[Row] = []
        files = 0
        while waiting:
            for records in consumer.poll(timeout_ms=1000).values():
                for record in records:
                    waiting -= 1
                    row = read(record.value, locate)
                    if row is not None:
                        rows.append(row)
            if len(rows) >= BATCH or (rows and not waiting):
                write(rows, time_format, folder / topic / f"{files:05}.parquet")
                rows, files = [], files + 1
        consumer.close()
    work.end()
    return work


def write(rows: list[Row], time_format: str, path: Path) -> None:
    """Write some rows as one Parquet file."""
    frame = pd.DataFrame(rows)
    frame["event_time"] = pd.to_datetime(frame["event_time"], format=time_format, utc=True)
    frame.to_parquet(path)


if __name__ == "__main__":
    run(sys.argv[1], Path(sys.argv[2]), sys.argv[3]).tell()
