"""Visits: account holders and casual visitors come, look at pages, log in or do not; columns of numbers."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from footfall.simulate.customers.accounts import CHILD, UNREGISTERED, Account, first_registered_ms
from footfall.simulate.customers.links import ELSEWHERE, place_of
from footfall.simulate.customers.records import CLICK, DAY_MS, Click, Rows, local_times_of
from footfall.simulate.traffic.people import HOURS, IN_CATEGORY_SHARE, WEEKDAYS, chances_of
from footfall.simulate.traffic.rows import OUTSIDE, happens
from footfall.simulate.world.addresses import COUNTRIES, Addresses
from footfall.simulate.world.agents import Agents
from footfall.simulate.world.shop import ODD_PAGES, PRODUCTS_PER_CATEGORY, Shop

SITE: Final = "shop"
KINDS: Final = (None, "page_view", "click", "add_to_cart", "search", "outbound_click")
PAGE_KINDS: Final = 2
"""The first kinds are page views, said or not."""
KIND_WEIGHTS: Final = np.cumsum((0.8, 0.14, 0.02, 0.02, 0.005, 0.015))
LEADS_AWAY: Final = len(KINDS) - 1
SECOND_VISIT_SHARE: Final = 0.25
MIDNIGHT_SHARE: Final = 0.06
LOGGED_IN_SHARE: Final = 0.75
AWAY_SHARE: Final = 0.12
OTHER_AGENT_SHARE: Final = 0.25
REFUSES_SHARE: Final = 0.06
OWN_CLOCK_SHARE: Final = 0.5
YES: Final = 2
"""What stands for true where 0 is not said and 1 is false."""
PAUSE_SHARE: Final = 0.05
PAGES_MAX: Final = 40
HOLDERS_SHARE: Final = 1 / 6
"""Of those who hold accounts, how many come on a day."""
POOL_PER_DAY: Final = 5
SESSION_MIN: Final = 30
OUTSIDE_PAGES: Final = tuple(referrer.decode() for _, referrer in OUTSIDE if referrer.startswith(b"http"))


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages that are visited: none of them has a name, number or token that a scrubber would change.

    Attributes:
        urls, titles, paths, products, categories: one entry a page; no product or category is None.
    """

    urls: list[str]
    titles: list[str]
    paths: list[str]
    products: list[str | None]
    categories: list[str | None]


@dataclass(frozen=True, slots=True)
class Persons:
    """Everybody who may come: the holders of accounts first, then casual visitors; one entry a person.

    Attributes:
        homes, aways: addresses, usual and now and then.
        agents: two a person, the usual one first.
        chances: to come on a day of average traffic.
        clock_h: hours that the person's clock is before UTC's.
    """

    homes: npt.NDArray[np.int64]
    aways: npt.NDArray[np.int64]
    agents: npt.NDArray[np.int64]
    chances: npt.NDArray[np.float64]
    clock_h: npt.NDArray[np.int64]


def list_pages(shop: Shop) -> Pages:
    """List the shop's pages but for the odd ones, with the products' first."""
    count = len(shop.groups["pages"]) - len(ODD_PAGES)
    targets = [target.decode() for target in shop.targets[:count]]
    paths = [target.partition("?")[0] for target in targets]
    segments = [path.split("/")[1] for path in paths]
    slugs = [product.slug for product in shop.products]
    return Pages(
        urls=[f"https://{shop.host}{target}" for target in targets],
        titles=[path.strip("/").replace("/", ", ").replace("-", " ").capitalize() or "Welcome" for path in paths],
        paths=paths,
        products=[*slugs, *([None] * (count - len(slugs)))],
        categories=[segment or None for segment in segments],
    )


def gather_persons(
    rng: np.random.Generator, addresses: Addresses, agents: Agents, holders: int, visitors_a_day: int
) -> Persons:
    """Give each person one address of their own, another one for journeys, and two agents.

    The first `holders` persons hold accounts: about a sixth of them comes on a day. Of the others `visitors_a_day` come.
    """
    count = min(holders + max(visitors_a_day * POOL_PER_DAY, 1), len(addresses.texts) - 1)
    homes = np.arange(count)
    weights = agents.people_weights
    both = np.searchsorted(weights, rng.random((count, 2)), side="right")
    eagerness = rng.pareto(1.2, count) + 0.1
    groups = ((slice(holders), holders * HOLDERS_SHARE), (slice(holders, count), visitors_a_day))
    clocks = np.array([hours for _, _, hours in COUNTRIES])
    return Persons(
        homes=homes,
        aways=count + rng.integers(0, len(addresses.texts) - count, count),
        agents=both,
        chances=np.concatenate([chances_of(eagerness[group], wanted) for group, wanted in groups]),
        clock_h=clocks[addresses.countries[homes]],
    )


