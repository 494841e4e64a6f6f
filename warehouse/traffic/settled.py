"""Which days may be told about: those whose rows are the ones that were released (R43).

An answer from rows that moved on would show single visitors come and go between two releases. A day that changed is told again
when it is released again.
"""

from datetime import date
from typing import Final

from warehouse.lake import Lake

RELEASE: Final = "geo_daily"
FACTS: Final = ("hits", "customer_events")


def settled_days(lake: Lake) -> tuple[list[date], list[date]]:
    """Give the released days whose rows have not changed since, and those that have; both ascending."""
    release = lake.table(RELEASE)
    changed: set[date] = set()
    for name in FACTS:
        fact, since = lake.table(name), release.watermark(name)
        changed |= fact.changed_days(since) if fact.version > since else set()
    released = release.days()
    return [day for day in released if day not in changed], sorted(set(released) & changed)
