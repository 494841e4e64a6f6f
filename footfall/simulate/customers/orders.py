"""Orders: what account holders buy, mostly at the end of a visit."""

from typing import Final

import numpy as np

from footfall.simulate.customers.accounts import Account, first_registered_ms
from footfall.simulate.customers.records import ORDER, Order, Rows, times_of
from footfall.simulate.traffic.rows import happens
from footfall.simulate.world.shop import ADJECTIVES, CATEGORIES, PRODUCTS_PER_CATEGORY, Shop

CURRENCIES: Final = ("USD", "EUR")
EURO_SHARE: Final = 0.12
BUYS_SHARE: Final = 0.1
"""Orders for each event of somebody logged in."""
VENDORS: Final = tuple(f"{adjective}-{category}" for adjective, category in zip(ADJECTIVES, CATEGORIES, strict=True))


def draw_orders(rng: np.random.Generator, clicks: Rows, accounts: list[Account], shop: Shop, end_ms: int) -> Rows:
    """Draw orders some minutes after logged-in events, some at prices that many have."""
    likely = clicks[clicks["named"] & (clicks["account"] >= 0)]
    likely = likely[likely["time_ms"] >= first_registered_ms(accounts)[likely["account"]]]
    before = likely[happens(rng, len(likely), BUYS_SHARE)]
    rows = np.zeros(len(before), ORDER)
    rows["time_ms"] = before["time_ms"] + rng.integers(30_000, 600_000, len(before))
    rows["account"] = before["account"]
    rank = np.searchsorted(shop.rank_weights, rng.random(len(before)), side="right")
    rows["product"] = rng.integers(0, len(CATEGORIES), len(before)) * PRODUCTS_PER_CATEGORY + rank
    rows["quantity"] = 1 + rng.geometric(0.8, len(before)) // 2
    prices = np.where(
        rows["product"] % 4 == 0, 1999, np.maximum(rng.lognormal(8, 0.9, len(before)), 100).astype(np.int64)
    )
    rows["cents"] = prices * rows["quantity"]
    rows["currency"] = happens(rng, len(before), EURO_SHARE)
    rows = rows[rows["time_ms"] < end_ms]
    rows["number"] = np.arange(len(rows))
    rows["arrives_ms"] = rows["time_ms"] + rng.integers(20, 3000, len(rows))
    return rows


def spell_orders(shop: Shop, accounts: list[Account], ids: list[str], rows: Rows) -> list[Order]:
    """Spell out rows of orders; `ids` has the event id of each number."""
    columns = (rows[name].tolist() for name in ("number", "account", "product", "cents", "currency", "quantity"))
    return [
        Order(
            ids[number],
            time,
            f"O-{number + 500_000}",
            accounts[account].customer_id,
            shop.products[product].slug,
            VENDORS[product // PRODUCTS_PER_CATEGORY],
            cents / 100,
            CURRENCIES[currency],
            quantity if quantity > 1 else None,
            "AUTUMN" if number % 11 == 0 else None,
            accounts[account].country if number % 2 else None,
        )
        for time, number, account, product, cents, currency, quantity in zip(
            times_of(rows["time_ms"]), *columns, strict=True
        )
    ]
