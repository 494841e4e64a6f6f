"""Robots: search engines, feed readers, a monitor, scripts and scanners, as regular as people are not."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Final

import numpy as np

from footfall.simulate.traffic import rows
from footfall.simulate.traffic.rows import DAY_S, Rows, happens, one_in, one_of, rows_of, sizes_about
from footfall.simulate.world.agents import Agents
from footfall.simulate.world.shop import Shop

ADDRESSES: Final = 240
"""Addresses that robots share among them."""
SHARES: Final = {"crawlers": 0.6, "feed_readers": 0.1, "monitors": 0.05, "scripts": 0.1, "scanners": 0.15}

PAGE_STATUSES: Final = {200: 0.8, 304: 0.11, 404: 0.05, 301: 0.04}
FEED_STATUSES: Final = {304: 0.8, 200: 0.2}
PROBE_STATUSES: Final = {404: 0.8, 403: 0.2}
LIST_SHARE: Final = 0.06
STRANGE_SHARE: Final = 0.25
REFUSAL_BYTES: Final = 153


def draw_robots(rng: np.random.Generator, shop: Shop, agents: Agents, first_address: int, count: int) -> Rows:
    """Draw about `count` requests of robots (30 at least), from the `ADDRESSES` addresses that begin at `first_address`.

    The addresses are parted among the agents, so that each robot has its own.
    """
    drawn = list(_draw(rng, shop, agents, first_address, max(count, 30)))
    return np.concatenate(drawn)


def _draw(rng: np.random.Generator, shop: Shop, agents: Agents, first_address: int, count: int) -> Iterator[Rows]:
    names = sorted(agents.robots)
    robots = sum(len(agents.robots[name]) for name in names)
    first_agent = min(agents.robots[name].start for name in names)
    for name in names:
        some = int(count * SHARES[name]) + 1
        agent = one_in(rng, some, agents.robots[name])
        own = rng.integers(0, ADDRESSES // robots, some)
        requests = rows_of(
            some,
            second=rng.integers(0, DAY_S, some),
            agent=agent,
            address=first_address + (agent - first_agent) * (ADDRESSES // robots) + own,
            robot=True,
        )
        yield _asks(rng, shop, name, requests)


def _asks(rng: np.random.Generator, shop: Shop, name: str, requests: Rows) -> Rows:
    """Fill in what robots of one kind ask for and what they are told."""
    groups, count = shop.groups, len(requests)
    if name == "scanners":
        return _probes(rng, shop, requests)
    if name == "monitors":
        requests["method"], requests["target"] = rows.HEAD, shop.front_page
        return requests
    if name == "feed_readers":
        requests["target"] = groups["for_robots"].stop - 1
        requests["status"] = one_of(rng, count, FEED_STATUSES)
    else:
        requests["status"] = one_of(rng, count, PAGE_STATUSES)
        pages, wrong = one_in(rng, count, groups["pages"]), one_in(rng, count, groups["missing"])
        requests["target"] = np.where(requests["status"] == HTTPStatus.NOT_FOUND, wrong, pages)
        lists = happens(rng, count, LIST_SHARE) & (requests["status"] == HTTPStatus.OK)
        requests["target"][lists] = one_in(rng, int(lists.sum()), groups["for_robots"])
        requests["protocol"] = rows.HTTP_OLD if name == "scripts" else rows.HTTP_1
    answered = sizes_about(rng, shop.sizes[requests["target"]])
    requests["bytes"] = np.where(requests["status"] == HTTPStatus.NOT_MODIFIED, -1, answered)
    return requests


def _probes(rng: np.random.Generator, shop: Shop, requests: Rows) -> Rows:
    """Let scanners try known weak places, and some speak another protocol."""
    count = len(requests)
    strange = happens(rng, count, STRANGE_SHARE)
    probe, garbage = one_in(rng, count, shop.groups["probes"]), one_in(rng, count, shop.groups["garbage"])
    requests["target"] = np.where(strange, garbage, probe)
    requests["method"] = np.where(strange, rows.NO_METHOD, np.where(probe % 3 == 0, rows.POST, rows.GET))
    requests["protocol"] = np.where(strange, rows.NO_PROTOCOL, rows.HTTP_1)
    requests["status"] = np.where(strange, HTTPStatus.BAD_REQUEST, one_of(rng, count, PROBE_STATUSES))
    requests["bytes"] = REFUSAL_BYTES
    return requests
