"""The whole page: template, styles, script and panels in one file that asks nobody for anything."""

import base64
import hashlib
import json
from datetime import UTC
from functools import cache
from importlib import resources
from string import Template
from typing import Final

from dashboards.report.figures import Figures
from dashboards.report.options import ReportOptions
from dashboards.report.parts.markup import Markup, day_text, element, escape, joined, time_text
from dashboards.report.sections.days import chart_data, daily
from dashboards.report.sections.head import head, page_title, period_text
from dashboards.report.sections.key_figures import key_figures
from dashboards.report.sections.lines import lines
from dashboards.report.sections.places import places
from dashboards.report.sections.rankings import agents, devices, pages, referrers
from dashboards.report.sections.server import answers, bots

STYLES: Final = ("tokens", "page", "panels", "charts", "tables", "media")
SCRIPTS: Final = ("numbers", "state", "days", "places", "tables", "csv")


def render(figures: Figures, options: ReportOptions) -> str:
    """Write the page; the policy in its head allows this one style and this one script, and no request."""
    style, script = _asset("style", STYLES, "css"), _asset("script", SCRIPTS, "js")
    data = {"site": page_title(figures, options), **chart_data(figures, options)}
    return Template(_read("template.html")).substitute(
        csp=escape(
            f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}; "
            "img-src data:; base-uri 'none'; form-action 'none'"
        ),
        title=escape(f"{page_title(figures, options)}: footfall {period_text(figures.period)}"),
        style=style,
        script=script,
        policy=escape(options.policy_version),
        k=options.k,
        closes=options.day_closes_h,
        pages=_traffic(figures, options),
        places=_places_made(options),
        attribution=_attribution(options),
        generated=f"{time_text(options.generated_at.astimezone(UTC))} UTC",
        # "<" written as \u003c: the text of a script element ends at the first "</script", wherever it stands.
        data=json.dumps(data, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c"),
    )


def _traffic(figures: Figures, options: ReportOptions) -> Markup:
    """Put the panels of the traffic page in their order: without visitors only the server's, without any day only the lines."""
    if not figures.period.days:
        panels = [_nothing_yet(figures, options)]
        if figures.accounting.files:
            panels.append(lines(figures))
    else:
        panels = [key_figures(figures, options), daily(figures, options)]
        if figures.period.days_shown:
            column = joined([referrers(figures, options), devices(figures, options)])
            panels += [
                places(figures, options),
                pages(figures, options),
                element("div", column, class_="w5 column"),
                agents(figures, options),
            ]
        panels += [answers(figures, options), bots(figures, options), lines(figures)]
    top = head(figures, options)
    return element("div", top, element("div", *panels, class_="grid"), class_="page wrap", id="traffic")


def _nothing_yet(figures: Figures, options: ReportOptions) -> Markup:
    """Say what to do when there is nothing to show."""
    if figures.accounting.files:
        text: tuple[str, ...] = ("No line has become a page view or another request. See below where they went.",)
    elif options.site:
        text = (f"There are no lines of the site {options.site} yet.",)
    else:
        command = element("code", "footfall ship FILE")
        text = ("No lines have come in yet. Send a web log with ", command, ", then write this report again.")
    return element("section", element("h2", "Nothing to show yet"), element("p", *text), class_="panel")


def _places_made(options: ReportOptions) -> str:
    """Say which database gave the places."""
    geography = options.geography
    if not geography:
        return "Looked up in memory and reduced to country and region."
    return escape(f"{geography.name}, built on {day_text(geography.built)}, reduced to country and region.")


def _attribution(options: ReportOptions) -> Markup:
    """Name those whose data the page shows, as their licences ask."""
    maker = Markup()
    if options.geography:
        licence = f", {options.geography.licence}" if options.geography.licence else ""
        maker = Markup(options.geography.attribution_html) + f"{licence}. "
    return maker + "World map: Natural Earth, public domain. Names of places: Unicode CLDR."


@cache
def _asset(folder: str, names: tuple[str, ...], ending: str) -> str:
    """Join the files of one kind; their order matters."""
    return "\n".join(_read(f"{folder}/{name}.{ending}").strip() for name in names) + "\n"


@cache
def _read(name: str) -> str:
    return (resources.files("dashboards.report") / "assets" / name).read_text("utf-8")


def _digest(text: str) -> str:
    """Name a script or style in the content security policy."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"
