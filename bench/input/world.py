"""What a seed decides once: addresses, agents, pages, and who has which."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from footfall.simulate.world.addresses import draw_addresses
from footfall.simulate.world.agents import CHROME_MOBILE, list_agents

LOG_SHARE: Final = 0.9
DAYS: Final = 3
AGENTS: Final = 2_000
TARGETS: Final = 20_000
HOST: Final = "www.example.com"
ZIPF: Final = 1.05
TWO_AGENTS_SHARE: Final = 0.3
"""Addresses behind which a second program asks."""
ROAMING_SHARE: Final = 0.2
"""Requests that fall outside visits: whoever comes back, feed readers, robots."""
VISITS_AT_ONCE: Final = 24 * DAYS
"""Of this many parts of all addresses one is active at a time: those of about an hour."""
WORDS: Final = [
    "shop",
    "cart",
    "item",
    "blog",
    "news",
    "about",
    "help",
    "search",
    "account",
    "order",
    "sale",
    "brand",
    "size",
    "colour",
    "review",
    "guide",
]
RESOURCES: Final = ("css", "js", "png", "jpg", "svg", "woff2", "webp", "ico")
OUTSIDE: Final = ("https://www.google.com/", "https://www.bing.com/", "https://news.example.org/item", "-")


@dataclass(frozen=True, slots=True)
class World:
    """Texts as arrays of bytes, and who has which.

    Attributes:
        seed: what all of it was drawn from.
        start: midnight before the first record, in UTC; records spread evenly over `DAYS` days.
        lines, events: how many records each source has.
        addresses: all clients, each once.
        agents, targets, referrers: each once, common ones first.
        agent_weights, target_weights: running sums that end at 1.
        agent_of: for each address the numbers of its two agents, equal where it has one (addresses x 2).
    """

    seed: int
    start: datetime
    lines: int
    events: int
    addresses: pa.Array
    agents: pa.Array
    targets: pa.Array
    referrers: pa.Array
    agent_weights: npt.NDArray[np.float64]
    target_weights: npt.NDArray[np.float64]
    agent_of: npt.NDArray[np.int16]

    def generator(self, *stream: int) -> np.random.Generator:
        """Give the random numbers of one block of one source."""
        return np.random.default_rng([self.seed, *stream])


def build_world(*, records: int, address_share: float, start: datetime, seed: int) -> World:
    """Draw a world.

    Args:
        records: log lines and events together.
        address_share: distinct addresses for each log line, above 0 and at most 1.
        start: midnight before the first record, in UTC.
        seed: any number from 0 on.
    """
    rng = np.random.default_rng([seed, 0])
    lines = round(records * LOG_SHARE)
    addresses = draw_addresses(rng, max(1, round(lines * address_share))).texts
    agents = _agents()
    targets = _targets(rng)
    weights = _zipf(len(agents))
    first = np.searchsorted(weights, rng.random(len(addresses)), side="right")
    second = np.searchsorted(weights, rng.random(len(addresses)), side="right")
    has_two = rng.random(len(addresses)) < TWO_AGENTS_SHARE
    referrers = [f"https://{HOST}{target}" for target in targets[:300]]
    return World(
        seed=seed,
        start=start,
        lines=lines,
        events=records - lines,
        addresses=addresses,
        agents=pa.array(agents, pa.binary()),
        targets=pa.array(targets, pa.binary()),
        referrers=pa.array([*OUTSIDE, *referrers], pa.binary()),
        agent_weights=weights,
        target_weights=_zipf(len(targets)),
        agent_of=np.stack([first, np.where(has_two, second, first)], axis=1).astype(np.int16),
    )


def draw_addresses_of(
    rng: np.random.Generator, world: World, first: int, last: int, count: int
) -> npt.NDArray[np.int64]:
    """Draw the address numbers of the records [first, last) of `count`: each address appears once at least.

    A visit's records stand near each other in time, as in any real log; the rest come from anybody at any time.
    """
    total, rows = len(world.addresses), np.arange(first, last, dtype=np.int64)
    newest = rows * total // count
    is_new = newest != (rows - 1) * total // count
    active = max(1, total // VISITS_AT_ONCE)
    visiting = np.maximum(newest - (rng.random(len(rows)) * active).astype(np.int64), 0)
    anybody = rng.integers(0, total, len(rows))
    return np.where(is_new, newest, np.where(rng.random(len(rows)) < ROAMING_SHARE, anybody, visiting))


def draw_agents_of(rng: np.random.Generator, world: World, addresses: npt.NDArray[np.int64]) -> npt.NDArray[np.int16]:
    """Draw the agent number of each record: one of its address's two."""
    return world.agent_of[addresses, (rng.random(len(addresses)) < TWO_AGENTS_SHARE).astype(np.int64)]


def draw_targets(rng: np.random.Generator, world: World, count: int) -> npt.NDArray[np.int64]:
    """Draw target numbers, the first ones most often."""
    return np.searchsorted(world.target_weights, rng.random(count), side="right")


def _zipf(count: int) -> npt.NDArray[np.float64]:
    weights = np.cumsum(1.0 / np.arange(1, count + 1) ** ZIPF)
    return weights / weights[-1]


def _agents() -> list[str]:
    """List the agents of the simulated shop, then the long tail of telephones."""
    listed = dict.fromkeys(list_agents().texts)
    telephones = (
        CHROME_MOBILE.format(system=f"{11 + model % 5}; SM-A{500 + model}B", version=146 - age)
        for model in range(100)
        for age in range(20)
    )
    for text in telephones:
        listed.setdefault(text)
    return list(listed)[:AGENTS]


def _targets(rng: np.random.Generator) -> list[str]:
    """List request targets, each once: pages, resources, pages with parameters, some of them with a session's id."""
    found: dict[str, None] = {"/": None}
    while len(found) < TARGETS:
        depth, kind = int(rng.integers(1, 4)), rng.random()
        path = "/" + "/".join(f"{WORDS[rng.integers(len(WORDS))]}-{rng.integers(1, 1000)}" for _ in range(depth))
        if kind < 0.3:  # noqa: PLR2004 - the shares of the kinds
            path += f".{RESOURCES[rng.integers(len(RESOURCES))]}"
        elif kind < 0.5:  # noqa: PLR2004
            path += f"?id={rng.integers(1, 10_000)}&utm_source={WORDS[rng.integers(len(WORDS))]}"
        elif kind < 0.505:  # noqa: PLR2004
            path += f"?page=2&session_id={rng.bytes(8).hex()}"
        found.setdefault(path)
    return list(found)
