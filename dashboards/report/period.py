"""The days of a report: which are shown, which are hidden, and which may still change."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any, Final

from dashboards.questions import Inquiry
from dashboards.report.figures import Day, Period, Seen
from dashboards.report.options import ReportOptions

DAYS_MAX: Final = 800
"""Beyond this a day is thinner than a pixel, so months are drawn."""
_HOUR_WHOLE_FROM: Final = 1
_HOUR_WHOLE_TO: Final = 23

Row = Mapping[str, Any]


def read_period(inquiry: Inquiry, options: ReportOptions, first: date, last: date) -> Period:
    """Ask for the days from `first` to `last`, and fill those without an answer."""
    people = {row["event_date"]: row for row in inquiry.rows("days")}
    everybody = {row["event_date"]: row for row in inquiry.rows("requests")}
    dates = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    days = tuple(_day(at, people.get(at), everybody.get(at), options, (first, last)) for at in dates)
    by_month = len(days) > DAYS_MAX
    return Period(
        days=_months(days) if by_month else days,
        first=first,
        last=last,
        by_month=by_month,
        days_shown=len(people),
        days_hidden=sum(
            max(0, row["sites"] - people[at]["sites"] if at in people else row["sites"])
            for at, row in everybody.items()
        ),
        days_not_final=sum(not options.is_final(at) for at in dates),
        days_not_exact=sum(not row["exact"] for row in people.values()),
    )


def _day(at: date, people: Row | None, everybody: Row | None, options: ReportOptions, ends: tuple[date, date]) -> Day:
    """One day from its two answers, either of which may be missing."""
    # On a hidden day the first or last line may be that of its only visitor, so no time is given.
    notes = _cuts(at, options, ends) if people else []
    if not options.is_final(at):
        notes.append("not final")
    is_partial = bool(notes)
    if people and not people["exact"]:
        notes.append("visitors not exact")
    day = Day(at, Seen.HIDDEN if everybody else Seen.QUIET, notes=tuple(notes), is_partial=is_partial)
    if everybody:
        day = replace(
            day, requests=everybody["requests"], bots=everybody["of_bots"], size_bytes=everybody["bytes"] or 0
        )
    if people:
        day = replace(day, seen=Seen.SHOWN, views=people["views"], visitors=people["visitors"])
    return day


def _cuts(at: date, options: ReportOptions, ends: tuple[date, date]) -> list[str]:
    """Say from when or until when the data covers a day at either end of the period."""
    first, last = ends
    cuts = []
    oldest, newest = _in_utc(options.oldest), _in_utc(options.newest)
    if oldest and at == first == oldest.date() and oldest.hour >= _HOUR_WHOLE_FROM:
        cuts.append(f"from {oldest:%H:%M}")
    if newest and at == last == newest.date() and newest.hour < _HOUR_WHOLE_TO:
        cuts.append(f"to {newest:%H:%M}")
    return cuts


def _in_utc(at: datetime | None) -> datetime | None:
    """Days are calendar days in UTC, so times are too."""
    return at.astimezone(UTC) if at else None


def _months(days: tuple[Day, ...]) -> tuple[Day, ...]:
    """Add up whole months; a month is shown if one of its days is."""
    months = []
    for first, members in groupby(days, key=lambda day: day.first.replace(day=1)):
        month = list(members)
        seen = {day.seen for day in month}
        counts: dict[str, int] = defaultdict(int)
        for day in month:
            for name in ("views", "visitors", "requests", "bots", "size_bytes"):
                counts[name] += getattr(day, name)
        notes = tuple(dict.fromkeys(note for day in month for note in day.notes if note != "visitors not exact"))
        best = next(state for state in Seen if state in seen)
        months.append(Day(first, best, **counts, notes=notes, is_partial=any(day.is_partial for day in month)))
    return tuple(months)
