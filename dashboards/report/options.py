"""What a report is asked for, where it reads, and what it says when it is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from dashboards.questions import ANALYST, BATCH, Ask


@dataclass(frozen=True, slots=True)
class Sources:
    """The two sessions that a report reads through.

    Attributes:
        statistics: role analyst for geo_statistics: the releases, in which small groups are merged already.
        operations: role batch for operations: intakes, status codes and bots, which name no place and no visitor.
    """

    statistics: Ask
    operations: Ask

    @property
    def asks(self) -> Mapping[str, Ask]:
        """The session of each reader that a question's file may name."""
        return {ANALYST: self.statistics, BATCH: self.operations}


@dataclass(frozen=True, slots=True)
class Geography:
    """Which database gave the places: its name, the day it was built, the attribution and the licence's name.

    `attribution_html` is shown as it is, so it must come from the database's maker and never from a record.
    """

    name: str
    built: date
    attribution_html: str
    licence: str = ""


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """What the report shows and says.

    Attributes:
        generated_at: the time "now", with a zone; decides which days are final.
        policy_version: the policy in force; the page names others if the figures were made under them.
        k: visitors of one day that a group needs for a row of its own (for the words; the releases decided it).
        day_closes_h: hours after its UTC end at which a day is final.
        site: the one site to show; None shows all sites together.
        title: the page's title; None takes the site's name.
        day_from, day_to: first and last day, both included; None takes the data's own.
        oldest, newest: the times of the first and last line, with a zone, where they are known: days that
            are covered in part are marked.
        geography: where the places come from; None leaves the attribution out.
        findings: plain sentences shown as notices at the top, such as a warning about a proxy.
    """

    generated_at: datetime
    policy_version: str
    k: int = 10
    day_closes_h: int = 48
    site: str | None = None
    title: str | None = None
    day_from: date | None = None
    day_to: date | None = None
    oldest: datetime | None = None
    newest: datetime | None = None
    geography: Geography | None = None
    findings: tuple[str, ...] = ()

    def is_final(self, day: date) -> bool:
        """Tell whether no more lines of that day are expected."""
        end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
        return self.generated_at >= end + timedelta(hours=self.day_closes_h)


@dataclass(frozen=True, slots=True)
class ReportSummary:
    """What was written, for the line at the terminal and for ``--json``.

    Attributes:
        out: the path of the file, as text, so that the summary can be written as JSON.
        size_bytes: its size.
        day_from, day_to: the period, or None where there is no day at all.
        days_shown: days with figures of visitors.
        days_hidden: days of a site with requests but too few visitors to be shown.
        views, visitor_days: page views by people and the sum of the days' visitors, over the days shown.
        lines_in, kept, dropped, dead_letters: the accounting of everything that came in.
        adds_up: False if a line of some file has no place or two.
    """

    out: str
    size_bytes: int
    day_from: date | None
    day_to: date | None
    days_shown: int
    days_hidden: int
    views: int
    visitor_days: int
    lines_in: int
    kept: int
    dropped: int
    dead_letters: int
    adds_up: bool
