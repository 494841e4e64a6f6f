"""The top of the page: which site and days, how fresh, under which policy, and whether the lines add up."""

from datetime import UTC, date

from dashboards.parts.markup import Markup, count_of, day_element, day_text, element, joined, number, time_text
from dashboards.parts.panel import notice
from dashboards.report.figures import Accounting, Figures, Period
from dashboards.report.options import ReportOptions

_SITES_NAMED_MAX = 5


def page_title(figures: Figures, options: ReportOptions) -> str:
    """Name the page: as told, else the one site, else all."""
    if options.title or options.site:
        return options.title or str(options.site)
    return figures.sites[0] if len(figures.sites) == 1 else "All sites"


def period_text(period: Period) -> str:
    """Write a period as people do: 17 to 20 May 2015; 28 April to 3 May 2015; 30 December 2014 to 2 January 2015."""
    if period.first is None or period.last is None:
        return "no days yet"
    if period.first == period.last:
        return day_text(period.last, "long")
    return f"{_start(period.first, period.last)} to {day_text(period.last, 'long')}"


def head(figures: Figures, options: ReportOptions) -> Markup:
    """Write title, period, facts, and every notice that a reader must see before the figures."""
    period = element("p", *_period(figures), class_="period")
    return element(
        "div",
        element("h1", page_title(figures, options)),
        period,
        _facts(figures, options),
        _alarm(figures.accounting),
        *[notice(finding) for finding in options.findings],
        *_hidden(figures, options),
        class_="head",
        id="head",
    )


def _start(first: date, last: date) -> str:
    """Leave out of the first day what the last one says."""
    if first.year != last.year:
        return day_text(first, "long")
    return f"{first.day}" if first.month == last.month else f"{first.day} {first:%B}"


def _period(figures: Figures) -> list[str]:
    period = figures.period
    if period.first is None or period.last is None:
        return ["No days yet"]
    days = count_of((period.last - period.first).days + 1, "day")
    if period.first == period.last:
        parts: list[str] = [day_element(period.last, "long"), " in UTC"]
    else:
        start = element("time", _start(period.first, period.last), datetime=period.first.isoformat())
        parts = [start, " to ", day_element(period.last, "long"), f", {days} in UTC"]
    if len(figures.sites) > 1:
        named = ", ".join(figures.sites[:_SITES_NAMED_MAX])
        rest = f" and {len(figures.sites) - _SITES_NAMED_MAX} more" if len(figures.sites) > _SITES_NAMED_MAX else ""
        parts.append(f", {len(figures.sites)} sites: {named}{rest}")
    return parts


def _facts(figures: Figures, options: ReportOptions) -> Markup:
    """Say how fresh the figures are and what they were made under."""
    facts: list[tuple[str, str]] = []
    if options.newest:
        facts.append(("Newest line", time_text(options.newest.astimezone(UTC))))
    elif figures.period.last:
        facts.append(("Newest day", day_text(figures.period.last)))
    if figures.period.first and figures.period.last:
        days = (figures.period.last - figures.period.first).days + 1
        facts.append(("Days", _finality(days, figures.period.days_not_final)))
    if figures.released_at:
        facts.append(("Released", f"{time_text(figures.released_at.astimezone(UTC))}"))
    facts.append(("Updated", f"{time_text(options.generated_at.astimezone(UTC))} UTC"))
    made_under = sorted({options.policy_version, *figures.policy_versions})
    facts.append(("Policy", f"{' and '.join(made_under)}, k = {options.k}"))
    facts.append(("Lines", _sum(figures.accounting)))
    return element("dl", *[_fact(name, value) for name, value in facts], class_="facts")


def _fact(name: str, value: str) -> Markup:
    return element("div", element("dt", name), " ", element("dd", value))


def _finality(days: int, open_days: int) -> str:
    """Say which days may still grow; a day is final some hours after its end."""
    if not open_days:
        return "all final" if days > 1 else "final"
    return f"{open_days:,} of {days:,} not final" if open_days < days else "not final"


def _sum(accounting: Accounting) -> Markup:
    parts = [
        number(accounting.lines_in),
        " in = " if accounting.adds_up else " in ≠ ",
        number(accounting.kept),
        " kept + ",
        number(accounting.dropped),
        " dropped + ",
        number(accounting.dead_letters),
        " dead letters",
    ]
    return element("a", *parts, href="#lines")


def _alarm(accounting: Accounting) -> Markup:
    """Say at the top when lines were lost or counted twice, for then no figure can be trusted."""
    if accounting.adds_up:
        return Markup()
    wrong = []
    for amount, text in ((accounting.missing, "no place"), (accounting.doubled, "two places")):
        if amount:
            wrong.append(joined([number(amount), " line has " if amount == 1 else " lines have ", text]))
    bold = element("b", joined(wrong, ", and "), ".")
    where = element("a", "see which file", href="#lines")
    return element("p", bold, " The figures below may be wrong; ", where, ".", class_="notice alarm")


def _hidden(figures: Figures, options: ReportOptions) -> list[Markup]:
    """Say how many days are not shown, and which days count somebody twice."""
    period, parts = figures.period, []
    if period.days_hidden and figures.had_page_views:
        of = "of one site" if len(figures.sites) > 1 else ""
        days = count_of(period.days_hidden, f"day {of}".rstrip(), f"days {of}".rstrip())
        text = f"{days} with fewer than {options.k} visitors {'is' if period.days_hidden == 1 else 'are'} not shown, "
        help_ = (
            "so that nobody stands alone; no other figure here gives them away."
            if period.days_shown
            else f"so that nobody stands alone. Figures appear from the first day with {options.k} visitors on."
        )
        parts.append(notice(text + help_))
    if period.days_not_exact:
        days = count_of(period.days_not_exact, "day")
        why = "lines arrived after the key of the day was destroyed, so somebody may be counted twice."
        parts.append(notice(f"The visitors of {days} are not exact: {why}"))
    return parts
