"""The cases of ``tests/data/report_pages.toml``: short rows to tables, texts to options."""

import tomllib
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from dashboards.report import ReportOptions
from dashboards.report.page import render
from dashboards.report.reading import read_figures
from tests.dashboards.report.staging.reading_pages import Page
from tests.dashboards.report.staging.releases import sources

DATA: Final = Path(__file__).parents[3] / "data" / "report_pages.toml"
NOW: Final = datetime(2026, 11, 23, 3, 45, tzinfo=UTC)
_MEASURES: Final = ("views", "visitors", "groups", "visitors_exact", "site")
_SHORT: Final = {
    "geo": ("geo_daily", ("event_date", "country", "region", *_MEASURES)),
    "pages": ("page_daily", ("event_date", "path", *_MEASURES)),
    "referrers": ("referrer_daily", ("event_date", "referrer_host", *_MEASURES)),
    "agents": ("agent_daily", ("event_date", "facet", "name", *_MEASURES)),
    "missing": ("missing_daily", ("event_date", "path", *_MEASURES)),
    "status": ("status_daily", ("event_date", "kind", "status", "is_bot", "requests", "site")),
    "bots": ("bot_daily", ("event_date", "bot_kind", "bot_label", "requests", "site")),
}
_TIMES: Final = {"generated_at", "oldest", "newest"}
_DAYS: Final = {"day_from", "day_to"}

Tables = dict[str, list[dict[str, Any]]]


def load_cases() -> list[dict[str, Any]]:
    """Read all cases; each has its own reason."""
    cases: list[dict[str, Any]] = tomllib.loads(DATA.read_text("utf-8"))["case"]
    assert len({case["why"] for case in cases}) == len(cases)
    return cases


def tables_of(case: dict[str, Any]) -> Tables:
    """Take the rows out of a case and write them in full; every request has a thousand bytes."""
    tables: Tables = {"intakes": case.pop("intakes", [])}
    for short, (name, columns) in _SHORT.items():
        tables[name] = [dict(zip(columns, row, strict=False)) for row in case.pop(short, [])]
    if not tables["status_daily"]:
        tables["status_daily"] = _requests_of(tables["geo_daily"])
    for row in (*tables["status_daily"], *tables["bot_daily"]):
        row["bytes"] = 1000 * row["requests"]
    return tables


def options_of(case: dict[str, Any]) -> ReportOptions:
    """Take the options out of a case."""
    given: dict[str, Any] = {"generated_at": NOW, "policy_version": "1.4"} | case.pop("options", {})
    for name, value in given.items():
        if name in _TIMES and isinstance(value, str):
            given[name] = datetime.fromisoformat(value)
        if name in _DAYS:
            given[name] = date.fromisoformat(value)
    return ReportOptions(**given | {"findings": tuple(given.get("findings", ()))})


def html_of(tables: Mapping[str, Any], options: ReportOptions | None = None) -> str:
    """Write the page of the given tables."""
    options = options or ReportOptions(generated_at=NOW, policy_version="1.4")
    return render(read_figures(sources(tables), options), options)


def page_of(tables: Mapping[str, Any], options: ReportOptions | None = None) -> Page:
    """Write the page of the given tables and read it as people do."""
    return Page(html_of(tables, options))


def _requests_of(geo: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Make the requests that the views of each day and site took."""
    views: dict[tuple[Any, ...], int] = defaultdict(int)
    for row in geo:
        views[row["event_date"], row.get("site")] += row["views"]
    return [
        {"event_date": day, "kind": "page", "status": 200, "is_bot": False, "requests": requests}
        | ({"site": site} if site else {})
        for (day, site), requests in views.items()
    ]
