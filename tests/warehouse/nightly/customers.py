"""Events and orders of customers to order, and lively days of a shop with some of each."""

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.warehouse.nightly.hits import day

MIDNIGHT = datetime(2026, 11, 1, tzinfo=UTC)
PATHS = ("/", "/games/chess", "/games/go", "/tools/saw", "/books", "/help")


def at(number: int, hour: int = 12, minute: int = 0) -> datetime:
    """Give a time on the day `number` days after the first of these tests."""
    return MIDNIGHT + timedelta(days=number, hours=hour, minutes=minute)


def event(customer: int, when: datetime, path: str = "/", **values: object) -> dict[str, Any]:
    """Give one event of a customer: a page view, unless `values` say otherwise."""
    first = path.split("/")[1]
    return {
        "customer": customer,
        "event_time": when,
        "kind": "page",
        "site": "shop",
        "channel": "web",
        "path": path,
        "category": first or None,
        "product": None,
        "country": "DE",
        "collected_via": "clickstream",
        "policy_version": "1.4",
        "event_date": when.date(),
        **values,
    }


def order(customer: int, when: datetime, amount: str = "10.00", **values: object) -> dict[str, Any]:
    """Give one order of a customer, in dollars unless `values` say otherwise."""
    return {
        "customer": customer,
        "order_time": when,
        "product": "chess",
        "vendor": "toys",
        "amount": Decimal(amount),
        "currency": "USD",
        "channel": "web",
        "collected_via": "transaction_form",
        "policy_version": "1.4",
        "event_date": when.date(),
        **values,
    }


def events(seed: int, days: Sequence[date], customers: int, each: int = 12) -> list[dict[str, Any]]:
    """Give events of some customers, many of them near midnight and in the same minute."""
    chance = random.Random(seed)
    found = []
    for _ in range(customers * each):
        on = (chance.choice(days) - day(0)).days
        hour, minute = chance.choice(((0, 0), (0, 20), (23, 40), (23, 59), (12, 0), (12, 31))), chance.randint(0, 15)
        when = at(on, *hour) + timedelta(minutes=minute)
        values = {
            "kind": chance.choices(("page", "event"), (5, 1))[0],
            "country": chance.choice(("DE", "FR", "unknown")),
        }
        found.append(event(chance.randint(1, customers), when, chance.choice(PATHS), **values))
    return found


def orders(seed: int, days: Sequence[date], customers: int, each: int = 2) -> list[dict[str, Any]]:
    """Give orders of some customers, some in other money, many of equal amounts."""
    chance = random.Random(seed)
    return [
        order(
            chance.randint(1, customers),
            at((chance.choice(days) - day(0)).days, chance.randint(0, 23)),
            chance.choice(("5.00", "10.00", "99.99")),
            currency=chance.choices(("USD", "EUR"), (4, 1))[0],
        )
        for _ in range(customers * each)
    ]
