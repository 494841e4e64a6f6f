"""A few hundred invented customers of an invented shop, with names that want to break the page."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from random import Random
from typing import Any, Final

from tests.dashboards.profiles.staging.marts import AS_OF, Tables
from tests.dashboards.report.staging.sample import HOSTILE, LONG_PATH

CUSTOMERS: Final = 320
VISITORS: Final = 40
SHOWN: Final = 15
"""Customers with a panel in the browser's page: axe looks at each of them."""
CATEGORIES: Final = ("desktop-tools", "account", "help", "music", "games", "fonts", HOSTILE[0])
PATHS: Final = ("/desktop-tools/disk-map", "/account/orders", "/help/refunds", "/", LONG_PATH, *HOSTILE[:2])
COUNTRIES: Final = ("US", "US", "US", "DE", "DE", "GB", "FR", "unknown", "IN", "BR", "JP", "NL", "SE", "PL", "ES", "CA")


@cache
def sample(seed: int = 7) -> Tables:
    """Make both tables of `CUSTOMERS` people, of whom `VISITORS` never ordered; the same ones for the same seed."""
    chance = Random(seed)
    people = [_person(chance, number) for number in range(CUSTOMERS)]
    buyers = [person for person in people if person["orders"]]
    for column, key in (
        ("r", lambda person: (-person["recency_days"], person["customer"])),
        ("f", lambda person: (person["orders"], person["customer"])),
        ("m", lambda person: (person["monetary"], person["customer"])),
    ):
        for place, person in enumerate(sorted(buyers, key=key)):
            person[column] = 1 + place * 5 // len(buyers)
    for person in buyers:
        person["segment"] = _segment(person["r"], person["f"])
    daily = [day for person in people for day in person.pop("days")]
    return {"customer_profiles": people, "customer_daily": daily}


def _segment(r: int, f: int) -> str:
    """Name the segment as the nightly model does."""
    rules = (
        (r >= 4 and f >= 4, "champion"),
        (f >= 4, "loyal"),
        (r >= 4, "promising"),
        (r <= 2 and f >= 3, "at risk"),
        (r <= 2 and f <= 2, "lost"),
    )
    return next((name for holds, name in rules if holds), "regular")


def _person(chance: Random, number: int) -> dict[str, Any]:
    """Invent one customer, day by day, and add the days up to a profile."""
    customer = chance.getrandbits(64) - 2**63
    buys = number >= VISITORS
    keen = chance.choice((1, 1, 2, 4, 9))
    days = sorted({AS_OF - timedelta(days=int(chance.triangular(0, 200, 10 * keen))) for _ in range(2 + 2 * keen)})
    rows: list[dict[str, Any]] = []
    orders, counted = Counter[date](), Counter[str]()
    for day in days:
        views = chance.randint(1, 2 + keen)
        counted.update(chance.choices(CATEGORIES[: 2 + keen], k=views))
        rows.append({"event_date": day, "customer": customer, "views": views, "sessions": 1, "minutes": views})
        if buys and (day == days[0] or chance.random() < keen / 12):
            orders[day] += 1
            rows[-1] |= {"orders": 1, "amount": Decimal(chance.randint(900, 9000 * keen)) / 100}
    views = sum(row["views"] for row in rows)
    pages = [
        {"path": chance.choice(PATHS), "minute": _minute(chance, day)}
        for row, day in zip(rows, days, strict=True)
        for _ in range(row["views"])
    ]
    pages.sort(key=lambda page: page["minute"], reverse=True)
    bought: dict[str, Any] = {"first_order": _noon(min(orders)), "last_order": _noon(max(orders))} if orders else {}
    if orders:
        bought["recency_days"] = (AS_OF - max(orders)).days
    return {
        "customer": customer,
        "role": "seller" if number % 9 == 0 else "customer",
        "first_seen": _noon(days[0]),
        "last_seen": _noon(days[-1]),
        "days_seen": len(days),
        "sessions": len(days),
        "views": views,
        "top_country": chance.choice(COUNTRIES),
        "categories": [(name, amount / views) for name, amount in sorted(counted.items())],
        "last_paths": pages[:20],
        "orders": sum(orders.values()),
        "monetary": sum((row.get("amount", Decimal(0)) for row in rows), start=Decimal(0)),
        "days": rows,
    } | bought


def _minute(chance: Random, day: date) -> datetime:
    return datetime.combine(day, time(chance.randint(7, 22), chance.randint(0, 59)), tzinfo=UTC)


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=UTC)
