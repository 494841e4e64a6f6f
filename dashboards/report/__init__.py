"""The report: one self-contained page that says who came, from where, to read what, and whether to trust the figures."""

from pathlib import Path

from dashboards.page import write_page
from dashboards.questions import Ask
from dashboards.report.figures import Figures
from dashboards.report.options import Geography, ReportOptions, ReportSummary, Sources
from dashboards.report.page import render
from dashboards.report.reading import read_figures
from policy.errors import UsageError

__all__ = ["Ask", "Geography", "ReportOptions", "ReportSummary", "Sources", "write_report"]


def write_report(sources: Sources, out: Path, *, options: ReportOptions) -> ReportSummary:
    """Ask all questions of the page and write it to `out`, whole or not at all.

    The report adds up rows of the releases and never sees what they merged: whatever is hidden there stays hidden.

    Raises:
        UsageError: the first day lies after the last.
        PageError: the file cannot be written.

    """
    if options.day_from and options.day_to and options.day_from > options.day_to:
        raise UsageError(f"the period begins on {options.day_from} and ends before that, on {options.day_to}")
    figures = read_figures(sources, options)
    size_bytes = write_page(render(figures, options), out)
    return _summary(figures, out, size_bytes)


def _summary(figures: Figures, out: Path, size_bytes: int) -> ReportSummary:
    period, accounting = figures.period, figures.accounting
    return ReportSummary(
        out=str(out),
        size_bytes=size_bytes,
        day_from=period.first,
        day_to=period.last,
        days_shown=period.days_shown,
        days_hidden=period.days_hidden,
        views=period.views,
        visitor_days=period.visitor_days,
        lines_in=accounting.lines_in,
        kept=accounting.kept,
        dropped=accounting.dropped,
        dead_letters=accounting.dead_letters,
        adds_up=accounting.adds_up,
    )
