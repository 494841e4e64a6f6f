"""Pages, referring hosts, devices, browsers and systems: rankings of people's views."""

from dashboards.parts.markup import Markup, count_of, element, joined, number
from dashboards.parts.panel import note, notice, panel
from dashboards.report.figures import Figures, Ranking
from dashboards.report.options import ReportOptions
from dashboards.report.ranking import Columns, other_notice, ranking_table

INTERNAL = "internal"


def pages(figures: Figures, options: ReportOptions) -> Markup:
    """Write the pages by views."""
    columns = _columns(figures, options, "Views by page", "Path", "pages")
    body = ranking_table(figures.pages, columns) + other_notice(figures.pages, columns)
    return panel("pages", "Pages", body, questions=("pages",), width="w7")


def referrers(figures: Figures, options: ReportOptions) -> Markup:
    """Write the hosts that sent visitors; the site's own pages are counted below, not among them."""
    elsewhere, own = figures.referrers.without(INTERNAL)
    columns = Columns("Views by referring host", "Host", "hosts", figures.period.days_shown, options.k)
    parts = [ranking_table(elsewhere, columns)]
    if own:
        parts.append(note(number(own.views), " views came from a page of this site itself and are left out here."))
    parts.append(other_notice(elsewhere, columns))
    return panel("referrers", "Where they came from", joined(parts), questions=("referrers",))


def devices(figures: Figures, options: ReportOptions) -> Markup:
    """Write the kinds of devices, and why a large one can miss a day."""
    columns = _columns(figures, options, "Views by device", "Device", "devices")
    parts = [ranking_table(figures.devices, columns)]
    missed = [group.days for group in figures.devices.groups if group.days < columns.days]
    if missed:
        parts.append(
            notice(
                f"“{max(missed)} of {count_of(columns.days, 'day')}”: on other days the small groups together had fewer "
                f"than {options.k} visitors, so the next smallest joined them. With one small group alone, anyone "
                "could work out its figure."
            )
        )
    return panel("devices", "Devices", joined(parts), questions=("devices",))


def agents(figures: Figures, options: ReportOptions) -> Markup:
    """Write browsers beside systems."""

    def half(ranking: Ranking, label: str, members: str) -> Markup:
        columns = _columns(figures, options, f"Views by {label.lower()}", label, members)
        return element("div", ranking_table(ranking, columns))

    both = [half(figures.browsers, "Browser", "browsers"), half(figures.systems, "System", "systems")]
    body = element("div", *both, class_="duo")
    return panel("agents", "Browsers and systems", body, questions=("agents",), sub="names only, no versions")


def _columns(figures: Figures, options: ReportOptions, caption: str, label: str, members: str) -> Columns:
    """Name a table whose groups together are all visitors of the days shown."""
    period = figures.period
    return Columns(caption, label, members, period.days_shown, options.k, visitors=period.visitor_days)
