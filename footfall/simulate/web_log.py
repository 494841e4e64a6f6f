"""The web log of a shop that does not exist: seeded, so that the same seed gives the same bytes."""

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from io import BufferedWriter
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from footfall.simulate.log_lines import CLAIMED, PROXIES, Texts, prepare_texts, write_lines
from footfall.simulate.planted import Planted, Tally
from footfall.simulate.traffic.canaries import Canary, plant_canaries, spellings_of
from footfall.simulate.traffic.defects import draw_defects
from footfall.simulate.traffic.people import (
    POOL_PER_DAY,
    People,
    draw_files,
    draw_forms,
    draw_views,
    gather_people,
    spoil_views,
)
from footfall.simulate.traffic.robots import ADDRESSES, draw_robots
from footfall.simulate.traffic.rows import Rows
from footfall.simulate.world.addresses import Addresses, draw_addresses
from footfall.simulate.world.agents import Agents, list_agents
from footfall.simulate.world.shop import Shop, build_shop
from policy.errors import UsageError

ROBOT_SHARE: Final = 0.2
"""Robots' requests for each of people's."""
HOUSEHOLDS_MIN: Final = 20
COMPRESSION: Final = 4


class World:
    """Everything that a seed decides once: shop, agents, addresses, people, and how the log spells them."""

    def __init__(self, seed: int, visitors_a_day: int) -> None:
        rng = np.random.default_rng([seed, 0])
        households = max(visitors_a_day * POOL_PER_DAY, HOUSEHOLDS_MIN)
        self.shop: Shop = build_shop(rng)
        self.agents: Agents = list_agents()
        self.addresses: Addresses = draw_addresses(rng, households + ADDRESSES)
        self.first_robot = len(self.addresses.texts) - ADDRESSES
        self.people: People = gather_people(rng, self.addresses, self.first_robot, self.agents, visitors_a_day)
        self.texts: Texts = prepare_texts(self.shop, self.addresses, self.agents, self.people)


class _Writable(Protocol):
    def write(self, data: memoryview, /) -> int: ...


def write_web_log(
    folder: Path,
    *,
    seed: int,
    start: date,
    days: int,
    visitors_a_day: int,
    compress: bool = False,
    proxy: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Planted:
    """Write the combined log of some days, one file a day, and ``planted.json``, which says what it holds.

    The bytes depend on the arguments alone (and, for addresses, on the geography table of this release). Memory is
    bounded by one day. About 17 lines come with a visitor, robots' included.

    Args:
        folder: made when absent; files of the same names (``access-2026-11-09.log``, with ``.gz``) are replaced.
        seed: any number from 0 on.
        start: the first day, UTC.
        days: how many days, 1 at least.
        visitors_a_day: people who come on an average day, 1 at least.
        compress: gzip the files; they carry no time of their own, so that their bytes repeat too.
        proxy: the site stands behind trusted proxies and writes X-Forwarded-For as one more quoted field.
        progress: called after each day with the days done and the days in all.

    Raises:
        UsageError: a number is out of range.
        FootfallError: the geography table is missing.
    """
    for name, value, least in (("seed", seed, 0), ("days", days, 1), ("visitors a day", visitors_a_day, 1)):
        if value < least:
            raise UsageError(f"{name} must be {least} or more; {value} was given")
    world = World(seed, visitors_a_day)
    planted = Planted(seed, start, days, world.shop.host, list(PROXIES) if proxy else [])
    tally = Tally(planted, world.addresses, world.shop.groups["pages"], len(world.shop.targets))
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(days):
        day = start + timedelta(days=number)
        rng = np.random.default_rng([seed, 1, number])
        rows, canaries = draw_day(rng, world, day, proxy=proxy)
        tally.add_day(day, rows)
        for kind, spelling in _secrets_of(world, rows, canaries):
            tally.add_secret(kind, spelling)
        name = f"access-{day.isoformat()}.log{'.gz' * compress}"
        planted.files.append(name)
        targets = [canary.target.encode() for canary in canaries]
        with _new_file(folder / name, compress=compress) as file:
            for block in write_lines(rng, world.texts, day, targets, rows, proxy=proxy):
                file.write(block)
        if progress is not None:
            progress(number + 1, days)
    tally.finish(CLAIMED if proxy else ())
    planted.write(folder)
    return planted


def draw_day(rng: np.random.Generator, world: World, day: date, *, proxy: bool) -> tuple[Rows, list[Canary]]:
    """Draw all requests of one day in the order of the log, and the canaries among their targets."""
    views = draw_views(rng, world.people, world.shop, day)
    moved = spoil_views(rng, views, world.shop)
    canaries = plant_canaries(rng, views, len(world.shop.targets))
    visits = [moved, views, draw_forms(rng, views, world.shop), draw_files(rng, views, world.shop)]
    robots = int(sum(map(len, visits)) * ROBOT_SHARE)
    good = np.concatenate([*visits, draw_robots(rng, world.shop, world.agents, world.first_robot, robots)])
    rows = np.concatenate([good, draw_defects(rng, good, quotes_may_go=not proxy)])
    return rows[np.argsort(rows["second"], kind="stable")], canaries


def _secrets_of(world: World, rows: Rows, canaries: list[Canary]) -> Iterator[tuple[str, str]]:
    """Give the kind and the spelling of each secret in the rows of a day."""
    for canary in canaries:
        yield from spellings_of(canary)
    for page, author in world.shop.authors.items():
        if (rows["target"] == page).any():
            yield "forum_author", author
    for user in np.unique(rows["user"][rows["user"] > 0]).tolist():
        yield "user_name", world.people.user_names[user]


@contextmanager
def _new_file(path: Path, *, compress: bool) -> Iterator[_Writable]:
    file: BufferedWriter
    with path.open("wb") as file:
        if compress:
            with gzip.GzipFile("", "wb", COMPRESSION, file, mtime=0) as packed:
                yield packed
        else:
            yield file
