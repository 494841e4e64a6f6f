"""A slow, second way to read the simulated log, so that what it says of itself is not taken on trust."""

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from footfall.simulate import Planted

LINE = re.compile(
    rb"(?P<peer>[0-9a-f.:]+) - (?P<user>[^\[]+) \[(?P<day>\d\d/Nov/2026):\d\d:\d\d:\d\d \+0000\] "
    rb'"(?P<request>.*)" (?P<status>\d{3}) (?P<bytes>-|\d+) "(?P<referrer>.*?)" "(?P<agent>[^"]*)"?(?: "(?P<forwarded>[^"]*)")?'
)
PAGE_REQUEST = re.compile(rb"GET (\S+) HTTP/[0-9.]+")
STATIC = re.compile(rb"\.(css|js|svg|png|jpg|gif|ico|woff2|webp|mp4)$")
ROBOT = re.compile(rb"bot|spider|curl|python|Go-http|Wget|Fetch|subscribers|Tiny|zgrab|masscan|^-$", re.IGNORECASE)


@dataclass(slots=True)
class Recount:
    """What can be counted in the text of a log."""

    lines: int = 0
    kept: int = 0
    robot_lines: int = 0
    bytes_sum: int = 0
    page_views: Counter[str] = field(default_factory=Counter)
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    pairs: set[tuple[str, bytes, bytes]] = field(default_factory=set)
    visitors: set[tuple[str, bytes, bytes]] = field(default_factory=set)
    clients: set[str] = field(default_factory=set)
    peers: set[str] = field(default_factory=set)


def lines_of(folder: Path, planted: Planted) -> list[bytes]:
    """Give all lines without their ends."""
    return b"".join((folder / name).read_bytes() for name in planted.files).split(b"\n")[:-1]


def recount(lines: list[bytes]) -> Recount:
    """Read and count every line that looks whole."""
    found = Recount(lines=len(lines))
    for line in lines:
        match = LINE.fullmatch(line)
        if match is None or b"31/Feb" in line:
            continue
        day = f"2026-11-{match['day'][:2].decode()}"
        client = match["peer"] if match["forwarded"] is None else match["forwarded"].rpartition(b", ")[2]
        status, is_robot = int(match["status"]), ROBOT.search(match["agent"]) is not None
        found.kept += 1
        found.robot_lines += is_robot
        found.bytes_sum += 0 if match["bytes"] == b"-" else int(match["bytes"])
        found.statuses[day, status] += 1
        found.pairs.add((day, client, match["agent"]))
        found.clients.add(client.decode())
        found.peers.add(match["peer"].decode())
        page = PAGE_REQUEST.fullmatch(match["request"])
        if page and not is_robot and status in {200, 206, 304} and not STATIC.search(page[1].partition(b"?")[0]):
            found.page_views[day] += 1
            found.visitors.add((day, client, match["agent"]))
    return found
