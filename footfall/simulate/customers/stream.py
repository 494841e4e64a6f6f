"""All records of a seed: drawn as numbers at once, spelled as JSON a day at a time, with the truth about them."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from footfall.simulate.customers import visits
from footfall.simulate.customers.accounts import CHILD, Account, open_accounts, registrations_of, spell_registrations
from footfall.simulate.customers.links import links_of
from footfall.simulate.customers.orders import draw_orders, spell_orders
from footfall.simulate.customers.records import DAY_MS, SOURCES, Rows, event_ids
from footfall.simulate.customers.spoils import Spoil, list_spoils, spoil_record
from footfall.simulate.customers.truth import (
    PlantedCustomers,
    describe_customers,
    fates_of,
    source_accounts,
    views_by_day,
)
from footfall.simulate.traffic.rows import happens
from footfall.simulate.world.addresses import COUNTRIES, draw_addresses
from footfall.simulate.world.agents import list_agents
from footfall.simulate.world.shop import build_shop
from policy import Policy
from policy.errors import UsageError

SPOILED_SHARE: Final = 0.0005
"""Records of each kind that something is wrong with, as a share of the good ones; one at least."""
REPEATED_SHARE: Final = 0.004
LATE_SHARE: Final = 0.003
DELAYED_SHARE: Final = 0.03
DELAY_MS_MAX: Final = 20 * 3_600_000
LATE_AFTER_MS: Final = 3 * DAY_MS
"""Late events are older than this at the end of the period, which is beyond every window."""
LIVE_MS: Final = DAY_MS // 2
"""Without a mark go the events of the last half day: they are younger than the window for a day after the period."""
CURRENCY: Final = "USD"


class Stream:
    """Every record of a period in the order of arrival, each with what must become of it.

    Attributes:
        days: how many days.
        live: the last half day and the late events carry no mark of history.
        historic: source → one entry a record, whether it is marked.
    """

    def __init__(
        self, policy: Policy, *, seed: int, start: date, days: int, customers: int, visitors_a_day: int, live: bool
    ) -> None:
        """Draw everything; raises a `UsageError` for a number out of range."""
        for name, value, least in (
            ("seed", seed, 0),
            ("days", days, 1),
            ("customers", customers, 1),
            ("visitors a day", visitors_a_day, 0),
        ):
            if value < least:
                raise UsageError(f"{name} must be {least} or more; {value} was given")
        self.days, self.live = days, live
        self._seed, self._start = seed, start
        begin = datetime(start.year, start.month, start.day, tzinfo=UTC)
        self._begin_ms = int(begin.timestamp()) * 1000
        self._end_ms = self._begin_ms + days * DAY_MS
        self._shop = build_shop(np.random.default_rng([seed, 0]))  # the same as of the log of this seed
        self._pages = visits.list_pages(self._shop)
        rng = np.random.default_rng([seed, 30])
        self._addresses = draw_addresses(rng, 40 + 2 * (customers + visitors_a_day * visits.POOL_PER_DAY))
        agents = list_agents()
        persons = visits.gather_persons(rng, self._addresses, agents, customers, visitors_a_day)
        homes = [COUNTRIES[country][0] for country in self._addresses.countries[persons.homes[:customers]].tolist()]
        self._accounts: list[Account] = open_accounts(rng, homes, begin, days)
        self._texts = (visits.texts_of(self._addresses.texts), agents.texts, visits.languages_of(self._addresses))
        self._spoils = list_spoils(policy)
        self._secrets: dict[str, set[str]] = {}
        clicks = visits.draw_visits(
            rng, persons=persons, accounts=self._accounts, shop=self._shop, pages=self._pages, start=start, days=days
        )
        orders = draw_orders(rng, clicks, self._accounts, self._shop, self._end_ms)
        drawn = {"registration": registrations_of(rng, self._accounts), "transaction": orders, "clickstream": clicks}
        self._rows = {source: self._with_faults(source, drawn[source]) for source in SOURCES}
        self._ids = {
            source: event_ids(seed, source, int(rows["number"].max(initial=-1)) + 1)
            for source, rows in self._rows.items()
        }
        self.historic = {source: self._is_historic(rows) for source, rows in self._rows.items()}

    def spelled(self, source: str) -> Iterator[tuple[list[bytes], npt.NDArray[np.int64], npt.NDArray[np.bool_]]]:
        """Give the records of each day of arrival, in order: JSON, the numbers of their event ids, and whether historic."""
        rows = self._rows[source]
        day = np.clip((rows["arrives_ms"] - self._begin_ms) // DAY_MS, 0, self.days - 1)
        ends = np.searchsorted(day, np.arange(self.days), side="right").tolist()
        for first, end in zip([0, *ends[:-1]], ends, strict=True):
            part = rows[first:end]
            yield self._lines(source, part), part["number"], self.historic[source][first:end]

    def truth(self, sources: Sequence[str] = SOURCES) -> PlantedCustomers:
        """Say what was planted in the sources that were spelled; call it afterwards, for secrets are made up on the way."""
        planted = PlantedCustomers(
            seed=self._seed,
            start=self._start,
            days=self.days,
            as_of=self._start + timedelta(days=self.days),
            currency=CURRENCY,
            site=visits.SITE,
            host=self._shop.host,
        )
        fates = {
            source: fates_of(source, rows, self._accounts, self._spoils[source], live=self.live)
            for source, rows in self._rows.items()
        }
        for source in sources:
            rows = self._rows[source]
            marked = int(self.historic[source].sum())
            planted.sources[source] = source_accounts(source, rows, fates[source], self._spoils[source], marked)
        clicks = self._rows["clickstream"][fates["clickstream"].kept]
        orders = self._rows["transaction"][fates["transaction"].kept]
        describe_customers(
            planted,
            self._accounts,
            clicks=clicks,
            orders=orders,
            pages=self._pages,
            addresses=self._addresses,
            nameless=self._nameless(),
        )
        named = visits.is_profiled(clicks)
        planted.page_views_by_day = views_by_day(clicks[~named])
        planted.customers_views_by_day = views_by_day(clicks[named])
        planted.links = links_of(clicks[~named & (clicks["kind"] == visits.LEADS_AWAY)])
        planted.persons = self._persons(clicks)
        planted.secrets = {kind: sorted(self._secrets[kind]) for kind in sorted(self._secrets)}
        planted.personal = self._personal()
        seen = np.unique(self._rows["clickstream"]["address"]).tolist()
        planted.addresses = sorted(self._texts[0][number] for number in seen)
        return planted

    def _with_faults(self, source: str, good: Rows) -> Rows:
        """Add what is wrong to good rows, and put all in the order of arrival."""
        rng = np.random.default_rng([self._seed, 31, SOURCES.index(source)])
        spoils = self._spoils[source]
        plain = rng.permutation(
            np.flatnonzero(~np.array([one.standing == CHILD for one in self._accounts] + [False])[good["account"]])
        )
        each = max(int(len(plain) * SPOILED_SHARE), 1)
        harmless = sum(not spoil.reason for spoil in spoils)
        good["spoil"][plain[: harmless * each]] = np.tile(np.arange(1, harmless + 1), each)[: len(plain)]
        rest = plain[harmless * each :]
        if source != "registration":
            old = rest[good["time_ms"][rest] < self._end_ms - LATE_AFTER_MS]
            late = old[: int(len(good) * LATE_SHARE) or 1]
            good["late"][late] = True
            rest = np.setdiff1d(rest, late)
        delayed = happens(rng, len(good), DELAYED_SHARE)
        good["arrives_ms"][delayed] += rng.integers(0, DELAY_MS_MAX, int(delayed.sum()))
        good["arrives_ms"][good["late"]] = self._end_ms - rng.integers(1, 600_000, int(good["late"].sum()))
        if source == "clickstream":
            visits.forget_half_hours(good)
        repeated = self._repeated(rng, good, rest)
        spoiled = self._spoiled(rng, good, rest, first=harmless, end=len(spoils), each=each)
        rows = np.concatenate([good, repeated, spoiled])
        return rows[np.argsort(rows["arrives_ms"], kind="stable")]

    def _repeated(self, rng: np.random.Generator, good: Rows, clean: npt.NDArray[np.int64]) -> Rows:
        """Send some records twice, and as many ids with other records."""
        count = max(int(len(good) * REPEATED_SHARE), 2)
        copies = good[rng.permutation(clean)[:count]].copy()
        copies["repeated"] = True
        copies["arrives_ms"] += rng.integers(1, 3_600_000, len(copies))
        if "page" in (copies.dtype.names or ()):
            copies["page"][::2] = (copies["page"][::2] + 1) % len(self._pages.urls)
        if "cents" in (copies.dtype.names or ()):
            copies["cents"][::2] += 100
        return copies

    def _spoiled(
        self, rng: np.random.Generator, good: Rows, clean: npt.NDArray[np.int64], *, first: int, end: int, each: int
    ) -> Rows:
        """Make copies with ids of their own that have a defect each."""
        if not len(clean):
            return good[:0]
        rows = good[rng.choice(clean, (end - first) * each)].copy()
        rows["number"] = len(good) + np.arange(len(rows))
        rows["spoil"] = np.repeat(np.arange(first + 1, end + 1), each)
        return rows

    def _is_historic(self, rows: Rows) -> npt.NDArray[np.bool_]:
        if not self.live:
            return np.ones(len(rows), np.bool_)
        return np.asarray((rows["time_ms"] < self._end_ms - LIVE_MS) & ~rows["late"], np.bool_)

    def _lines(self, source: str, rows: Rows) -> list[bytes]:
        ids, encode = self._ids[source], msgspec.json.Encoder().encode
        spelled: list[Any]
        if source == "clickstream":
            spelled = list(visits.spell_clicks(self._pages, self._texts, self._accounts, ids, rows))
        elif source == "transaction":
            spelled = list(spell_orders(self._shop, self._accounts, ids, rows))
        else:
            spelled = list(spell_registrations(self._accounts, ids, rows))
        lines = [encode(record) for record in spelled]
        spoils: tuple[Spoil, ...] = self._spoils[source]
        for place in np.flatnonzero(rows["spoil"]).tolist():
            rng = np.random.default_rng([self._seed, 32, SOURCES.index(source), int(rows["number"][place])])
            lines[place] = spoil_record(spoils[rows["spoil"][place] - 1], lines[place], rng, self._secrets)
        return lines

    def _nameless(self) -> set[int]:
        rows = self._rows["registration"]
        return {int(account) for account in np.unique(rows["account"][rows["spoil"] > 0])}

    def _persons(self, clicks: Rows) -> list[tuple[str, str, str]]:
        """Find who came both with and without a name from one address with one agent."""
        held = clicks[(clicks["account"] >= 0) & (clicks["spoil"] == 0)]
        named = visits.is_profiled(held)
        keys = [
            set(zip(part["address"].tolist(), part["agent"].tolist(), part["account"].tolist(), strict=True))
            for part in (held[named], held[~named])
        ]
        return [
            (self._texts[0][address], self._texts[1][agent], self._accounts[account].customer_id)
            for address, agent, account in sorted(keys[0] & keys[1])
        ]

    def _personal(self) -> dict[str, list[str]]:
        accounts = self._accounts
        return {
            "customer_id": sorted(one.customer_id for one in accounts),
            "name": sorted(one.name for one in accounts),
            "email": sorted({email for one in accounts for email in one.emails}),
            "phone": sorted({one.phone for one in accounts if one.phone}),
            "company": sorted({one.company for one in accounts if one.company}),
        }
