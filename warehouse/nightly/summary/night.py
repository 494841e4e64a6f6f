"""What a night did, for whom, and whether everything adds up (R57)."""

from dataclasses import dataclass
from datetime import date, datetime
from importlib import resources

import duckdb

from warehouse.lake import Compacted
from warehouse.nightly.summary.accounting import Accounting


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What was done to one mart or release.

    Attributes:
        table: its name.
        days: the days that were made anew, ascending; those without rows too. None for a table that is made whole.
        rows: how many rows they have now.
        cells_hidden: how many cells were merged into an `other`; 0 for a mart.
        hidden_days: how many days of a site have too few visitors of one kind (casual, logged in) to publish them; 0 for a mart.
    """

    table: str
    days: tuple[date, ...] | None
    rows: int
    cells_hidden: int = 0
    hidden_days: int = 0


@dataclass(frozen=True, slots=True)
class Customers:
    """The registered customers of a night (R17); children and those who opted out of profiles are none.

    Attributes:
        registered: how many there are.
        profiles: how many have a profile.
        left_out: how many have none, for no event and no order of theirs is retained.
        segments: how many profiles each segment has, the largest first.
        orders_in_other_currencies: orders that count as orders and not in any amount.
    """

    registered: int
    profiles: int
    left_out: int
    segments: dict[str, int]
    orders_in_other_currencies: int


@dataclass(frozen=True, slots=True)
class NightlySummary:
    """The one summary that a night ends with.

    Attributes:
        now: the time that the night was run for.
        as_of: the date that the profiles are made for.
        policy_version: the policy in force.
        hits_version: the version of `hits` that every mart and release now agrees with.
        rebuilt: what was made anew; a table that had caught up is not in it.
        days_waiting: the days of which a release shows older rows than there are: some part of it would change by fewer than k
            visitors, so they are published with the first night of a month (R43).
        days_not_over: the days whose newest rows are published when they are over.
        rows_unpublished: hits that came after their day was closed, by day: they are in no release, and none will have them (R43).
        day_keys_destroyed: the days whose visitors nobody can number again.
        compacted: the small files of closed days that became few.
        rows_let_go: rows whose time was over, by table; what was published of them stays as it was.
        accounts_let_go: registered people of whom nothing came for as long as the policy keeps them.
        entries_let_go: entries of the audit whose time was over.
        rows_erased: rows of people who were found to be children.
        rows_lost: rows whose key was destroyed, by table.
        files_removed: files that no table needed any more.
        customers: whose profiles there are.
        accounting: whether every line found its place.
    """

    now: datetime
    as_of: date
    policy_version: str
    hits_version: int
    rebuilt: tuple[Rebuilt, ...]
    days_waiting: tuple[date, ...]
    days_not_over: tuple[date, ...]
    rows_unpublished: dict[date, int]
    day_keys_destroyed: tuple[date, ...]
    compacted: Compacted
    rows_let_go: dict[str, int]
    accounts_let_go: int
    entries_let_go: int
    rows_erased: int
    rows_lost: dict[str, int]
    files_removed: int
    customers: Customers
    accounting: Accounting

    @property
    def holds(self) -> bool:
        """True when every check of this night holds."""
        return self.accounting.holds


def count_customers(connection: duckdb.DuckDBPyConnection, registered: int, currency: str) -> Customers:
    """Count over the views `customer_profiles` and `purchases` of a connection."""
    text = (resources.files("warehouse.nightly.summary") / "people.sql").read_text()
    counted = dict(connection.sql(text, params={"currency": currency}).fetchall())
    others = int(counted.pop(None))
    profiles = sum(counted.values())
    return Customers(registered, profiles, registered - profiles, counted, others)
