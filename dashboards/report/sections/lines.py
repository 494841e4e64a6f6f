"""Where every line went: the sum, what the requests are, and each file with its reasons."""

from collections.abc import Mapping, Sequence
from typing import Final

from dashboards.parts.markup import Markup, element, joined, number, percent, square
from dashboards.parts.panel import panel
from dashboards.parts.tables import head, row
from dashboards.report.figures import Figures, FileLines

FILES_MAX: Final = 60
"""Files with a row of their own; files that do not add up always have one."""
REASONS_MAX: Final = 4
"""Reasons that a file's row names at once; more of them unfold."""
COUNTS: Final = ("In", "Kept", "Dropped", "Dead")


def lines(figures: Figures) -> Markup:
    """Write the accounting."""
    accounting = figures.accounting
    terms = (
        ("lines in", "", accounting.lines_in),
        ("kept", "= " if accounting.adds_up else "≠ ", accounting.kept),
        ("dropped", "+ ", accounting.dropped),
        ("dead letters", "+ ", accounting.dead_letters),
    )
    parts = [element("dl", *[_term(*term) for term in terms], class_="sum")]
    if figures.period.requests:
        parts.append(_stack(figures))
    if accounting.files:
        parts.append(_files(accounting.files))
    asked = ("lines", "reasons", "kinds")
    return panel(
        "lines", "Where every line went", joined(parts), questions=asked, sub="in = kept + dropped + dead letters"
    )


def kinds_of_requests(figures: Figures) -> list[tuple[str, int, str]]:
    """Split the period's requests: css name, requests, words.

    While days are hidden, files are not told apart from the rest: else the views of those days could be worked out.
    """
    period = figures.period
    views = ("views", period.views, "views by people")
    robots = ("bots", period.requests_of_bots, "bots")
    left = max(0, period.requests - period.views - period.requests_of_bots)
    if period.days_hidden and figures.had_page_views:
        text = "files, redirects, errors, other methods, and views of the days not shown"
        return [views, robots, ("rest", left, text)]
    files = min(left, figures.files_of_people)
    return [
        views,
        ("files", files, "pictures, styles, scripts, downloads"),
        robots,
        ("rest", left - files, "redirects, errors, other methods"),
    ]


def _term(name: str, sign: str, lines_: int) -> Markup:
    before = element("span", sign, class_="sign") if sign else ""
    return element("div", element("dt", name), element("dd", before, number(lines_)))


def _stack(figures: Figures) -> Markup:
    """Draw the requests of the period as one bar with its list."""
    at, rects, items = 0, [], []
    for css, requests, text in kinds_of_requests(figures):
        start, width = 100 * at / figures.period.requests, 100 * requests / figures.period.requests
        rects.append(element("rect", x=percent(start), width=percent(width), height="100%", class_=f"k-{css}"))
        words = element("span", element("b", number(requests)), f" {text}")
        items.append(element("li", square(f"k-{css}"), words))
        at += requests
    label = "Share of each kind of request; the figures stand below."
    title = element("h3", "What the requests of these days are")
    bar = element("svg", *rects, class_="stack", role="img", aria_label=label)
    return joined([title, bar, element("ul", *items, class_="parts")])


def _files(files: Sequence[FileLines]) -> Markup:
    """Write a row for each of the newest files, and one for the rest; what does not add up comes first."""
    ordered = sorted(files, key=lambda file: file.lost == 0)
    wrong = sum(file.lost != 0 for file in files)
    shown = max(FILES_MAX, wrong)
    rows = [_file(file) for file in ordered[:shown]]
    older = ordered[shown:]
    if older:
        sums = (
            sum(file.lines_in for file in older),
            sum(file.kept for file in older),
            sum(sum(file.dropped.values()) for file in older),
            sum(sum(file.dead_letters.values()) for file in older),
        )
        rows.append(row(f"{len(older):,} more files", *_counts(sums), element("td", class_="reasons"), css="more"))
    columns = head("File", *COUNTS, "Reasons", sorted_by=-1, words=(0, 5))
    table = element("table", element("caption", "By file"), columns, element("tbody", *rows), class_="files")
    return element("div", table, class_="scroll", tabindex=0, role="region", aria_label="Lines by file")


def _file(file: FileLines) -> Markup:
    name = file.file if file.file is not None else element("span", f"{file.source}, without a file")
    dropped, dead = sum(file.dropped.values()), sum(file.dead_letters.values())
    words = [_reasons(file.dropped)] if file.dropped else []
    if file.dead_letters:
        words.append("dead: " + _reasons(file.dead_letters))
    if file.lost:
        lost = joined([number(abs(file.lost)), " without a place" if file.lost > 0 else " counted twice"])
        words.insert(0, element("b", lost))
    counts = _counts((file.lines_in, file.kept, dropped, dead))
    css = "wrong" if file.lost else None
    return row(
        element("span", name, class_="name"), *counts, element("td", joined(words, "; "), class_="reasons"), css=css
    )


def _counts(values: Sequence[int]) -> list[Markup]:
    """Write a row's figures, each with its name: on a phone the table has no head."""
    return [
        element("td", number(value), class_="num", data_head=name) for name, value in zip(COUNTS, values, strict=True)
    ]


def _reasons(counted: Mapping[str, int]) -> Markup:
    """Write reasons with their lines, the commonest first; what is more than a few unfolds."""
    ordered = sorted(counted.items(), key=lambda one: (-one[1], one[0]))
    parts = [joined([element("code", reason), " ", number(lines_)]) for reason, lines_ in ordered]
    rest = parts[REASONS_MAX:]
    if len(rest) <= 1:  # a fold would take as much room
        return joined(parts, ", ")
    unfolded = element("details", element("summary", f"{len(rest)} more reasons"), " ", joined(rest, ", "))
    return joined([*parts[:REASONS_MAX], unfolded], ", ")
