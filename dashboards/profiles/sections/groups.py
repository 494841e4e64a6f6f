"""Customers in groups: segments, the grid of recency and frequency, interests, countries."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from dashboards import maps
from dashboards.parts.markup import Markup, bar, element, joined, number
from dashboards.parts.panel import notice, panel
from dashboards.parts.tables import amount, head, row
from dashboards.profiles.figures import FIFTHS, Group, Interest, ProfileFigures
from dashboards.profiles.options import ProfileOptions

MEANING: Final = {
    "champion": "bought lately and often",
    "loyal": "buys often",
    "promising": "bought lately, not yet often",
    "at risk": "used to buy, not lately",
    "lost": "long ago and seldom",
    "regular": "in between",
    "visitor": "registered, no orders",
}
BEST: Final = ("champion", "loyal")
ROWS_SHOWN: Final = 12
"""Rows of interests and countries; the rest is added up."""
UNKNOWN: Final = "unknown"


def segments(figures: ProfileFigures, options: ProfileOptions) -> Markup:
    """Write the segments by amount, and what the best of them bring."""
    top = max(group.amount for group in figures.segments)
    rows = [_group_row(group, float(top), _segment(group)) for group in figures.segments]
    table = element(
        "table",
        element("caption", "Customers by segment", class_="sr"),
        head("Segment", "Customers", "Orders", f"Amount, {options.currency}", sorted_by=3, wide_only=(2,)),
        element("tbody", *rows),
        _foot(figures.segments),
        data_sort=True,
    )
    best = sum((group.amount for group in figures.segments if group.name in BEST), start=Decimal(0))
    share = best / figures.totals.amount if figures.totals.amount else Decimal(0)
    words: list[str] = []
    if share:
        words += ["Champions and loyal customers bring ", number(float(share), "percent"), " of the amount. "]
    words += [
        "Lists for messages are made with ",
        element("code", "footfall profile export"),
        ": it leaves out everybody who opted out, and writes what left the house into the ledger.",
    ]
    sub = "by how lately and how often they buy"
    body = table + notice(*words)
    return panel("segments", "Segments", body, questions=("segments",), sub=sub, width="w6")


def _segment(group: Group) -> Markup:
    name = element("span", group.name.capitalize(), class_="name")
    return name + " " + element("small", MEANING.get(group.name, ""))


def _group_row(group: Group, top: float, label: Markup, *, css: str | None = None) -> Markup:
    """Write a row whose bar is measured by amount."""
    cells = [amount(group.customers), amount(group.orders, wide_only=True), amount(group.amount, "whole")]
    return row(bar(float(group.amount), top) + label, *cells, css=css)


def _foot(groups: Sequence[Group]) -> Markup:
    every = _added_up(groups)
    cells = [amount(every.customers), amount(every.orders, wide_only=True), amount(every.amount, "whole")]
    return element("tfoot", element("tr", element("th", "All", scope="row"), *cells))


def _added_up(groups: Sequence[Group], name: str = "") -> Group:
    customers, orders = sum(group.customers for group in groups), sum(group.orders for group in groups)
    return Group(name, customers, orders, sum((group.amount for group in groups), start=Decimal(0)))


def grid(figures: ProfileFigures, options: ProfileOptions) -> Markup:
    """Write buyers by recency (rows, latest first) and frequency (columns, seldom first)."""
    cells = figures.grid or {}
    if not cells:
        body = element("p", "Nobody has ordered yet.", class_="nothing")
    else:
        body = _grid_table(cells) + notice(
            f"Each cell: customers, and what one of them has spent ({options.currency}). Colour follows the number of "
            "customers. Fifths are made by rank, so each row and each column holds a fifth of the buyers."
        )
    return panel(
        "rfm", "Recency and frequency", body, questions=("recency_frequency",), sub="buyers in fifths", width="w6"
    )


def _grid_table(cells: Mapping[tuple[int, int], Group]) -> Markup:
    fifths = range(1, FIFTHS + 1)
    counts = [cells[r, f].customers if (r, f) in cells else 0 for r in fifths for f in fifths]
    ends = {1: " seldom", FIFTHS: " often"}
    heads = [element("th", f"F{f}{ends.get(f, '')}", scope="col") for f in fifths]
    # A cell in the corner would be a head without a text.
    top = element("thead", element("tr", element("td"), *heads))
    rows = []
    for r in reversed(fifths):
        name = {1: "R1 oldest", FIFTHS: f"R{FIFTHS} latest"}.get(r, f"R{r}")
        line = [_grid_cell(cells.get((r, f)), min(counts), max(counts)) for f in fifths]
        rows.append(element("tr", element("th", name, scope="row"), *line))
    caption = "Customers by recency (rows) and frequency (columns), with the mean amount"
    table = element("table", element("caption", caption, class_="sr"), top, element("tbody", *rows), class_="rfm")
    label = "Grid of recency and frequency"
    return element("div", table, class_="scroll", tabindex="0", role="region", aria_label=label)


def _grid_cell(group: Group | None, least: int, most: int) -> Markup:
    """Write one cell in one of five shades between the smallest and the largest; nobody has none."""
    if group is None:
        return element("td", element("b", number(0)), class_="h0")
    shade = 1 + int((FIFTHS - 0.001) * (group.customers - least) / (most - least)) if most > least else 3
    mean = number(float(group.amount) / group.customers, "whole")
    each = element("span", " each", class_="hide-s")
    return element("td", element("b", number(group.customers)), element("small", mean, each), class_=f"h{shade}")


def interests(figures: ProfileFigures) -> Markup:
    """Write the parts of the site by their share of the views that have one."""
    fold = _fold_at(figures.interests)
    shown, rest = figures.interests[:fold], figures.interests[fold:]
    every = sum(interest.views for interest in figures.interests)
    top = max((interest.views for interest in figures.interests), default=0)

    def line(interest: Interest, label: Markup, css: str | None = None) -> Markup:
        share = element("td", number(interest.views / every if every else 0, "percent"), class_="num share")
        readers = amount(interest.customers) if css is None else element("td", class_="num")
        return row(bar(interest.views, top) + label, readers, amount(interest.views), share, css=css)

    rows = [line(interest, element("span", interest.category, class_="name")) for interest in shown]
    if rest:
        more = Interest(f"{len(rest):,} more", 0, sum(interest.views for interest in rest))
        rows.append(line(more, element("span", more.category, class_="name"), "more"))
    table = element(
        "table",
        element("caption", "Page views by part of the site", class_="sr"),
        head("Category", "Customers", "Views", "Share", sorted_by=2),
        element("tbody", *rows),
        data_sort=True,
    )
    body = table if rows else element("p", "No pages in a part of the site yet.", class_="nothing")
    sub = "parts of the site, over all customers"
    return panel("interests", "Interests", body, questions=("interests",), sub=sub, width="w6")


def countries(figures: ProfileFigures, options: ProfileOptions) -> Markup:
    """Write the countries by customers; the rest is added up."""
    names = maps.names()["countries"]
    fold = _fold_at(figures.countries)
    shown, rest = figures.countries[:fold], figures.countries[fold:]
    top = max(group.customers for group in figures.countries)

    def line(group: Group, label: str, css: str | None = None) -> Markup:
        cells = [amount(group.customers), amount(group.orders, wide_only=True), amount(group.amount, "whole")]
        return row(bar(group.customers, top) + element("span", label, class_="name"), *cells, css=css)

    rows = [line(group, country_name(names, group.name)) for group in shown]
    if rest:
        rows.append(line(_added_up(rest), f"{len(rest):,} more countries", "more"))
    table = element(
        "table",
        element("caption", "Customers by country", class_="sr"),
        head("Country", "Customers", "Orders", f"Amount, {options.currency}", wide_only=(2,)),
        element("tbody", joined(rows)),
        _foot(figures.countries),
        data_sort=True,
    )
    sub = "where most events of each came from"
    return panel("countries", "Countries", table, questions=("profile_countries",), sub=sub, width="w6")


def _fold_at(rows: Sequence[object]) -> int:
    """Say from which row on all are added up; a single one is not worth it."""
    return ROWS_SHOWN if len(rows) > ROWS_SHOWN + 1 else len(rows)


def country_name(names: Mapping[str, str], code: str) -> str:
    """Name a country; a code without a name stays a code."""
    return "Unknown" if code == UNKNOWN else names.get(code, code)
