"""What the page of customers is asked for, and what it says when it is written."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

CUSTOMERS_MAX: Final = 50
"""Customers with a row and a page of their own: who spent most. All are in the figures above."""


@dataclass(frozen=True, slots=True)
class ProfileOptions:
    """What the page shows and says.

    Attributes:
        generated_at: the time "now", with a zone.
        policy_version: the policy in force; the page names others if profiles were made under them.
        currency: that of all amounts.
        kept_months: how long what profiles are made of is kept, in months.
        customers_max: how many customers have a row of their own.
    """

    generated_at: datetime
    policy_version: str
    currency: str
    kept_months: int
    customers_max: int = CUSTOMERS_MAX


@dataclass(frozen=True, slots=True)
class ProfileSummary:
    """What was written, for the line at the terminal and for ``--json``.

    Attributes:
        out: the path of the file, as text, so that the summary can be written as JSON.
        size_bytes: its size.
        as_of: the day of the profiles, or None where there are none.
        customers: how many have a profile.
        customers_shown: how many have a row of their own.
        orders, amount, views: of all customers, amount in the site's currency.
    """

    out: str
    size_bytes: int
    as_of: date | None
    customers: int
    customers_shown: int
    orders: int
    amount: Decimal
    views: int
