"""The report: one self-contained page that says who came, from where, to read what, and whether to trust the figures."""

from pathlib import Path

from dashboards.report.figures import Figures
from dashboards.report.options import Ask, Geography, ReportOptions, ReportSummary, Sources
from dashboards.report.page import render
from dashboards.report.reading import read_figures
from policy.errors import FootfallError, UsageError

__all__ = ["Ask", "Geography", "ReportError", "ReportOptions", "ReportSummary", "Sources", "write_report"]


class ReportError(FootfallError):
    """The report could not be written; an older file of that name is as it was."""


def write_report(sources: Sources, out: Path, *, options: ReportOptions) -> ReportSummary:
    """Ask all questions of the page and write it to `out`, whole or not at all.

    The report adds up rows of the releases and never sees what they merged: whatever is hidden there stays hidden.

    Raises:
        UsageError: the first day lies after the last.
        ReportError: the file cannot be written.

    """
    if options.day_from and options.day_to and options.day_from > options.day_to:
        raise UsageError(f"the period begins on {options.day_from} and ends before that, on {options.day_to}")
    figures = read_figures(sources, options)
    text = render(figures, options).encode("utf-8", "replace")
    part = out.with_name(f"{out.name}.part")
    try:
        part.write_bytes(text)
        part.replace(out)
    except OSError as error:
        raise ReportError(f"cannot write the report to {out}: {error.strerror}; is its folder there?") from error
    return _summary(figures, out, len(text))


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