def draw_visits(
    rng: np.random.Generator,
    *,
    persons: Persons,
    accounts: list[Account],
    shop: Shop,
    pages: Pages,
    start: date,
    days: int,
) -> Rows:
    """Draw every event of the period, visit after visit; `number` is the place in the result."""
    begin = np.datetime64(start, "ms").astype(np.int64)
    visitor, time_ms = _arrivals(rng, persons, start, days)
    visitor_names = _logs_in(rng, accounts, visitor, begin + time_ms)
    lengths = np.minimum(1 + rng.pareto(1.1, len(visitor)).astype(np.int64), PAGES_MAX)
    visit = np.repeat(np.arange(len(visitor)), lengths)
    first = np.cumsum(lengths) - lengths
    is_first = np.zeros(len(visit), np.bool_)
    is_first[first] = True
    since = np.cumsum(np.where(is_first, 0, _waits_ms(rng, len(visit))))
    away, other = happens(rng, len(visitor), AWAY_SHARE), happens(rng, len(visitor), OTHER_AGENT_SHARE)

    rows = np.zeros(len(visit), CLICK)
    rows["time_ms"] = begin + time_ms[visit] + since - since[first][visit]
    rows["account"] = np.where(visitor < len(accounts), visitor, -1)[visit]
    rows["address"] = np.where(away, persons.aways[visitor], persons.homes[visitor])[visit]
    rows["agent"] = persons.agents[visitor, other.astype(np.int64)][visit]
    rows["page"] = _pages(rng, shop, visit, len(visitor), len(pages.urls))
    rows["referrer"] = np.where(
        is_first, -1 - rng.integers(0, len(OUTSIDE_PAGES) + 1, len(visit)), np.roll(rows["page"], 1)
    )
    rows["kind"] = np.where(is_first, 0, np.searchsorted(KIND_WEIGHTS, rng.random(len(visit)), side="right"))
    rows["named"] = visitor_names[visit]
    rows["automatic"] = (visitor_names & happens(rng, len(visitor), 0.1))[visit]
    rows["zone_h"] = np.where(rng.random(len(visitor)) < OWN_CLOCK_SHARE, persons.clock_h[visitor], 0)[visit]
    _refuse(rng, rows, accounts, visitor, visit)
    rows = rows[rows["time_ms"] < begin + days * DAY_MS]
    rows["number"] = np.arange(len(rows))
    rows["arrives_ms"] = rows["time_ms"] + rng.integers(20, 3000, len(rows))
    return rows


def forget_half_hours(rows: Rows) -> None:
    """Take the account from events exactly half an hour after the one before: no rule shall turn on the last minute.

    Changed in place; holds for all rows and for those that are not late.
    """
    while True:
        found = np.concatenate([_half_hours(rows, np.ones(len(rows), np.bool_)), _half_hours(rows, ~rows["late"])])
        if not len(found):
            return
        rows["named"][found] = False


def spell_clicks(
    pages: Pages,
    texts: tuple[list[str], tuple[str, ...], list[str]],
    accounts: list[Account],
    ids: list[str],
    rows: Rows,
) -> list[Click]:
    """Spell out rows of clicks; `texts` are addresses, agents and languages by address, `ids` the ids by number."""
    addresses, agents, languages = texts
    customers: list[str | None] = [one.customer_id for one in accounts]
    referrers = [*pages.urls, *(None, *OUTSIDE_PAGES)[::-1]]  # -1 is the last: none
    said = (None, False, True)
    page = rows["page"]
    away = rows["kind"] == LEADS_AWAY
    url = np.where(away, len(pages.urls) + place_of(rows), page)
    detail = page + rows["number"]  # some senders say more than others
    product = np.where(detail % 3 > 0, page, -1)
    title = np.where(detail % 2 > 0, page, -1)
    customer = np.where(rows["named"], rows["account"], -1)
    automatic = np.where(rows["automatic"] & rows["named"], YES, 0)
    columns = (
        _pick(ids, rows["number"]),
        [SITE] * len(rows),
        local_times_of(rows["time_ms"], rows["zone_h"]),
        _pick([*pages.urls, *(address for _, address in ELSEWHERE)], url),
        _pick(addresses, rows["address"]),
        _pick(agents, rows["agent"]),
        _pick(KINDS, rows["kind"]),
        _pick(referrers, np.where(away, page, rows["referrer"])),  # it leads away from a page
        _pick([*pages.titles, None], title),
        _pick([*customers, None], customer),
        _pick([*pages.products, None], product),
        _pick(said, automatic),
        _pick(said, automatic),
        _pick(said, rows["gpc"]),
        _pick(said, rows["dnt"]),
        _pick(languages, rows["address"]),
    )
    return list(map(Click, *columns))


