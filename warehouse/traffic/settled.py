"""Which days may be told about: those whose rows are the ones that were released (R43).

An answer from rows that moved on would show single visitors come and go between two releases. A day that changed, or that waits
with others for its release to change, is told again when it is released again.
"""

from datetime import date
from typing import Final

from warehouse.lake import Lake
from warehouse.nightly.publishing import days_unsettled

RELEASE: Final = "geo_daily"


def settled_days(lake: Lake) -> tuple[list[date], list[date]]:
    """Give the released days whose rows are those that were released, and the others; both ascending."""
    unsettled = days_unsettled(lake)
    released = lake.table(RELEASE).days()
    return [day for day in released if day not in unsettled], [day for day in released if day in unsettled]
