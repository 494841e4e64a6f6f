"""The one summary that a night ends with: what was made, for whom, and whether everything adds up."""

from warehouse.nightly.summary.accounting import Accounting, account
from warehouse.nightly.summary.night import Customers, NightlySummary, Rebuilt, count_customers
from warehouse.nightly.summary.unpublished import count_unpublished, say_unpublished

__all__ = [
    "Accounting",
    "Customers",
    "NightlySummary",
    "Rebuilt",
    "account",
    "count_customers",
    "count_unpublished",
    "say_unpublished",
]
