"""What our own senders take out before Kafka: every promised secret, in every place, in every writing (R26)."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import pyarrow as pa
import pytest

import footfall.commands.pipeline.ship as shipping
from footfall.canaries.breaking import broken
from footfall.canaries.places import PLACES, Place, Surroundings
from footfall.canaries.planting import OURS, Planted, chance
from footfall.canaries.scan import Matcher, patterns_of
from footfall.canaries.secrets import ADDRESSES, draw
from ingest.ship.events import Cleaned
from policy import load_policy

SOURCES: Final = ("web_log", "clickstream", "registration", "transaction")
PROMISED: Final = 17_000
"""So many promised writings of secrets there are at least, in all sources together."""
EVERY: Final = 12
NOW: Final = datetime(2026, 5, 17, 10, 5, tzinfo=UTC)
Cleaner = Callable[[pa.Array], Cleaned]


def promises(source: str) -> list[tuple[Place, str, str]]:
    """Give every place of a source, kind of secret and writing that may not reach Kafka; not what only fills a disk."""
    return [
        (place, kind, writing)
        for place in PLACES
        if place.source == source and place.carrier == "value" and not place.name.endswith("too long")
        for kind in sorted(place.kinds)
        for writing in place.writings
        if place.is_promised(kind, writing)
    ]


def plant(these: list[tuple[Place, str, str]], seed: int) -> list[Planted]:
    """Plant one secret for each."""
    rng = chance(seed)
    around = Surroundings(rng, NOW)
    planted = []
    for place, kind, writing in these:
        secret = draw(rng, kind)
        text = place.writings[writing](secret.text)
        planted.append(Planted(secret, place, writing, OURS, place.build(text, around), text))
    return planted


def cleaner_of(source: str) -> Cleaner:
    """Give what `footfall ship` cleans with."""
    # Through the verb's own names, which a broken step replaces.
    names = vars(shipping)
    return names["clean_lines"] if source == "web_log" else names["EventCleaner"](load_policy(), source)


def found_behind(cleaner: Cleaner, planted: list[Planted]) -> set[int]:
    """Say which secrets are still there behind a cleaner."""
    lines = [line for one in planted for line in one.record.split(b"\n")]
    sent = cleaner(pa.array(lines, pa.binary())).lines.to_pylist()
    patterns = [
        pattern
        for owner, one in enumerate(planted)
        for pattern in patterns_of(owner, one.secret, one.writing, is_wide=one.place.is_wide)
    ]
    return Matcher(patterns).owners(b"\n\n".join(sent))


def told(planted: list[Planted], owners: set[int]) -> list[str]:
    return sorted(
        f"{one.place.name} | {one.secret.kind} | {one.writing}" for one in (planted[owner] for owner in owners)
    )


@pytest.mark.parametrize("source", SOURCES)
def test_nothing_promised_reaches_kafka(source: str) -> None:
    planted = plant(promises(source)[::EVERY], 1)
    assert told(planted, found_behind(cleaner_of(source), planted)) == []


@pytest.mark.parametrize("source", SOURCES)
def test_without_a_cleaner_all_of_it_does(source: str) -> None:
    """Addresses aside, which are not looked for in writings in which nobody reads them."""
    planted = plant([one for one in promises(source) if one[1] not in ADDRESSES][5::EVERY], 1)
    step = "redact_lines" if source == "web_log" else "clean_events"
    with broken(frozenset({step})):
        everything = found_behind(cleaner_of(source), planted)
    assert told(planted, set(range(len(planted))) - everything) == []
    assert found_behind(cleaner_of(source), planted) == set()


def test_thousands_are_promised() -> None:
    assert sum(len(promises(source)) for source in SOURCES) >= PROMISED


@pytest.mark.long
@pytest.mark.parametrize("seed", [4, 5, 6])
@pytest.mark.parametrize("source", SOURCES)
def test_nothing_of_all_that_is_promised_reaches_kafka(source: str, seed: int) -> None:
    planted = plant(promises(source), seed)
    assert told(planted, found_behind(cleaner_of(source), planted)) == []
