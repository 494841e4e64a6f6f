"""The truth, worked out from the numbers that the records are made of."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pandas as pd

from footfall.simulate.customers.accounts import ADULT, CHILD, NO_PROFILE, UNREGISTERED, Account
from footfall.simulate.customers.orders import CURRENCIES
from footfall.simulate.customers.records import Rows
from footfall.simulate.customers.spoils import Spoil
from footfall.simulate.customers.truth.planted import PlantedCustomer, PlantedCustomers, PlantedDay, PlantedSource
from footfall.simulate.customers.visits import PAGE_KINDS, SESSION_MIN, Pages, is_profiled
from footfall.simulate.world.addresses import COUNTRIES, Addresses
from transform.reasons import Reason, is_dead_letter

LAST_PATHS: Final = 20
TABLES: Final = {"registration": "registry", "transaction": "purchases"}


@dataclass(frozen=True, slots=True)
class Fates:
    """Why each row leaves: one entry a row, "" for those that are kept, `OF_CHILD` where it depends."""

    reasons: np.ndarray[Any, np.dtype[np.object_]]

    @property
    def kept(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which rows must be stored."""
        return np.asarray(self.reasons == "", np.bool_)


OF_CHILD: Final = "?"


def fates_of(source: str, rows: Rows, accounts: list[Account], spoils: tuple[Spoil, ...], *, live: bool) -> Fates:
    """Say of each row why it must leave the pipeline."""
    reasons = np.array(["", *(spoil.reason for spoil in spoils)], object)[rows["spoil"]]
    child = np.array([one.standing == CHILD for one in accounts] + [False])[rows["account"]]
    if source == "clickstream":
        child &= rows["named"]
    fine = reasons == ""
    reasons[fine & child] = OF_CHILD
    if source == "registration":
        told = np.array([_tells(accounts[row["account"]], row["version"]) for row in rows], np.bool_)
        reasons[fine & told] = Reason.CHILD.value
    elif live:
        reasons[fine & rows["late"]] = Reason.TOO_LATE.value
    reasons[fine & rows["repeated"]] = Reason.REPEATED_EVENT.value
    return Fates(reasons)


def source_accounts(source: str, rows: Rows, fates: Fates, spoils: tuple[Spoil, ...], historic: int) -> PlantedSource:
    """Sum up one source."""
    found = PlantedSource(records=len(rows), historic=historic)
    if source == "clickstream":
        named = is_profiled(rows) & fates.kept
        found.kept = {"hits": int((fates.kept & ~named).sum()), "customer_events": int(named.sum())}
    else:
        found.kept = {TABLES[source]: int(fates.kept.sum())}
    for reason, count in sorted(Counter(fates.reasons.tolist()).items()):
        if reason == OF_CHILD:
            found.of_children = count
        elif reason:
            (found.dead_letters if is_dead_letter(reason) else found.dropped)[reason] = count
    for number, count in Counter(rows["spoil"].tolist()).items():
        for name in spoils[number - 1].undeclared if number else ():
            found.fields_dropped[name] = found.fields_dropped.get(name, 0) + count
    return found


def describe_customers(
    planted: PlantedCustomers,
    accounts: list[Account],
    *,
    clicks: Rows,
    orders: Rows,
    pages: Pages,
    addresses: Addresses,
    nameless: set[int],
) -> None:
    """Add each registered customer to `planted`; `clicks` and `orders` are kept ones, `nameless` accounts' names hold a secret."""
    for number, one in enumerate(accounts):
        if one.standing == CHILD:
            planted.children.append(one.customer_id)
        elif one.standing == UNREGISTERED:
            planted.never_registered.append(one.customer_id)
        else:
            planted.customers[one.customer_id] = _registered(one, has_name=number not in nameless)
    is_adult = np.array([one.standing == ADULT for one in accounts])
    named = clicks[is_profiled(clicks)]
    named = named[is_adult[named["account"]]]
    frame = pd.DataFrame(
        {
            "account": named["account"],
            "minute": named["time_ms"] // 60_000,
            "page": named["page"],
            "is_view": named["kind"] < PAGE_KINDS,
            "country": addresses.countries[named["address"]],
        }
    ).sort_values(["account", "minute"], kind="stable")
    for account, events in frame.groupby("account"):
        _add_events(planted.customers[accounts[int(str(account))].customer_id], events, pages)
    for order in np.sort(orders[is_adult[orders["account"]]], order="time_ms"):
        _add_order(planted.customers[accounts[order["account"]].customer_id], order, planted.currency)
    for customer in planted.customers.values():
        if customer.last_order:
            customer.recency_days = (planted.as_of - customer.last_order.date()).days


