"""What the page of customers shows, as plain values: no table, no SQL and no markup. Amounts are in the site's currency."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

WEEKS: Final = 26
"""Weeks of the small pictures; the last one ends on the day of the profiles."""
FIFTHS: Final = 5


@dataclass(frozen=True, slots=True)
class Totals:
    """All customers together; `as_of` is None where there are none."""

    customers: int
    sellers: int
    buyers: int
    orders: int
    amount: Decimal
    views: int
    sessions: int
    as_of: date | None


@dataclass(frozen=True, slots=True)
class Week:
    """One week of everybody, or of one customer."""

    views: int = 0
    orders: int = 0
    amount: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Group:
    """Customers who have something in common: a segment, a country (by its code), or a cell of the grid."""

    name: str
    customers: int
    orders: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Interest:
    """One part of the site: how many customers read it, and their page views there."""

    category: str
    customers: int
    views: int


@dataclass(frozen=True, slots=True)
class Visited:
    """One of a customer's newest pages, with the minute (UTC)."""

    minute: datetime
    path: str


@dataclass(frozen=True, slots=True)
class Bought:
    """What a customer ordered on one day."""

    day: date
    orders: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer's profile.

    Attributes:
        number: the pseudonym for this purpose, 64 bits with a sign.
        role: "customer" or "seller".
        segment: what the fifths say together.
        fifths: recency, frequency and money from 1 to 5 (best); None without orders.
        recency_days: days since the last order, on the day of the profiles; None without orders.
        country: where most events came from; ISO 3166-1 code, or "unknown".
        weeks: views and orders of the last 26 weeks.
        interests: category to share of the page views, largest first.
        visited: the newest pages, newest first.
        bought: days with orders in the last 26 weeks, newest first.
    """

    number: int
    role: str
    segment: str
    fifths: tuple[int, int, int] | None
    recency_days: int | None
    orders: int
    amount: Decimal
    country: str
    first_seen: datetime
    last_seen: datetime
    days_seen: int
    sessions: int
    views: int
    weeks: tuple[Week, ...]
    interests: Mapping[str, float]
    visited: tuple[Visited, ...]
    bought: tuple[Bought, ...]

    @property
    def short(self) -> str:
        """The last eight digits in two groups, enough to tell the customers of one page apart."""
        digits = f"{self.number % 10**8:08d}"
        return f"{digits[:4]} {digits[4:]}"


@dataclass(frozen=True, slots=True)
class ProfileFigures:
    """The whole page; all but `totals` is empty where there are no profiles."""

    totals: Totals
    policy_versions: tuple[str, ...] = ()
    weeks: tuple[Week, ...] = ()
    segments: tuple[Group, ...] = ()
    grid: Mapping[tuple[int, int], Group] | None = None
    interests: tuple[Interest, ...] = ()
    countries: tuple[Group, ...] = ()
    customers: tuple[Customer, ...] = ()
