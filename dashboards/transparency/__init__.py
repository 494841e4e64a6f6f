"""The transparency report (R52): purposes, fields, retention, recipients, keys, contact, open findings, and whether it all holds."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dashboards.page import write_page
from dashboards.transparency import markdown, page
from dashboards.transparency.facts import ClauseResult, Facts, Geography, HandedOut, KeyFact, OpenFinding
from policy.errors import UsageError

__all__ = ["ClauseResult", "Facts", "Geography", "HandedOut", "KeyFact", "OpenFinding", "Report", "write_report"]

ENDINGS: Final = (".html", ".md")


@dataclass(frozen=True, slots=True)
class Report:
    """A report that can be written as either."""

    facts: Facts

    def html(self) -> str:
        """Write it as one page that needs no server and no network."""
        return page.render(self.facts)

    def markdown(self) -> str:
        """Write it as Markdown."""
        return markdown.render(self.facts)


def check_ending(out: Path) -> None:
    """Refuse a file whose name does not say what to write.

    Raises:
        UsageError: it ends in neither .html nor .md.
    """
    if out.suffix.lower() not in ENDINGS:
        raise UsageError(f"the report is HTML or Markdown; let {out.name} end in {' or '.join(ENDINGS)}")


def write_report(report: Report, out: Path) -> int:
    """Write the report to `out`, whole or not at all; give its size in bytes.

    Raises:
        UsageError: the file's name does not say what to write.
        PageError: the file cannot be written.
    """
    check_ending(out)
    return write_page(report.html() if out.suffix.lower() == ".html" else report.markdown(), out)
