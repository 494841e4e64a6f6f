"""The report as Markdown, for repositories and printers: the same sections, nothing folded."""

import re
from collections.abc import Iterator
from typing import Final

from dashboards.parts.markup import day_text, time_text
from dashboards.transparency.blocks import Grid, Sentence
from dashboards.transparency.content import counted, sections
from dashboards.transparency.facts import Facts

SPECIAL: Final = re.compile(r"([\\`*_<>\[\]|#])")


def render(facts: Facts) -> str:
    """Write the report; text that means something to Markdown is escaped."""
    return "\n".join(_lines(facts)).rstrip() + "\n"


def _lines(facts: Facts) -> Iterator[str]:
    policy = facts.policy
    yield f"# Transparency report, {day_text(facts.generated_at.date(), 'long')}"
    yield ""
    yield (
        f"Policy {_plain(policy.name)} {policy.version} of {day_text(policy.dated)}. Made {time_text(facts.generated_at)} UTC. "
        f"Contact: {_plain(policy.contact)}."
    )
    yield ""
    if facts.clauses:
        found = counted(facts)
        yield (
            "; ".join(f"{result}: {number}" for result, number in found.items()) + f" of {len(facts.clauses)} clauses."
        )
        yield ""
    for section in sections(facts):
        yield f"## {_plain(section.title)}"
        yield ""
        for block in section.blocks:
            yield from (_grid(block) if isinstance(block, Grid) else _sentence(block))
            yield ""


def _sentence(sentence: Sentence) -> Iterator[str]:
    yield _plain(sentence.text)


def _grid(grid: Grid) -> Iterator[str]:
    yield f"**{_plain(grid.caption)}**"
    yield ""
    yield _row(grid.columns)
    yield _row(("---",) * len(grid.columns), escape=False)
    for row in grid.rows:
        yield _row(row)


def _row(cells: tuple[str, ...], *, escape: bool = True) -> str:
    return "| " + " | ".join(_plain(cell) if escape else cell for cell in cells) + " |"


def _plain(text: str) -> str:
    return SPECIAL.sub(r"\\\1", " ".join(text.split()))
