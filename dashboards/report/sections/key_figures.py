"""The five figures that come first, each with its days as small bars."""

from collections.abc import Sequence
from typing import Final

from dashboards.report.figures import UNKNOWN, Day, Figures, Seen
from dashboards.report.options import ReportOptions
from dashboards.report.parts.markup import Markup, element, number, percent
from dashboards.report.parts.tables import NOT_SHOWN

SPARKS_MAX: Final = 36
_BAR_WIDTH, _SPARK_WIDTH = 14, 144


def key_figures(figures: Figures, options: ReportOptions) -> Markup:
    """Write views, visitors, share of bots, data, and the country that leads."""
    period, days = figures.period, figures.period.days
    shown = period.days_shown > 0
    robots = period.requests_of_bots / period.requests if period.requests else 0
    of_requests = [number(period.requests_of_bots, "short"), " of ", number(period.requests, "short"), " requests"]
    few = "nobody came" if not figures.had_page_views else f"no day had {options.k} visitors"
    cells = [
        _cell(
            "Views",
            number(period.views, "short") if shown else NOT_SHOWN,
            ["pages read by people" if shown else few],
            spark(days, [day.views for day in days]),
        ),
        _cell(
            "Visitors",
            number(period.visitor_days, "short") if shown else NOT_SHOWN,
            ["sum of the days" if shown else few],
            spark(days, [day.visitors for day in days], "second"),
        ),
        _cell(
            "Bots",
            number(robots, "percent"),
            of_requests,
            spark(days, [day.bots / day.requests if day.requests else 0 for day in days], "bot"),
        ),
        _cell(
            "Data delivered",
            number(period.size_bytes, "bytes"),
            ["people and bots"],
            spark(days, [day.size_bytes for day in days]),
        ),
        _top_country(figures, options),
    ]
    return element("dl", *cells, class_="panel kpis", aria_label="Key figures")


def _cell(name: str, value: str, more: Sequence[str], picture: str) -> Markup:
    big = element("dd", value, class_="big")
    small = element("dd", *more, class_="more")
    return element("div", element("dt", name), big, small, element("dd", picture), class_="kpi")


def _top_country(figures: Figures, options: ReportOptions) -> Markup:
    """Name the country with most views, and its share as a bar."""
    top = next((group for group in figures.countries.groups if group.name != UNKNOWN), None)
    if not top:
        why = f"none had {options.k} visitors on a day" if figures.had_page_views else "nobody came"
        return _cell("Top country", NOT_SHOWN, [why], "")
    share = top.views / figures.countries.views if figures.countries.views else 0
    whole = element("rect", width="100%", y="75%", height="25%", rx=3, fill_opacity=0.25)
    part = element("rect", width=percent(100 * share), y="75%", height="25%", rx=3)
    picture = element("svg", whole, part, class_="spark", aria_hidden="true")
    name = element("span", top.label, class_="text")
    return _cell("Top country", name, [number(share, "percent"), " of the views"], picture)


def spark(days: Sequence[Day], values: Sequence[float], css: str = "") -> Markup:
    """Draw bars without text, for the same figures stand in the table of days; many days are drawn as their means."""
    size = -(-len(days) // SPARKS_MAX) or 1
    means, partial = [], []
    for start in range(0, len(days), size):
        part = values[start : start + size]
        means.append(sum(part) / len(part))
        partial.append(any(day.is_partial and day.seen is not Seen.QUIET for day in days[start : start + size]))
    top, step = max(means, default=0), 100 / max(1, len(means))
    bars = [
        element(
            "rect",
            x=percent(place * step + step * 0.12),
            width=percent(step * 0.76),
            y=percent(100 - 100 * mean / top),
            height=percent(100 * mean / top),
            rx=1.5,
            class_="part" if partial[place] else None,
        )
        for place, mean in enumerate(means)
        if top and mean
    ]
    width = min(_SPARK_WIDTH, _BAR_WIDTH * len(means))
    return element("svg", *bars, class_=f"spark {css}".rstrip(), width=width, aria_hidden="true")