def views_by_day(clicks: Rows) -> dict[date, int]:
    """Count page views by UTC day."""
    days = clicks["time_ms"][clicks["kind"] < PAGE_KINDS].astype("datetime64[ms]").astype("datetime64[D]")
    found, counts = np.unique(days, return_counts=True)
    return dict(zip(found.tolist(), counts.tolist(), strict=True))


def _tells(account: Account, version: int) -> bool:
    """Say whether a form shows that a child sent it."""
    return account.standing == CHILD and (account.ages[version] is not None or account.births[version] is not None)


def _registered(one: Account, *, has_name: bool) -> PlantedCustomer:
    said = [opt_out for opt_out in one.opt_outs if opt_out is not None]
    opt_out = sorted(said[-1]) if said else []
    return PlantedCustomer(
        role=one.role,
        email=one.emails[-1],
        name=one.name if has_name else None,
        country=one.country,
        opt_out=opt_out,
        registered_at=one.registered[0],
        is_hidden=NO_PROFILE in opt_out,
    )


def _add_events(one: PlantedCustomer, events: pd.DataFrame, pages: Pages) -> None:
    minutes, numbers = events["minute"].to_numpy(), events["page"].tolist()
    begins = np.append(True, np.diff(minutes) > SESSION_MIN)
    dates = [_time(minute).date() for minute in minutes.tolist()]
    countries = [COUNTRIES[country][0] for country in events["country"].tolist()]
    views: list[tuple[datetime, str]] = []
    seen: set[int] = set()
    for minute, day, page, is_view, country, begin in zip(
        minutes.tolist(), dates, numbers, events["is_view"].tolist(), countries, begins.tolist(), strict=True
    ):
        at = one.days.setdefault(day, PlantedDay())
        at.sessions += begin
        at.minutes += minute not in seen
        seen.add(minute)
        at.countries[country] = at.countries.get(country, 0) + 1
        if is_view:
            at.views += 1
            views.append((_time(minute), pages.paths[page]))
            if category := pages.categories[page]:
                at.categories[category] = at.categories.get(category, 0) + 1
    one.first_seen, one.last_seen = _time(int(minutes[0])), _time(int(minutes[-1]))
    one.events, one.days_seen = len(minutes), len(one.days)
    one.sessions = sum(day.sessions for day in one.days.values())
    one.views = len(views)
    one.categories = dict(sum((Counter(day.categories) for day in one.days.values()), Counter()))
    one.countries = dict(Counter(countries))
    one.top_country = min(one.countries, key=lambda name: (-one.countries[name], name))
    one.last_paths = sorted(views, key=lambda view: (-view[0].timestamp(), view[1]))[:LAST_PATHS]


def _add_order(one: PlantedCustomer, row: Any, currency: str) -> None:
    at = _time(int(row["time_ms"]) // 60_000)
    amount = Decimal(int(row["cents"])) / 100 if CURRENCIES[row["currency"]] == currency else Decimal(0)
    day = one.days.setdefault(at.date(), PlantedDay())
    day.orders += 1
    day.amount += amount
    one.orders += 1
    one.amount += amount
    one.first_order = one.first_order or at
    one.last_order = at


def _time(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)
