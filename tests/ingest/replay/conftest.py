"""Twelve events of which eight are dead letters at first, because of what the settings do not know yet."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import pytest

from footfall.house import now_ms
from ingest.consume import Worker
from ingest.event_ids import Seen
from ingest.replay import Letter, Replay, Replayed
from ingest.wire.source import Claim
from tests.ingest.conftest import NOON, SMALL, Topic, circumstances
from transform.context import Context
from transform.geography import Places
from warehouse.lake import Lake
from warehouse.registry import Subjects

FLUSH: Final = replace(SMALL, rows_max=5)
KNOWN: Final = {"sites": frozenset({"shop"}), "products": frozenset({"tea"})}
MENDED: Final = {"sites": frozenset({"shop", "blog"}), "products": frozenset({"tea"})}


def event(number: int, site: str, **more: str) -> bytes:
    """Write an event of now."""
    fields = {
        "event_id": str(UUID(int=number + 1, version=4)),
        "site": site,
        "event_time": f"{datetime.fromtimestamp(now_ms() / 1000, UTC):%Y-%m-%dT%H:%M:%S}Z",
        "url": f"https://{site}.example/",
        "ip": "203.0.113.9",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0",
        **more,
    }
    return json.dumps(fields).encode()


def twelve() -> list[bytes | None]:
    """Give four events that pass, and eight of sites that nobody registered.

    Once `blog` is registered: three become hits, two a customer's events, one repeats another, one names a product that nobody
    registered, and one is still of an unknown site.
    """
    return [
        *(event(number, "shop") for number in range(4)),
        *(event(number, "blog") for number in range(4, 7)),
        *(event(number, "blog", customer_id="c-1") for number in range(7, 9)),
        event(0, "blog"),
        event(10, "blog", product="pen"),
        event(11, "news"),
    ]


@dataclass(frozen=True, slots=True)
class Room:
    """A lake, a topic of events, and how they are worked on."""

    lake: Lake
    topic: Topic
    subjects: Subjects
    places: Places
    drain: Callable[..., Worker]

    def ingest(self, known: dict[str, Any] = KNOWN) -> None:
        """Take what waits, with these sites and products registered."""
        worker = self.drain(self.lake, context=lambda intake, _, is_seen: self.context(intake, is_seen, known))
        worker.run(Claim({self.topic.name: "clickstream"}), drain=True, flush=FLUSH)

    def context(self, intake: str, is_seen: Seen, known: dict[str, Any]) -> Context:
        return replace(circumstances(self.places, intake, is_seen), **known)

    def replay(self, known: dict[str, Any] = MENDED, *, is_dry: bool = False, **other: Any) -> Replayed:
        """Replay all that stands, with these sites and products registered."""
        replay = Replay(
            connection=self.topic.connection,
            lake=self.lake,
            subjects=self.subjects,
            context=lambda intake, _, is_seen: self.context(intake, is_seen, known),
            origins=dict,
            site="site",
            now=lambda: NOON,
            bytes_max=1 << 20,
            progress=lambda _done, _all: None,
            is_dry=is_dry,
        )
        return replace(replay, **other).run({self.topic.name: "clickstream"}, self.letters)

    def letters(self) -> list[Letter]:
        """Give the letters that stand."""
        left = Counter[tuple[Any, ...]]()
        found = {}
        for row in self.lake.table("dead_letters").read().to_pylist():
            letter = Letter.of(row)
            left[letter.place, letter.offset, letter.reason] += 1
            found[letter.place, letter.offset, letter.reason] = letter
        for row in self.lake.table("replays").read().to_pylist():
            left[(row["topic_id"], row["partition"]), row["offset"], row["reason"]] -= 1
        assert min(left.values(), default=0) >= 0
        return [found[at] for at, count in left.items() if count]

    def books(self) -> dict[str, Any]:
        """Add up the accounts; each entry must hold by itself, and tell as many rows as there are (R58)."""
        total: dict[str, Any] = {"lines_in": 0, "kept": 0, "dropped": Counter(), "dead": Counter()}
        due, stored = Counter[str](), Counter[str]()
        for row in self.lake.table("intakes").read().to_pylist():
            counts = {name: dict(row[name]) for name in ("dropped", "dead_letters", "stored")}
            assert row["lines_in"] == row["kept"] + sum(counts["dropped"].values()) + sum(
                counts["dead_letters"].values()
            )
            assert row["kept"] == sum(counts["stored"].values())
            total["lines_in"] += row["lines_in"]
            total["kept"] += row["kept"]
            total["dropped"].update(counts["dropped"])
            total["dead"].update(counts["dead_letters"])
            due[row["intake"]] += counts["stored"].get("hits", 0)
            stored.update(counts["stored"])
        hits = self.lake.table("hits").read(columns=["intake"]).column("intake").to_pylist()
        assert Counter(hits) == +due
        assert stored["customer_events"] == self.lake.table("customer_events").size()["rows"]
        assert +total["dead"] == Counter(letter.reason for letter in self.letters())
        return {**total, "dropped": dict(total["dropped"]), "dead": dict(+total["dead"])}


@pytest.fixture
def room(lake: Lake, topic: Topic, subjects: Subjects, places: Places, drain: Callable[..., Worker]) -> Room:
    """Give a lake into which the twelve events have come."""
    topic.send(twelve(), [None] * 12)
    made = Room(lake, topic, subjects, places, drain)
    made.ingest()
    assert made.books() == BEFORE
    return made


BEFORE: Final = {"lines_in": 12, "kept": 4, "dropped": {}, "dead": {"unknown_site": 8}}
AFTER: Final = {
    "lines_in": 12,
    "kept": 9,
    "dropped": {"repeated_event": 1},
    "dead": {"unknown_site": 1, "unknown_product": 1},
}
