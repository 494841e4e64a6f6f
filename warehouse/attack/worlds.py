"""Random worlds: small months of a few sites, made to have many cells near k."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import pyarrow as pa

from policy import Policy
from policy.schemas import arrow_schema

FIRST: Final = datetime(2026, 11, 2, 12)  # noqa: DTZ001 - Arrow adds the zone
DAYS: Final = 2
NIGHTS: Final = 3
PLACES: Final = (
    ("DE", "DE-BE"), ("US", "US-CA"), ("DE", "DE-BY"), ("US", "US-NY"), ("FR", "unknown"), ("US", "US-TX"),
    ("JP", "JP-13"), ("FR", "FR-IDF"), ("unknown", "unknown"), ("AT", "AT-9"),
)  # fmt: skip
AGENTS: Final = (
    ("Desktop", "Windows", "Chrome"), ("Phone", "iOS", "Safari"), ("Desktop", "Windows", "Firefox"),
    ("Phone", "Android", "Chrome"), ("Desktop", "macOS", "Safari"), ("Desktop", "Linux", "Firefox"),
    ("Tablet", "iOS", "Safari"), ("Desktop", "Windows", "Edge"), ("unknown", "unknown", "unknown"),
)  # fmt: skip
PATHS: Final = ("/", "/a", "/b", "/c", "/d", "/e", "/f", "/g")
REFERRERS: Final = (None, "search.example", "shop.example", "news.example", "mail.example", "forum.example")
Row = dict[str, Any]


@dataclass
class Month:
    """The rows of some worlds after each night: late ones come with the second, a child's go with the third.

    Attributes:
        hits, events: the facts as of each night.
    """

    hits: list[list[Row]] = field(default_factory=lambda: [[] for _ in range(NIGHTS)])
    events: list[list[Row]] = field(default_factory=lambda: [[] for _ in range(NIGHTS)])

    def tables(self, policy: Policy, night: int) -> dict[str, pa.Table]:
        """Give both facts as they stand after a night, with all their declared columns."""
        return {
            name: pa.Table.from_pylist(rows[night], arrow_schema(policy, name))
            for name, rows in (("hits", self.hits), ("customer_events", self.events))
        }


def add_world(month: Month, number: int, chance: random.Random) -> None:
    """Add one world: a site of casual visitors, one of casual visitors and customers."""
    for site, has_customers in ((f"w{number}-open", False), (f"w{number}-shop", True)):
        weights = {name: _weights(chance, size) for name, size in _SIZES.items()}
        for day in range(DAYS):
            when = FIRST + timedelta(days=day)
            visitors = chance.choice((18, 27, 40, 60, 90))
            for visitor in range(visitors):
                night = 1 if chance.random() < _late(chance, day) else 0
                _add(month.hits, night, _views(chance, weights, site, when, visitor))
            if has_customers:
                child = chance.randrange(1, 30)
                for customer in range(1, chance.choice((8, 14, 25, 40))):
                    last = 1 if customer == child else NIGHTS - 1
                    rows = _events(chance, weights, site, when, customer)
                    _add(month.events, 0, rows, last)


_SIZES: Final[Mapping[str, int]] = {
    "places": len(PLACES),
    "agents": len(AGENTS),
    "paths": len(PATHS),
    "referrers": len(REFERRERS),
}


def _weights(chance: random.Random, size: int) -> list[float]:
    """Give weights that fall by a random rate, some of them zero, so that sites differ in how many cells are small."""
    rate = chance.choice((0.45, 0.6, 0.75))
    weights = [rate**at for at in range(size)]
    chance.shuffle(weights[1:])
    return [weight * (at == 0 or chance.random() > 0.2) for at, weight in enumerate(weights)]  # noqa: PLR2004


def _late(chance: random.Random, day: int) -> float:
    return (0.0, chance.choice((0.05, 0.3)))[day % 2]


def _add(rows: list[list[Row]], first: int, new: list[Row], last: int = NIGHTS - 1) -> None:
    for night in range(first, last + 1):
        rows[night].extend(new)


def _views(
    chance: random.Random, weights: Mapping[str, list[float]], site: str, when: datetime, visitor: int
) -> list[Row]:
    country, region = chance.choices(PLACES, weights["places"])[0]
    device, system, browser = chance.choices(AGENTS, weights["agents"])[0]
    person = {"country": country, "region": region, "device": device, "system": system, "browser": browser}
    rows = []
    for _ in range(chance.choices((1, 2, 3, 5), (5, 3, 2, 1))[0]):
        is_missing = chance.random() < 0.15  # noqa: PLR2004
        path = chance.choices(PATHS, weights["paths"])[0]
        rows.append(
            {
                **_COMMON,
                **person,
                "kind": "error" if is_missing else "page",
                "status": 404 if is_missing else 200,
                "path": f"/gone{path}" if is_missing else path,
                "referrer_host": chance.choices(REFERRERS, weights["referrers"])[0],
                "site": site,
                "event_time": when,
                "taken_at": when,
                "event_date": when.date(),
                "visitor": visitor,
            }
        )
    return rows


def _events(
    chance: random.Random, weights: Mapping[str, list[float]], site: str, when: datetime, customer: int
) -> list[Row]:
    country, _ = chance.choices(PLACES, weights["places"])[0]
    return [
        {
            "customer": customer,
            "event_time": when,
            "kind": "page",
            "site": site,
            "channel": "web",
            "path": chance.choices(PATHS, weights["paths"])[0],
            "country": country,
            "collected_via": "clickstream",
            "policy_version": "1.4",
            "event_date": when.date(),
        }
        for _ in range(chance.choices((1, 2, 4), (4, 2, 1))[0])
    ]


_COMMON: Final[Row] = {
    "utc_offset_min": 0,
    "channel": "web",
    "collected_via": "clickstream",
    "method": "GET",
    "is_bot": False,
    "policy_version": "1.4",
    "intake": "t/0/0",
}


def make_month(numbers: range, seed: int, make_chance: Callable[[int], random.Random]) -> Month:
    """Make the worlds of these numbers; each depends on the seed and its number alone."""
    month = Month()
    for number in numbers:
        add_world(month, number, make_chance(seed * 1_000_003 + number))
    return month
