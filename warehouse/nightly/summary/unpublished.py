"""Rows that came after their day was closed: they are stored and accounted for, and no release will ever have them (R43, R56)."""

from collections.abc import Collection, Mapping
from datetime import date
from importlib import resources

import duckdb


def count_unpublished(connection: duckdb.DuckDBPyConnection, releases: Collection[str]) -> dict[date, int]:
    """Count the hits that came after their day was last published, by day.

    Args:
        connection: has views of `hits` and of the releases, over days that are closed.
        releases: the names of these views.

    Returns:
        How many hits, for each day that has some, ascending. Rows of customers say not when they were taken in, and are in their
        profiles; they are not counted.
    """
    parts = (f"select event_date, site, released_at from {name}" for name in releases)  # noqa: S608 - names of the policy
    connection.execute(f"create or replace temp view released as {' union all '.join(parts)}")
    text = (resources.files("warehouse.nightly.summary") / "unpublished.sql").read_text()
    return dict(connection.sql(text).fetchall())


def say_unpublished(rows: Mapping[date, int]) -> str:
    """Say of how many days how many rows are in no release, why, and what one can do; nothing of no day."""
    if not rows:
        return ""
    total, days = sum(rows.values()), sorted(rows)
    is_one = len(days) == 1
    of = f"{days[0]}" if is_one else f"{len(days):,} days from {days[0]} to {days[-1]}"
    return (
        f"{total:,} row{'s' * (total != 1)} of {of} {'is' if total == 1 else 'are'} in no release: older rows of "
        f"{'that day' if is_one else 'those days'} were let go before (R56), so what was published of {'it' if is_one else 'them'} "
        "stays as it is (R43). A log that is taken into a new folder is counted as a whole"
    )
