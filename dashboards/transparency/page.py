"""The report as one HTML page, of the shell that all pages share."""

from typing import Final

from dashboards.page import Shell, render_page, words
from dashboards.parts.key_figures import figure, figures_panel
from dashboards.parts.markup import Markup, day_text, element, joined, number, time_text
from dashboards.transparency.blocks import Grid, Section, Sentence
from dashboards.transparency.content import counted, sections
from dashboards.transparency.facts import Facts

STYLES: Final = ("tokens", "page", "panels", "tables", "transparency", "media")
SCRIPTS: Final = ("numbers", "state")
CSS_OF: Final = {"holds": "holds", "does not hold": "fails", "not applicable": "absent", "not built": "absent"}
SIGN_OF: Final = {"holds": "✓", "does not hold": "!", "not applicable": "\N{EN DASH}", "not built": "○"}


def render(facts: Facts) -> str:
    """Write the page, complete in itself."""
    policy = facts.policy
    panels = [_panel(section) for section in sections(facts)]
    body = element(
        "div",
        _head(facts),
        element("div", _figures(facts), *panels, class_="grid"),
        class_="page wrap",
        id="transparency",
    )
    return render_page(
        Shell(
            title=f"Transparency report of {day_text(facts.generated_at.date(), 'long')}",
            policy_version=policy.version,
            generated_at=facts.generated_at,
            body=body,
            privacy=words("dashboards.transparency", "privacy", policy=policy.version),
            made=words("dashboards.transparency", "made", k=policy.k),
            styles=STYLES,
            scripts=SCRIPTS,
            data={"site": "transparency"},
        )
    )


def _head(facts: Facts) -> Markup:
    policy = facts.policy
    told = (
        ("Policy", f"{policy.name} {policy.version} of {day_text(policy.dated)}"),
        ("Contact", policy.contact),
        ("Made", f"{time_text(facts.generated_at)} UTC"),
    )
    entries = [element("div", element("dt", name), " ", element("dd", text)) for name, text in told]
    return element(
        "div",
        element("h1", "Transparency report"),
        element(
            "p",
            "What is collected, why, for how long, who may read it, and whether each promise holds.",
            class_="period",
        ),
        element("dl", *entries, class_="facts"),
        class_="head",
        id="head",
    )


def _figures(facts: Facts) -> Markup:
    found = counted(facts)
    return figures_panel(
        figure(
            "Promises that hold",
            number(found["holds"]),
            [f"of {len(facts.policy.clauses)}, by a check on this warehouse"],
        ),
        figure("Do not hold", number(found["does not hold"]), ["and stand below as findings"]),
        figure("Not applicable", number(found["not applicable"]), ["nothing of that kind is here"]),
        figure("Not built", number(found["not built"]), ["the program cannot do it yet"]),
        figure("Open findings", number(found["does not hold"] + len(facts.findings)), ["failed checks among them"]),
    )


def _panel(section: Section) -> Markup:
    heading = element("h2", section.title, id=f"{section.key}-h")
    small = element("p", section.sub, class_="sub") if section.sub else ""
    blocks = [_grid(block) if isinstance(block, Grid) else _sentence(block) for block in section.blocks]
    return element(
        "section",
        element("header", heading, small),
        *blocks,
        class_="panel",
        id=section.key,
        aria_labelledby=f"{section.key}-h",
    )


def _sentence(sentence: Sentence) -> Markup:
    return element("p", sentence.text, class_="told alarm" if sentence.alarm else "told")


def _grid(grid: Grid) -> Markup:
    table = _table(grid)
    return element("details", element("summary", grid.caption), table, class_="fold") if grid.folded else table


def _table(grid: Grid) -> Markup:
    head = element("thead", element("tr", *(element("th", name, scope="col") for name in grid.columns)))
    rows = [element("tr", *_cells(grid, row)) for row in grid.rows]
    caption = element("caption", grid.caption, class_="sr")
    table = element(
        "table", caption, head, element("tbody", *rows), class_="list" if grid.marked is None else "list marked"
    )
    # On a phone each row is a card, whose cells say by themselves what they are.
    return element("div", table, class_="scroll", tabindex=0, role="region", aria_label=grid.caption)


def _cells(grid: Grid, row: tuple[str, ...]) -> list[Markup]:
    cells = [element("th", row[0], scope="row")]
    for place, text in enumerate(row[1:], 1):
        shown = _result(text) if place == grid.marked else joined([text])
        cells.append(element("td", shown, data_head=grid.columns[place], class_=None if text else "none"))
    return cells


def _result(text: str) -> Markup:
    sign = element("span", SIGN_OF.get(text, ""), class_="sign", aria_hidden="true")
    return element("span", sign, " ", text, class_=f"result {CSS_OF.get(text, 'absent')}")