def _pick(texts: list[str] | list[str | None] | tuple[object, ...], places: npt.NDArray[np.int64]) -> list[object]:
    return [texts[place] for place in places.tolist()]


def _arrivals(
    rng: np.random.Generator, persons: Persons, start: date, days: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Draw who comes when: a person's number and the milliseconds since the start, one entry a visit."""
    visitors, times = [], []
    for day in range(days):
        weekday = WEEKDAYS[(start + timedelta(days=day)).weekday()]
        present = np.flatnonzero(rng.random(len(persons.chances)) < persons.chances * weekday)
        coming = np.repeat(present, 1 + happens(rng, len(present), SECOND_VISIT_SHARE))
        hours = np.searchsorted(np.cumsum(HOURS) / sum(HOURS), rng.random(len(coming)), side="right")
        within = (hours - persons.clock_h[coming]) % 24 * 3_600_000 + rng.integers(0, 3_600_000, len(coming))
        at_midnight = happens(rng, len(coming), MIDNIGHT_SHARE)
        within = np.where(at_midnight, DAY_MS - rng.integers(5_000, 240_000, len(coming)), within)
        visitors.append(coming)
        times.append(within + day * DAY_MS)
    return np.concatenate(visitors), np.concatenate(times)


def _waits_ms(rng: np.random.Generator, count: int) -> npt.NDArray[np.int64]:
    """Draw the time from one page to the next: mostly short, now and then a pause below or above half an hour."""
    short = (rng.lognormal(3.3, 1.0, count) + 1) * 1000
    pause = (
        rng.choice((rng.uniform(8, 29), rng.uniform(32, 150), 12.0, 45.0), count)
        * rng.uniform(0.9, 1.0, count)
        * 60_000
    )
    return np.where(happens(rng, count, PAUSE_SHARE), pause, short).astype(np.int64)


def _logs_in(
    rng: np.random.Generator, accounts: list[Account], visitor: npt.NDArray[np.int64], time_ms: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Decide which visits are made logged in: never before the account is registered, but for some children."""
    since = np.append(first_registered_ms(accounts), np.iinfo(np.int64).max)
    for number, one in enumerate(accounts):
        if one.standing in {CHILD, UNREGISTERED}:
            since[number] = 0
    return happens(rng, len(visitor), LOGGED_IN_SHARE) & (time_ms >= since[np.minimum(visitor, len(accounts))])


def _refuse(
    rng: np.random.Generator,
    rows: Rows,
    accounts: list[Account],
    visitor: npt.NDArray[np.int64],
    visit: npt.NDArray[np.int64],
) -> None:
    """Let some browsers ask not to be profiled, and some say that they do not ask; no child's, whose events just go."""
    is_child = np.array([*(one.standing == CHILD for one in accounts), False])[np.minimum(visitor, len(accounts))]
    for name in ("gpc", "dnt"):
        drawn = rng.random(len(visitor))
        said = np.where(drawn < REFUSES_SHARE / 2, YES, np.where(drawn > 1 - REFUSES_SHARE, 1, 0))
        rows[name] = np.where(is_child, 0, said)[visit]


def _pages(
    rng: np.random.Generator, shop: Shop, visit: npt.NDArray[np.int64], visits: int, count: int
) -> npt.NDArray[np.int64]:
    """Choose pages: half of them products of what the visit is about, the rest whatever is popular."""
    category = rng.integers(0, len(shop.products) // PRODUCTS_PER_CATEGORY, visits)[visit]
    rank = np.searchsorted(shop.rank_weights, rng.random(len(visit)), side="right")
    popular = np.searchsorted(shop.page_weights, rng.random(len(visit)), side="right") % count
    return np.where(happens(rng, len(visit), IN_CATEGORY_SHARE), category * PRODUCTS_PER_CATEGORY + rank, popular)


def _half_hours(rows: Rows, chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    places = np.flatnonzero(chosen & is_profiled(rows))
    places = places[np.lexsort((rows["time_ms"][places], rows["account"][places]))]
    minute, account = rows["time_ms"][places] // 60_000, rows["account"][places]
    return places[1:][(np.diff(minute) == SESSION_MIN) & (np.diff(account) == 0)]


def is_profiled(rows: Rows) -> npt.NDArray[np.bool_]:
    """Tell which clicks name an account and do not ask that nobody profiles it."""
    return rows["named"] & (rows["account"] >= 0) & (rows["gpc"] < YES) & (rows["dnt"] < YES)


def languages_of(addresses: Addresses) -> list[str]:
    """Give a browser's language for each address, by its country."""
    return [f"{'en' if number % 3 else 'de'}-{COUNTRIES[number][0]}" for number in addresses.countries.tolist()]


def texts_of(addresses: pa.Array) -> list[str]:
    """Give the addresses as text."""
    return [text.decode() for text in addresses.to_pylist()]
