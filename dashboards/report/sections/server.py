"""What the server answered, and which robots asked: all requests, apart from people's views."""

from typing import Final

from dashboards.parts.markup import Markup, bar, element, joined, number
from dashboards.parts.panel import note, notice, panel
from dashboards.parts.tables import amount, head, row
from dashboards.report.figures import BotKind, Figures
from dashboards.report.options import ReportOptions
from dashboards.report.ranking import Columns, ranking_table

MEANING: Final = {
    200: "OK",
    201: "Created",
    204: "No content",
    206: "Part of a file",
    301: "Moved",
    302: "Found elsewhere",
    303: "See other",
    304: "Not changed since",
    307: "Moved for now",
    308: "Moved for good",
    400: "Bad request",
    401: "Not signed in",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    408: "Request timed out",
    410: "Gone",
    416: "Part not available",
    429: "Too many requests",
    499: "Client closed the connection",
    500: "Server error",
    502: "Bad gateway",
    503: "Not available",
    504: "Gateway timed out",
}
NAMES_SHOWN: Final = 4
REST: Final = "other"
NOT_FOUND: Final = 404


def answers(figures: Figures, options: ReportOptions) -> Markup:
    """Write status codes, small counts included (they name no place and no page), then the paths not found."""
    top = max((status.requests for status in figures.statuses), default=0)
    rows = []
    for status in figures.statuses:
        meaning = element("small", MEANING.get(status.code, ""))
        label = bar(status.requests, top) + str(status.code) + " " + meaning
        cells = [amount(status.requests), amount(status.bots), amount(status.size_bytes, "bytes", wide_only=True)]
        rows.append(row(label, *cells))
    codes = element(
        "table",
        element("caption", "Requests by status code", class_="sr"),
        head("Status", "Requests", "of bots", "Data", wide_only=(3,)),
        element("tbody", *rows),
        data_sort=True,
    )
    body = joined(
        [codes if rows else element("p", "No requests in this period.", class_="nothing"), _missing(figures, options)]
    )
    asked = ("status", "missing")
    return panel("status", "Answers and errors", body, questions=asked, sub="all requests, bots included", width="w6")


def _missing(figures: Figures, options: ReportOptions) -> Markup:
    """Write the paths not found, and how many requests fell on days with too few visitors to show paths."""
    asked = sum(status.requests for status in figures.statuses if status.code == NOT_FOUND)
    columns = Columns(
        caption="Requests by missing path",
        label="Path",
        members="paths",
        days=figures.period.days_shown,
        k=options.k,
        amount="Requests",
        with_visitors=False,
        nothing=f"No day had {options.k} visitors who missed a page."
        if asked
        else "Nothing was missed in this period.",
    )
    parts: list[str] = [element("h3", "Not found (404)"), ranking_table(figures.missing, columns)]
    unseen = asked - figures.missing.views
    if figures.missing.views and unseen > 0:
        parts.append(note(number(unseen), f" more on days on which fewer than {options.k} visitors missed a page."))
    return element("div", *parts, class_="missing")


def bots(figures: Figures, options: ReportOptions) -> Markup:
    """Write kinds of robots, each with its best-known names."""
    top = max((kind.requests for kind in figures.bots), default=0)
    rows = [_bot_row(kind, top) for kind in figures.bots]
    table = element(
        "table",
        element("caption", "Requests of bots by kind", class_="sr"),
        head("Kind", "Requests", "Data"),
        element("tbody", *rows),
        class_="bots",
        data_sort=True,
    )
    why = notice(
        "Bots are counted apart from people and never deleted. "
        f"Names below {options.k} requests a day join “others”: a rare name can name its owner."
    )
    body = joined([table, why]) if rows else element("p", "No bots in this period.", class_="nothing")
    sub = joined([number(sum(kind.requests for kind in figures.bots)), " requests, not part of views and visitors"])
    return panel("bots", "Bots", body, questions=("bots",), sub=sub, width="w6")


def _bot_row(kind: BotKind, top: int) -> Markup:
    named = [(name, requests) for name, requests in kind.names.items() if name != REST][:NAMES_SHOWN]
    rest = kind.requests - sum(requests for _, requests in named)
    parts = [joined([f"{name} ", number(requests)]) for name, requests in named]
    if rest:
        parts.append(joined(["others ", number(rest)]))
    label = element("span", bar(kind.requests, top) + kind.kind, class_="cell")
    names = element("span", joined(parts, ", "), class_="names")
    first = element("th", label, " ", names, scope="row")
    return element("tr", first, amount(kind.requests), amount(kind.size_bytes, "bytes"))
