"""What a report shows, as plain values: no table, no SQL and no markup.

All counts are of the period. *Visitor days* add up the visitors of each day: who comes on two days counts twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Final

UNKNOWN: Final = "unknown"
"""The country or region of a visitor whose place no database knows."""


class Seen(Enum):
    """What is known of a day's visitors."""

    SHOWN = "shown"
    HIDDEN = "hidden"  # requests, but fewer than k visitors, so the releases leave the day out
    QUIET = "quiet"  # no request at all


@dataclass(frozen=True, slots=True)
class Day:
    """One day, or one month of a very long period.

    Attributes:
        first: the day, or the month's first day.
        seen: whether the visitors' figures are shown.
        views, visitors: by people; 0 unless shown.
        requests, bots, size_bytes: of everybody; bots counts requests.
        notes: short remarks such as "to 21:05", "not final".
        is_partial: True if more may come or the data covers the day in part: it is hatched.
    """

    first: date
    seen: Seen
    views: int = 0
    visitors: int = 0
    requests: int = 0
    bots: int = 0
    size_bytes: int = 0
    notes: tuple[str, ...] = ()
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class Period:
    """All days of the report, in order.

    Attributes:
        days: every day from first to last, or every month of a very long period; empty without data.
        first, last: the first and last day, both included; None without data.
        by_month: True if `days` are months.
        days_shown, days_hidden: days with figures of visitors; days of a site with too few visitors.
        days_not_final, days_not_exact: days that may still grow; days on which somebody may count twice.
    """

    days: tuple[Day, ...] = ()
    first: date | None = None
    last: date | None = None
    by_month: bool = False
    days_shown: int = 0
    days_hidden: int = 0
    days_not_final: int = 0
    days_not_exact: int = 0

    @property
    def views(self) -> int:
        """Page views by people on the days shown."""
        return sum(day.views for day in self.days)

    @property
    def visitor_days(self) -> int:
        """The sum of the visitors of the days shown."""
        return sum(day.visitors for day in self.days)

    @property
    def requests(self) -> int:
        """All requests."""
        return sum(day.requests for day in self.days)

    @property
    def requests_of_bots(self) -> int:
        """Requests of bots."""
        return sum(day.bots for day in self.days)

    @property
    def size_bytes(self) -> int:
        """Bytes delivered, to people and bots."""
        return sum(day.size_bytes for day in self.days)


@dataclass(frozen=True, slots=True)
class Other:
    """The row that adds up the groups too small to be shown; how many they are is not published."""

    views: int
    visitor_days: int


@dataclass(frozen=True, slots=True)
class Group:
    """A row with a name: a page, a host, a country.

    Attributes:
        name: as it is stored.
        label: for people.
        views, visitor_days: on the days on which the group is shown.
        days: the number of those days.
        within: the regions of a country.
    """

    name: str
    label: str
    views: int
    visitor_days: int
    days: int
    within: "Ranking | None" = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """Groups by views, largest first, and what is merged."""

    groups: tuple[Group, ...] = ()
    other: Other | None = None

    @property
    def views(self) -> int:
        """All views, merged ones included."""
        return sum(group.views for group in self.groups) + (self.other.views if self.other else 0)

    def without(self, name: str) -> "tuple[Ranking, Group | None]":
        """Take one group out: the ranking of the rest, and that group if it was there."""
        taken = next((group for group in self.groups if group.name == name), None)
        return Ranking(tuple(group for group in self.groups if group is not taken), self.other), taken


@dataclass(frozen=True, slots=True)
class Status:
    """Requests answered with one status code."""

    code: int
    requests: int
    bots: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class BotKind:
    """Requests of one kind of bots; `names` maps a bot's name to its requests, largest first, "other" last."""

    kind: str
    requests: int
    size_bytes: int
    names: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class FileLines:
    """Where the lines of one file, or of one topic without files, went.

    Attributes:
        file: the file's name; None for records that came without one.
        source: the kind of record.
        lines_in, kept: lines.
        dropped, dead_letters: reason to lines.
    """

    file: str | None
    source: str
    lines_in: int
    kept: int
    dropped: Mapping[str, int] = field(default_factory=dict)
    dead_letters: Mapping[str, int] = field(default_factory=dict)

    @property
    def lost(self) -> int:
        """Lines without a place; below zero if some were counted twice."""
        return self.lines_in - self.kept - sum(self.dropped.values()) - sum(self.dead_letters.values())


@dataclass(frozen=True, slots=True)
class Accounting:
    """Where every line went, by file."""

    files: tuple[FileLines, ...] = ()

    @property
    def lines_in(self) -> int:
        """All lines that came in."""
        return sum(file.lines_in for file in self.files)

    @property
    def kept(self) -> int:
        """Lines stored as a hit or an event."""
        return sum(file.kept for file in self.files)

    @property
    def dropped(self) -> int:
        """Lines left out on purpose."""
        return sum(sum(file.dropped.values()) for file in self.files)

    @property
    def dead_letters(self) -> int:
        """Lines that could not be used."""
        return sum(sum(file.dead_letters.values()) for file in self.files)

    @property
    def missing(self) -> int:
        """Lines without a place, file by file: what one file lost another cannot make good."""
        return sum(max(file.lost, 0) for file in self.files)

    @property
    def doubled(self) -> int:
        """Lines that were counted twice, file by file."""
        return sum(max(-file.lost, 0) for file in self.files)

    @property
    def adds_up(self) -> bool:
        """Tell whether every line of every file found its place."""
        return not self.missing and not self.doubled


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything on the page.

    Attributes:
        sites: the sites that have requests.
        period: the days.
        released_at: when the newest statistics were published.
        policy_versions: under which the statistics were made.
        countries, pages, referrers, devices, browsers, systems, missing: the rankings; in missing views are requests.
        statuses, bots: all requests of the period.
        files_of_people: requests of people for pictures, styles, scripts and downloads.
        had_page_views: False if nobody viewed a page, so that nothing is hidden either.
        accounting: everything that came in, whatever its day.
    """

    sites: tuple[str, ...]
    period: Period
    released_at: datetime | None
    policy_versions: tuple[str, ...]
    countries: Ranking
    pages: Ranking
    referrers: Ranking
    devices: Ranking
    browsers: Ranking
    systems: Ranking
    missing: Ranking
    statuses: tuple[Status, ...]
    bots: tuple[BotKind, ...]
    files_of_people: int
    had_page_views: bool
    accounting: Accounting
