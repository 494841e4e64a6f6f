"""When a published day may change: by k visitors or more at the next nightly, by fewer with the month only (R43).

Whoever keeps yesterday's tables can subtract them from today's. So a day of a site stays as it was published, in all
tables, as long as *any* part of any of its tables would change by fewer than k visitors; the first nightly of a month
publishes all such days anew, together. Parts are the rows that both have, and in each parent (a country, a facet, the day)
what only one of them has together with `other`: a cell that grows to k and leaves `other` moves many visitors from row to
row, and the sum of those rows by one.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import pyarrow as pa

REST: Final = "other"
MONTHS: Final = 12
Figures = tuple[int, int]
"""Views and visitors."""
Pair = tuple[date, str]
"""A day of a site."""
Rows = dict[tuple[str, ...], Figures]


def month_number(day: date) -> int:
    """Give the months numbers, a later one the higher."""
    return day.year * MONTHS + day.month - 1


def small_changes(
    before: pa.Table, after: pa.Table, columns: Sequence[str], k_by_day: Mapping[date, int], k: int
) -> frozenset[Pair]:
    """Name the days and sites of which a part would change by fewer than k visitors.

    Args:
        before, after: rows of a release as published and as they would be: event_date, site, `columns`, views, visitors.
        columns: what names a row within its day and site, the coarser first.
        k_by_day: the fewest visitors of a row, on days on which it is not `k`.
        k: the same on all others.
    """
    published, made = _by_pair(before, columns), _by_pair(after, columns)
    found = set()
    for pair in published.keys() | made.keys():
        least = k_by_day.get(pair[0], k)
        if _changes_little(published.get(pair, {}), made.get(pair, {}), least):
            found.add(pair)
    return frozenset(found)


def too_small(before: pa.Table, k_by_day: Mapping[date, int], k: int) -> frozenset[Pair]:
    """Name the days and sites of which a row was published that has fewer visitors than it may have now."""
    rows = before.select(["event_date", "site", "visitors"]).to_pylist()
    return frozenset(
        (row["event_date"], row["site"]) for row in rows if row["visitors"] < k_by_day.get(row["event_date"], k)
    )


def _by_pair(rows: pa.Table, columns: Sequence[str]) -> dict[Pair, Rows]:
    found: dict[Pair, Rows] = defaultdict(dict)
    for row in rows.select(["event_date", "site", *columns, "views", "visitors"]).to_pylist():
        names = tuple(row[name] for name in columns)
        found[row["event_date"], row["site"]][names] = (row["views"], row["visitors"])
    return found


def _changes_little(before: Rows, after: Rows, k: int) -> bool:
    """Compare what two releases say of one parent; the names of the rows begin with the column that tells its cells apart."""
    cells_before, cells_after = _by_first(before), _by_first(after)
    both = {name for name in cells_before.keys() & cells_after.keys() if name != REST}
    for name in both:
        inner_before, inner_after = cells_before[name], cells_after[name]
        if () in inner_before:
            if _is_little(inner_before[()], inner_after[()], k):
                return True
        elif _changes_little(inner_before, inner_after, k):
            return True
    rest_before = _sum(rows for name, rows in cells_before.items() if name not in both)
    rest_after = _sum(rows for name, rows in cells_after.items() if name not in both)
    moved = (cells_before.keys() ^ cells_after.keys()) - {REST}
    # Whoever moves between a row and `other` shows in no sum of both.
    return _is_little(rest_before, rest_after, k) or (bool(moved) and rest_before == rest_after)


def _by_first(rows: Rows) -> dict[str, Rows]:
    found: dict[str, Rows] = defaultdict(dict)
    for (first, *others), figures in rows.items():
        found[first][tuple(others)] = figures
    return found


def _sum(parts: Any) -> Figures:
    figures = [figures for rows in parts for figures in rows.values()]
    return sum(views for views, _ in figures), sum(visitors for _, visitors in figures)


def _is_little(before: Figures, after: Figures, k: int) -> bool:
    return before != after and abs(after[1] - before[1]) < k
