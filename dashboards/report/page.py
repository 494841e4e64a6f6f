"""The page of traffic: its panels in their order, and the words around them."""

from typing import Final

from dashboards.page import Shell, render_page, words
from dashboards.parts.markup import Markup, day_text, element, joined
from dashboards.report.figures import Figures
from dashboards.report.options import ReportOptions
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
    """Write the page, complete in itself."""
    package, version = "dashboards.report", options.policy_version
    return render_page(
        Shell(
            title=f"{page_title(figures, options)}: footfall {period_text(figures.period)}",
            policy_version=version,
            generated_at=options.generated_at,
            body=_traffic(figures, options),
            privacy=words(package, "privacy", policy=version, k=options.k),
            made=words(package, "made", k=options.k, closes=options.day_closes_h, places=_places_made(options)),
            styles=STYLES,
            scripts=SCRIPTS,
            data={"site": page_title(figures, options), **chart_data(figures, options)},
            attribution=_attribution(options),
        )
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
    return f"{geography.name}, built on {day_text(geography.built)}, reduced to country and region."


def _attribution(options: ReportOptions) -> Markup:
    """Name those whose data the page shows, as their licences ask."""
    maker = Markup()
    if options.geography:
        licence = f", {options.geography.licence}" if options.geography.licence else ""
        maker = Markup(options.geography.attribution_html) + f"{licence}. "
    return maker + "World map: Natural Earth, public domain. Names of places: Unicode CLDR."
