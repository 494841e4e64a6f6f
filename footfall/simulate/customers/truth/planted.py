"""What the simulated records of customers hold, known from how they were made and never from reading them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final, Self

import msgspec
import pandas as pd

FILE_NAME: Final = "planted-customers.json"
FIFTHS: Final = 5
GOOD: Final = 4
POOR: Final = 2


@dataclass(slots=True)
class PlantedSource:
    """The accounts of one source; `records` = what is `kept` in all tables + `dropped` + `dead_letters` + `of_children`.

    Attributes:
        records: how many there are, blank ones too.
        kept: table (`registry` for registrations) → records that must be stored there.
        dropped, dead_letters: reason → records that must leave so.
        of_children: records under a child's id that may be stored or dropped as `child`, whichever topic was read first;
            in the end nothing of them may be left.
        fields_dropped: name → records in which a field of this name must be dropped.
        historic: how many are marked as historic; 0 in files, which carry no such mark.
    """

    records: int = 0
    kept: dict[str, int] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=dict)
    dead_letters: dict[str, int] = field(default_factory=dict)
    of_children: int = 0
    fields_dropped: dict[str, int] = field(default_factory=dict)
    historic: int = 0


@dataclass(slots=True)
class PlantedDay:
    """One customer on one UTC day; times are cut to the minute.

    Attributes:
        views: page views.
        sessions: visits that began on the day; a pause of more than half an hour ends one.
        minutes: minutes with at least one event.
        categories: first segment of the path → page views; pages without one are left out.
        countries: country → events.
        orders: orders in any currency; amount: what those in the counted currency cost.
    """

    views: int = 0
    sessions: int = 0
    minutes: int = 0
    categories: dict[str, int] = field(default_factory=dict)
    countries: dict[str, int] = field(default_factory=dict)
    orders: int = 0
    amount: Decimal = Decimal(0)


@dataclass(slots=True)
class PlantedCustomer:
    """What must be known of a registered customer (no child) at the end; times are cut to the minute.

    Attributes:
        role: customer or seller.
        email, opt_out: as the newest form has them; name: None where a secret was written into it.
        country: of the account.
        registered_at: time of the first form.
        is_hidden: opted out of profiles: nothing below may be shown.
        first_seen, last_seen: of the events under the customer's name; None without any.
        days_seen: days with such an event.
        events, sessions, views: in all; the sum over `days`.
        categories, countries: the sum over `days`.
        top_country: with the most events, the first by name among equals; empty without events.
        last_paths: the 20 newest page views, newest first, then by path: minute and path.
        orders, first_order, last_order: in any currency.
        amount: what the orders in the counted currency cost.
        recency_days: from the last order's day to `as_of`; None without orders.
        days: by UTC day, only days with an event or an order.
    """

    role: str
    email: str
    name: str | None
    country: str
    opt_out: list[str]
    registered_at: datetime
    is_hidden: bool
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    days_seen: int = 0
    events: int = 0
    sessions: int = 0
    views: int = 0
    categories: dict[str, int] = field(default_factory=dict)
    countries: dict[str, int] = field(default_factory=dict)
    top_country: str = ""
    last_paths: list[tuple[datetime, str]] = field(default_factory=list)
    orders: int = 0
    first_order: datetime | None = None
    last_order: datetime | None = None
    amount: Decimal = Decimal(0)
    recency_days: int | None = None
    days: dict[date, PlantedDay] = field(default_factory=dict)


@dataclass(slots=True)
class PlantedScores:
    """Fifths by recency, frequency and money (5 is best; None without orders) and what they say together."""

    r: int | None
    f: int | None
    m: int | None
    segment: str


@dataclass(slots=True)
class PlantedCustomers:
    """The truth about simulated registrations, visits and orders.

    Attributes:
        seed, start, days: what they were made from.
        as_of: the date for which `recency_days` and scores hold: the day after the period.
        currency: the money that amounts are added up in.
        site, host: the shop's site and host name.
        sources: source → its accounts.
        customers: customer id → what must be known in the end; without children and those who never registered.
        children: ids of children.
        never_registered: ids that events and orders name, but no form.
        page_views_by_day: UTC day → page views of nobody's name; customers_views_by_day: those under a name, children's left out.
        links: host → clicks of nobody's name that lead there.
        persons: address, agent and customer id of whoever came both with and without a name.
        secrets: kind → the exact strings that stand in the records and may stand in nothing that is stored.
        personal: kind (customer_id, name, email, phone, company) → strings that may be stored encrypted only.
        addresses: every client address in the records.
    """

    seed: int
    start: date
    days: int
    as_of: date
    currency: str
    site: str
    host: str
    sources: dict[str, PlantedSource] = field(default_factory=dict)
    customers: dict[str, PlantedCustomer] = field(default_factory=dict)
    children: list[str] = field(default_factory=list)
    never_registered: list[str] = field(default_factory=list)
    page_views_by_day: dict[date, int] = field(default_factory=dict)
    customers_views_by_day: dict[date, int] = field(default_factory=dict)
    links: dict[str, int] = field(default_factory=dict)
    persons: list[tuple[str, str, str]] = field(default_factory=list)
    secrets: dict[str, list[str]] = field(default_factory=dict)
    personal: dict[str, list[str]] = field(default_factory=dict)
    addresses: list[str] = field(default_factory=list)

    def scores(self, pseudonyms: Mapping[str, int]) -> dict[str, PlantedScores]:
        """Score the customers that may be shown, as of `as_of`.

        Fifths break ties by pseudonym, which only the warehouse knows.

        Args:
            pseudonyms: customer id → pseudonym, for all customers that are not hidden.
        """
        shown = {key: one for key, one in self.customers.items() if not one.is_hidden}
        buyers = pd.DataFrame(
            [
                (key, pseudonyms[key], -(one.recency_days or 0), one.orders, one.amount)
                for key, one in shown.items()
                if one.orders
            ],
            columns=["id", "pseudonym", "r", "f", "m"],
        )
        fifths = {name: _fifths(buyers, name) for name in ("r", "f", "m")}
        found = {}
        for key in shown:
            r, f, m = (fifths[name].get(key) for name in ("r", "f", "m"))
            found[key] = PlantedScores(r, f, m, _segment(r, f))
        return found

    def write(self, folder: Path) -> None:
        """Write ``planted-customers.json`` into a folder."""
        text = msgspec.json.format(msgspec.json.encode(self), indent=1)
        (folder / FILE_NAME).write_bytes(text + b"\n")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the ``planted-customers.json`` of a folder."""
        return msgspec.json.decode((folder / FILE_NAME).read_bytes(), type=cls)


def _fifths(buyers: pd.DataFrame, name: str) -> dict[str, int]:
    """Cut buyers into fifths as SQL's ntile does: the first groups take what is left over."""
    ordered = buyers.sort_values([name, "pseudonym"])["id"].tolist()
    size, rest = divmod(len(ordered), FIFTHS)
    sizes = [size + (group < rest) for group in range(FIFTHS)]
    groups = [group for group, members in enumerate(sizes, 1) for _ in range(members)]
    return dict(zip(ordered, groups, strict=True))


def _segment(r: int | None, f: int | None) -> str:
    if r is None or f is None:
        return "visitor"
    rules = (
        ("champion", r >= GOOD and f >= GOOD),
        ("loyal", f >= GOOD),
        ("promising", r >= GOOD),
        ("at risk", r <= POOR and f > POOR),
        ("lost", r <= POOR and f <= POOR),
    )
    return next((name for name, holds in rules if holds), "regular")
