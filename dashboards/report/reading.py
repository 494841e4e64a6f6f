"""From the answers of the panels' questions to the figures of the page."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from dashboards import maps
from dashboards.questions import Inquiry
from dashboards.report.figures import (
    UNKNOWN,
    Accounting,
    BotKind,
    Figures,
    FileLines,
    Group,
    Other,
    Period,
    Ranking,
    Status,
)
from dashboards.report.options import ReportOptions, Sources
from dashboards.report.period import read_period

OTHER: Final = "other"
_REFERRERS: Final = {"direct": "Direct or unknown", "internal": "This site itself"}

Row = Mapping[str, Any]


def read_figures(sources: Sources, options: ReportOptions) -> Figures:
    """Ask every question once and put the answers together."""
    given: dict[str, Any] = {"site": options.site}
    first_asked = Inquiry(sources.asks, given)
    extent, freshness = first_asked.rows("extent"), first_asked.rows("freshness")
    accounting = _accounting(first_asked.rows("lines"), first_asked.rows("reasons"))
    first, last = _ends((*extent, *freshness), options)
    inquiry = Inquiry(sources.asks, given | {"day_from": first or date.max, "day_to": last or date.min})
    places, agents, kinds = inquiry.rows("places"), inquiry.rows("agents"), inquiry.rows("kinds")
    people = {row["kind"]: row["requests"] for row in kinds if not row["is_bot"]}
    return Figures(
        sites=tuple(row["site"] for row in extent),
        period=read_period(inquiry, options, first, last) if first and last else Period(),
        released_at=max((row["released_at"] for row in freshness), default=None),
        policy_versions=tuple(row["policy_version"] for row in freshness),
        countries=_countries(places),
        pages=_ranking(inquiry.rows("pages"), "path"),
        referrers=_ranking(inquiry.rows("referrers"), "referrer_host", lambda name: _REFERRERS.get(name, name)),
        devices=_ranking(inquiry.rows("devices"), "device"),
        browsers=_ranking([row for row in agents if row["facet"] == "browser"], "name"),
        systems=_ranking([row for row in agents if row["facet"] == "system"], "name"),
        missing=_ranking(inquiry.rows("missing"), "path"),
        statuses=tuple(
            Status(row["status"], row["requests"], row["of_bots"], row["bytes"] or 0) for row in inquiry.rows("status")
        ),
        bots=_bots(inquiry.rows("bots")),
        files_of_people=people.get("resource", 0),
        had_page_views=bool(people.get("page")) or any(row["views"] for row in extent),
        accounting=accounting,
    )


def _ends(spans: Sequence[Row], options: ReportOptions) -> tuple[date | None, date | None]:
    """Take the days that were asked for, else the data's own; one end beyond the data is a period of that day."""
    first = options.day_from or min((row["first_day"] for row in spans), default=None)
    last = options.day_to or max((row["last_day"] for row in spans), default=None)
    if first and last and first > last:
        return (first, first) if options.day_from else (last, last)
    return first, last


def _ranking(rows: Iterable[Row], column: str, label: Callable[[str], str] = str) -> Ranking:
    """Split groups from the merged rest; in releases a row with merged groups is "other", whatever its name."""
    groups, other = [], None
    for row in rows:
        if row["is_other"]:
            other = _other(row)
        else:
            name = row[column]
            groups.append(Group(name, label(name), row["views"], row["visitor_days"], row["days"]))
    return Ranking(tuple(groups), other)


def _other(row: Row) -> Other:
    """Read the row of merged groups."""
    return Other(row["views"], row["visitor_days"])


def _countries(rows: Iterable[Row]) -> Ranking:
    """Countries with their regions, named; codes without a name stay codes."""
    names = maps.names()
    regions: dict[str, list[Row]] = defaultdict(list)
    countries: list[Row] = []
    for row in rows:
        if row["is_country"]:
            countries.append({**row, "is_other": row["country"] == OTHER})
        else:
            regions[row["country"]].append({**row, "is_other": row["region"] == OTHER})

    def region_label(code: str) -> str:
        return "Region unknown" if code == UNKNOWN else names["regions"].get(code, code)

    def country(row: Row) -> Group:
        code: str = row["country"]
        label = "Unknown" if code == UNKNOWN else names["countries"].get(code, code)
        within = _ranking(regions[code], "region", region_label)
        return Group(code, label, row["views"], row["visitor_days"], row["days"], within)

    other = next((_other(row) for row in countries if row["is_other"]), None)
    return Ranking(tuple(country(row) for row in countries if not row["is_other"]), other)


def _bots(rows: Iterable[Row]) -> tuple[BotKind, ...]:
    """Kinds by requests, largest first; rare names are "other" already and go last."""
    by_kind: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_kind[row["bot_kind"]].append(row)
    kinds = [
        BotKind(
            kind=kind,
            requests=sum(row["requests"] for row in members),
            size_bytes=sum(row["bytes"] or 0 for row in members),
            names={row["bot_label"]: row["requests"] for row in sorted(members, key=_is_rest)},
        )
        for kind, members in by_kind.items()
    ]
    return tuple(sorted(kinds, key=lambda kind: (-kind.requests, kind.kind)))


def _is_rest(row: Row) -> bool:
    """Sort key: false before true keeps the order of the rest."""
    return row["bot_label"] == OTHER


def _accounting(lines: Iterable[Row], reasons: Iterable[Row]) -> Accounting:
    """Join the counts of each file with its reasons; a file without a name stands for its topic."""

    def origin(row: Row) -> tuple[Any, ...]:
        return row["source"], row["topic"], row["origin"], row["file"]

    ways: dict[tuple[Any, ...], dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for row in reasons:
        ways[origin(row)][row["way"]][row["reason"]] = row["lines"]
    return Accounting(
        tuple(
            FileLines(
                file=row["file"],
                source=row["source"],
                lines_in=row["lines_in"],
                kept=row["kept"],
                dropped=ways[origin(row)]["dropped"],
                dead_letters=ways[origin(row)]["dead letter"],
            )
            for row in lines
        )
    )
