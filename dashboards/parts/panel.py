"""The frame of every panel: title, body, and below it the quiet tools: table, SQL, CSV."""

from dashboards.parts.markup import Markup, element, joined
from dashboards.questions import load_question


def panel(
    key: str,
    title: str,
    body: str,
    *,
    questions: tuple[str, ...],
    sub: str = "",
    width: str = "",
    legend: str = "",
    twin: str = "",
) -> Markup:
    """Write one panel.

    Args:
        key: the section's id, also the end of its CSV file's name.
        title: its heading.
        body: chart, tables and notices.
        questions: the files of ``dashboards/panels`` whose answers it shows.
        sub: a few words beside the title.
        width: its class of width on a wide page: "w5", "w6", "w7", or all of it.
        legend: the keys of the colours.
        twin: a chart's table, folded.

    """
    heading = element("h2", title, id=f"{key}-h")
    small = element("p", sub, class_="sub") if sub else ""
    header = element("header", heading, small, legend)
    save = element("button", "Save as CSV", type="button", class_="js-only", data_csv=key)
    how = element("div", twin, _sql(questions), save, class_="how")
    css = f"panel {width}".rstrip()
    return element("section", header, body, how, class_=css, id=key, aria_labelledby=f"{key}-h")


def _sql(names: tuple[str, ...]) -> Markup:
    """Show each question with the SQL that answers it."""
    shown = []
    for question in map(load_question, names):
        shown += [element("p", f"{question.text} ", element("small", question.reader)), element("pre", question.sql)]
    return element("details", element("summary", "SQL"), joined(shown))


def notice(*parts: str) -> Markup:
    """Write a sentence or two on a ground of their own."""
    return element("p", *parts, class_="notice")


def note(*parts: str) -> Markup:
    """Write small print."""
    return element("p", *parts, class_="note")
