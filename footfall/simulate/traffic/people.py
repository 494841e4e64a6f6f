"""People: who they are for the whole simulation, and which pages and files they ask for on one day."""

from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Final

import numpy as np
import numpy.typing as npt

from footfall.simulate.traffic import rows
from footfall.simulate.traffic.rows import DAY_S, OUTSIDE, Rows, happens, one_in, one_of, rows_of, sizes_about
from footfall.simulate.world.addresses import COUNTRIES, Addresses
from footfall.simulate.world.agents import Agents
from footfall.simulate.world.shop import IMAGES_PER_PAGE, PRODUCTS_PER_CATEGORY, Shop

POOL_PER_DAY: Final = 5
"""People who may come, for each one who comes on an average day."""
SECOND_AGENT_SHARE: Final = 0.25
USER_NAME_SHARE: Final = 0.02
SECOND_VISIT_SHARE: Final = 0.15
IN_CATEGORY_SHARE: Final = 0.5
PAGE_STATUSES: Final = {200: 0.9605, 304: 0.025, 404: 0.012, 500: 0.002, 503: 0.0005}
FORM_STATUSES: Final = {302: 0.7, 200: 0.3}
REDIRECTED_SHARE: Final = 0.015
FORM_SHARE: Final = 0.03
IMAGE_SHARE: Final = 0.6
CACHED_SHARE: Final = 0.12
VIDEO_SHARE: Final = 0.004
VIDEO_PART_BYTES: Final = 262_144
ERROR_BYTES: Final = 512
CHANCE_MAX: Final = 0.9
PAGES_MAX: Final = 40
WEEKDAYS: Final = (1.05, 1.07, 1.06, 1.03, 0.99, 0.85, 0.95)
HOURS: Final = (8, 5, 3, 2, 2, 3, 7, 14, 24, 33, 38, 39, 37, 37, 38, 37, 36, 37, 40, 46, 50, 46, 33, 18)
"""Visits that begin in each hour of the visitor's own day."""
FIRST_NAMES: Final = ("Ada", "Boris", "Chiara", "Dmitri", "Elif", "Farid", "Greta", "Hana", "Ivo", "Jun")
LAST_NAMES: Final = ("Abendroth", "Quillfeather", "Castellanos", "Drozdowski", "Echeverria", "van der Heijden")
OUTSIDE_WEIGHTS: Final = np.cumsum([weight for weight, _ in OUTSIDE]) / sum(weight for weight, _ in OUTSIDE)


@dataclass(frozen=True, slots=True)
class People:
    """Everybody who may come; the columns have one entry a person, and no two have both address and agent in common.

    Attributes:
        address, agent: numbers in `Addresses.texts` and `Agents.texts`.
        user: a number in `user_names`; 0 for those who never log in.
        chance: the chance to come on a day of average traffic.
        clock_h: hours that the person's clock is before UTC's.
        user_names: "" and then every user name, most with blanks.
    """

    address: npt.NDArray[np.int32]
    agent: npt.NDArray[np.int16]
    user: npt.NDArray[np.int32]
    chance: npt.NDArray[np.float64]
    clock_h: npt.NDArray[np.int64]
    user_names: tuple[str, ...]


def gather_people(
    rng: np.random.Generator, addresses: Addresses, households: int, agents: Agents, visitors_a_day: int
) -> People:
    """Put one person, or two with different agents, behind each of the first `households` addresses."""
    first = np.arange(households, dtype=np.int32)
    second = first[happens(rng, households, SECOND_AGENT_SHARE)]
    common = np.searchsorted(agents.people_weights, rng.random(households), side="right")
    other = np.searchsorted(agents.people_weights, rng.random(len(second)), side="right")
    other = np.where(other == common[second], (other + 1) % len(agents.people_weights), other)
    address = np.concatenate([first, second])
    members = np.flatnonzero(happens(rng, len(address), USER_NAME_SHARE))
    user = np.zeros(len(address), np.int32)
    user[members] = np.arange(1, len(members) + 1)
    clocks = np.array([hours for _, _, hours in COUNTRIES])
    return People(
        address=address,
        agent=np.concatenate([common, other]).astype(np.int16),
        user=user,
        chance=chances_of(rng.pareto(1.2, len(address)) + 0.1, visitors_a_day),
        clock_h=clocks[addresses.countries[address]],
        user_names=("", *(_user_name(number) for number in range(len(members)))),
    )


def draw_views(rng: np.random.Generator, people: People, shop: Shop, day: date) -> Rows:
    """Draw the pages that people ask for on `day`, visit after visit; all are answered with 200."""
    present = np.flatnonzero(rng.random(len(people.chance)) < people.chance * WEEKDAYS[day.weekday()])
    visitors = np.repeat(present, 1 + happens(rng, len(present), SECOND_VISIT_SHARE))
    pages = np.minimum(1 + rng.pareto(1.3, len(visitors)).astype(np.int64), PAGES_MAX)
    visit = np.repeat(np.arange(len(visitors)), pages)
    begins = np.repeat(np.cumsum(pages) - pages, pages)
    is_first = np.arange(len(visit)) == begins

    waits = np.where(is_first, 0, rng.lognormal(3.3, 1.0, len(visit)) + 1)
    since = np.cumsum(waits)
    second = _starts(rng, people.clock_h[visitors])[visit] + (since - since[begins]).astype(np.int64)
    target = _pages(rng, shop, visit, len(visitors))
    outside = np.searchsorted(OUTSIDE_WEIGHTS, rng.random(len(visit)), side="right") - len(OUTSIDE)
    person = visitors[visit]
    views = rows_of(
        len(visit),
        second=np.minimum(second, DAY_S),
        address=people.address[person],
        agent=people.agent[person],
        user=people.user[person],
        target=target,
        protocol=people.agent[person] % 2,
        bytes=sizes_about(rng, shop.sizes[target]),
        referrer=np.where(is_first, outside, np.roll(target, 1)),
    )
    return views[second < DAY_S]  # a visit ends with its day


