"""The five figures that come first, each with its days as small bars."""

from collections.abc import Sequence

from dashboards.parts.key_figures import figure, figures_panel, share_bar, spark
from dashboards.parts.markup import Markup, element, number
from dashboards.parts.tables import NOT_SHOWN
from dashboards.report.figures import UNKNOWN, Day, Figures, Seen
from dashboards.report.options import ReportOptions


def key_figures(figures: Figures, options: ReportOptions) -> Markup:
    """Write views, visitors, share of bots, data, and the country that leads."""
    period, days = figures.period, figures.period.days
    shown = period.days_shown > 0
    robots = period.requests_of_bots / period.requests if period.requests else 0
    of_requests = [number(period.requests_of_bots, "short"), " of ", number(period.requests, "short"), " requests"]
    few = "nobody came" if not figures.had_page_views else f"no day had {options.k} visitors"
    return figures_panel(
        figure(
            "Views",
            number(period.views, "short") if shown else NOT_SHOWN,
            ["pages read by people" if shown else few],
            days_spark(days, [day.views for day in days]),
        ),
        figure(
            "Visitors",
            number(period.visitor_days, "short") if shown else NOT_SHOWN,
            ["sum of the days" if shown else few],
            days_spark(days, [day.visitors for day in days], "second"),
        ),
        figure(
            "Bots",
            number(robots, "percent"),
            of_requests,
            days_spark(days, [day.bots / day.requests if day.requests else 0 for day in days], "bot"),
        ),
        figure(
            "Data delivered",
            number(period.size_bytes, "bytes"),
            ["people and bots"],
            days_spark(days, [day.size_bytes for day in days]),
        ),
        _top_country(figures, options),
    )


def _top_country(figures: Figures, options: ReportOptions) -> Markup:
    """Name the country with most views, and its share as a bar."""
    top = next((group for group in figures.countries.groups if group.name != UNKNOWN), None)
    if not top:
        why = f"none had {options.k} visitors on a day" if figures.had_page_views else "nobody came"
        return figure("Top country", NOT_SHOWN, [why])
    share = top.views / figures.countries.views if figures.countries.views else 0
    name = element("span", top.label, class_="text")
    return figure("Top country", name, [number(share, "percent"), " of the views"], share_bar(share))


def days_spark(days: Sequence[Day], values: Sequence[float], css: str = "") -> Markup:
    """Draw a value of each day; days that are covered in part are hatched, quiet ones have no bar to hatch."""
    return spark(values, [day.is_partial and day.seen is not Seen.QUIET for day in days], css)