def spoil_views(rng: np.random.Generator, views: Rows, shop: Shop) -> Rows:
    """Let some pages (changed in place) be unchanged, missing or broken; give redirects that came before some others."""
    count = len(views)
    views["status"] = one_of(rng, count, PAGE_STATUSES)
    missing = views["status"] == HTTPStatus.NOT_FOUND
    views["target"] = np.where(missing, one_in(rng, count, shop.groups["missing"]), views["target"])
    views["bytes"] = np.where(views["status"] == HTTPStatus.OK, views["bytes"], ERROR_BYTES)
    views["bytes"][views["status"] == HTTPStatus.NOT_MODIFIED] = -1
    moved = views[happens(rng, count, REDIRECTED_SHARE)].copy()
    moved["status"], moved["bytes"] = HTTPStatus.MOVED_PERMANENTLY, ERROR_BYTES
    return moved


def draw_forms(rng: np.random.Generator, views: Rows, shop: Shop) -> Rows:
    """Draw what people send off after some of their page views."""
    after = views[happens(rng, len(views), FORM_SHARE)]
    sent = after.copy()
    sent["second"] = np.minimum(after["second"] + rng.integers(2, 20, len(after)), DAY_S - 1)
    sent["target"] = one_in(rng, len(after), shop.groups["forms"])
    sent["method"], sent["bytes"] = rows.POST, 64
    sent["status"] = one_of(rng, len(after), FORM_STATUSES)
    sent["referrer"] = after["target"]
    return sent


def draw_files(rng: np.random.Generator, views: Rows, shop: Shop) -> Rows:
    """Draw the files that browsers fetch with each page: much with the first page of a visit, pictures with all."""
    pages = shop.groups["pages"]
    shown = views[views["status"] == HTTPStatus.OK]
    fresh = shown["referrer"] < 0
    resources, videos = shop.groups["resources"], shop.groups["videos"]

    counts = np.where(fresh, np.minimum(4 + rng.poisson(3, len(shown)), len(resources)), 0)
    shared = np.repeat(shown, counts)
    shared["target"] = resources.start + _places_in_run(counts)
    pictures = rng.binomial(IMAGES_PER_PAGE, IMAGE_SHARE, len(shown))
    seen = np.repeat(shown, pictures)
    # A page with a secret is none of the shop's own, but it is drawn by the same program as one of them.
    seen["target"] = shop.images_of(seen["target"] % pages.stop, _places_in_run(pictures))
    parts = np.where(happens(rng, len(shown), VIDEO_SHARE), rng.integers(2, 7, len(shown)), 0)
    watched = np.repeat(shown, parts)
    watched["target"] = videos.start + np.repeat(shown["target"] % len(videos), parts)

    files = np.concatenate([shared, seen, watched])
    files["referrer"] = np.concatenate([np.repeat(shown["target"], times) for times in (counts, pictures, parts)])
    files["second"] = np.minimum(files["second"] + rng.integers(0, 3, len(files)), DAY_S - 1)
    is_part = np.arange(len(files)) >= len(files) - len(watched)
    cached = ~is_part & happens(rng, len(files), CACHED_SHARE)
    files["status"][is_part], files["status"][cached] = HTTPStatus.PARTIAL_CONTENT, HTTPStatus.NOT_MODIFIED
    files["bytes"] = shop.sizes[files["target"]]
    files["bytes"][is_part], files["bytes"][cached] = VIDEO_PART_BYTES, -1
    return files


def _pages(rng: np.random.Generator, shop: Shop, visit: npt.NDArray[np.int64], visits: int) -> npt.NDArray[np.int32]:
    """Choose pages: half of them products of the category that the visit is about, the rest whatever is popular."""
    category = rng.integers(0, len(shop.products) // PRODUCTS_PER_CATEGORY, visits)[visit]
    rank = np.searchsorted(shop.rank_weights, rng.random(len(visit)), side="right")
    popular = np.searchsorted(shop.page_weights, rng.random(len(visit)), side="right")
    in_category = happens(rng, len(visit), IN_CATEGORY_SHARE)
    return np.where(in_category, category * PRODUCTS_PER_CATEGORY + rank, popular).astype(np.int32)


def _starts(rng: np.random.Generator, clock_h: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    hours = np.searchsorted(np.cumsum(HOURS) / sum(HOURS), rng.random(len(clock_h)), side="right")
    return (hours - clock_h) % 24 * 3600 + rng.integers(0, 3600, len(clock_h))


def chances_of(eagerness: npt.NDArray[np.float64], visitors_a_day: float) -> npt.NDArray[np.float64]:
    """Scale eagerness so that `visitors_a_day` come on average, though nobody comes with a chance above `CHANCE_MAX`."""
    low, high = 0.0, float(len(eagerness)) / eagerness.min()
    for _ in range(60):
        middle = (low + high) / 2
        enough = np.minimum(eagerness * middle, CHANCE_MAX).sum() >= visitors_a_day
        low, high = (low, middle) if enough else (middle, high)
    return np.minimum(eagerness * high, CHANCE_MAX)


def _places_in_run(lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """0, 1, … in each run: lengths 2, 0, 3 give 0 1 0 1 2."""
    return np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)


def _user_name(number: int) -> str:
    first, last = FIRST_NAMES[number % len(FIRST_NAMES)], LAST_NAMES[number % len(LAST_NAMES)]
    return f"{first} {last} {number + 1000}"
