"""Views as bars and visitors as a line, day by day: percent across and pixels down, so it is fluid without scripts."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dashboards.parts.markup import (
    Markup,
    day_element,
    day_text,
    element,
    joined,
    percent,
    short_text,
    square,
)
from dashboards.parts.panel import panel
from dashboards.parts.tables import NOT_SHOWN, amount, head, row
from dashboards.report.figures import Day, Figures, Seen
from dashboards.report.options import ReportOptions

FIGURES_TO: Final = 10
"""Up to so many days have figures on their bars."""
DOTS_TO: Final = 45
"""Up to so many days have dots on the line."""
LABELS: Final = 8
_BASE, _HEIGHT = 208, 184
_PHONE_WIDTH, _DIGIT_WIDTH = 250, 8
_END_ROOM_MIN: Final = 12
"""Pixels that a day's label needs from its middle to the picture's end; what is longer fits into the panel's margin."""
_TICKS_MAX: Final = 5


def daily(figures: Figures, options: ReportOptions) -> Markup:
    """Write the chart, its table and its read-out."""
    period = figures.period
    unit = "month" if period.by_month else "day"
    chart = _Chart(period.days, by_month=period.by_month, few=f"fewer than {options.k} visitors")
    shown = period.days_shown > 0
    legend = chart.legend() if shown else Markup()
    body = chart.draw(unit) if shown else element("p", _nothing(figures, options), class_="nothing")
    title = f"Views and visitors by {unit}"
    twin = _table(period.days, unit, chart.few)
    return panel("days", title, body, questions=("days", "requests"), legend=legend, twin=twin)


def chart_data(figures: Figures, options: ReportOptions) -> dict[str, Any]:
    """Give the script what its read-out says; hidden days have no figures of visitors here either."""
    few = f"fewer than {options.k} visitors"
    return {
        "unit": "month" if figures.period.by_month else "day",
        "days": [
            {
                "day": day.first.isoformat(),
                "views": day.views if day.seen is Seen.SHOWN else None,
                "visitors": day.visitors if day.seen is Seen.SHOWN else None,
                "bots": day.bots,
                "bytes": day.size_bytes if day.seen is Seen.SHOWN else None,
                "notes": [*day.notes, *_absence(day, few)],
            }
            for day in figures.period.days
        ],
    }


def scale(top: float) -> tuple[float, float]:
    """Find a round step with at most five of them up to `top`; return the step and the axis' end."""
    if top <= _TICKS_MAX:
        return 1, max(1, top)
    power = 10 ** math.floor(math.log10(top / _TICKS_MAX))
    step = next(power * part for part in (1, 2, 2.5, 5, 10) if top / (power * part) <= _TICKS_MAX)
    return step, step * math.ceil(top / step)


def _nothing(figures: Figures, options: ReportOptions) -> str:
    """Say why there is no chart."""
    if not figures.had_page_views:
        return "No views in this period."
    return f"No day had {options.k} visitors."


def _absence(day: Day, few: str) -> list[str]:
    return {Seen.SHOWN: [], Seen.HIDDEN: [few], Seen.QUIET: ["no requests"]}[day.seen]


@dataclass(frozen=True, slots=True)
class _Chart:
    """One picture of all days; `few` says what a hidden day had."""

    days: Sequence[Day]
    by_month: bool
    few: str

    @property
    def wide(self) -> float:
        """One day's share of the width, in percent."""
        return 100 / len(self.days)

    @property
    def axis(self) -> tuple[float, float]:
        return scale(max(max(day.views, day.visitors) for day in self.days))

    def y(self, value: float) -> float:
        return round(_BASE - _HEIGHT * value / self.axis[1], 1)

    def middle(self, place: int) -> str:
        return percent(self.wide * (place + 0.5))

    def draw(self, unit: str) -> Markup:
        """Put axis, bars, line, dots and the script's slider together."""
        step, top = self.axis
        ticks = [step * place for place in range(round(top / step) + 1)]
        texts = [
            element("text", short_text(tick, top), x="100%", dx=-10, y=self.y(tick) + 4, text_anchor="end")
            for tick in ticks
        ]
        rules = [
            element("line", x1=0, x2="100%", y1=self.y(tick), y2=self.y(tick), class_="rule" if tick else "base")
            for tick in ticks
        ]
        band = element("rect", id="band", class_="band", width=percent(self.wide), height=_BASE)
        label = f"Views and visitors by {unit}; the same figures stand in the table below."
        parts = [*rules, band, *self.bars(), self.line(), *self.dots(), *self.labels()]
        css = "many" if len(self.days) > DOTS_TO else None
        picture = element("svg", *parts, role="img", aria_label=label, class_=css)
        probe = element(
            "div",
            class_="probe js-only",
            role="slider",
            tabindex=0,
            aria_label=unit.capitalize(),
            aria_valuemin=1,
            aria_valuemax=len(self.days),
            aria_valuenow=len(self.days),
            aria_valuetext="use the arrow keys",
        )
        chart = element("div", element("svg", *texts, aria_hidden="true"), picture, probe, class_="chart")
        hint = f"Point at a {unit}, or use the arrow keys."
        return joined([chart, element("output", hint, class_="readout js-only", id="readout")])

    def bars(self) -> Iterable[Markup]:
        """Draw a bar for a day with figures, hatched if it is partial, and a pale column for a hidden one."""
        half = min(self.wide * 0.36, 5)
        for place, day in enumerate(self.days):
            left = percent(self.wide * (place + 0.5) - half)
            if day.seen is Seen.HIDDEN:
                yield element("rect", class_="bar-hidden", x=left, width=percent(half * 2), y=24, height=_HEIGHT)
            elif day.views:
                y = self.y(day.views)
                css = "bar-part" if day.is_partial else "bar-views"
                round_corner = 3 if len(self.days) <= DOTS_TO else None
                height = round(_BASE - y, 1)
                yield element("rect", class_=css, x=left, width=percent(half * 2), y=y, height=height, rx=round_corner)

    def line(self) -> Markup:
        """Draw the visitors' line on its halo, broken where days are not shown."""
        path, drawing = "", False
        for place, day in enumerate(self.days):
            if day.seen is Seen.SHOWN:
                point = f"{place + 0.5:g} {self.y(day.visitors):g}"
                path += f"L{point}" if drawing else f"M{point}h0"
            drawing = day.seen is Seen.SHOWN
        lines = [element("path", class_=css, d=path, vector_effect="non-scaling-stroke") for css in ("halo", "line")]
        box = f"0 0 {len(self.days)} {_BASE}"
        return element("svg", *lines, viewBox=box, width="100%", height=_BASE, preserveAspectRatio="none")

    def dots(self) -> Iterable[Markup]:
        if len(self.days) <= DOTS_TO:
            for place, day in enumerate(self.days):
                if day.seen is Seen.SHOWN:
                    yield element("circle", class_="dot", cx=self.middle(place), cy=self.y(day.visitors), r=4.5)

    def labels(self) -> Iterable[Markup]:
        """Write figures on few bars, about eight days below, and a few days' notes."""
        few_days = len(self.days) <= FIGURES_TO
        every = max(1, math.ceil(len(self.days) / LABELS))
        if few_days:
            yield from self.values()
        for place, day in enumerate(self.days):
            if place % every == 0:
                yield self.day_label(place, day, hides_on_phone=len(self.days) > FIGURES_TO // 2 and place // every % 2)
            remark = [*day.notes, *_absence(day, self.few)]
            if few_days and remark:
                css = "alt" if len(self.days) > FIGURES_TO // 2 else None
                yield element("text", remark[0], x=self.middle(place), y=_BASE + 37, text_anchor="middle", class_=css)

    def values(self) -> Iterable[Markup]:
        for place, day in enumerate(self.days):
            if day.seen is Seen.SHOWN:
                text = f"{day.views:,}"
                fits = len(text) * _DIGIT_WIDTH * len(self.days) <= _PHONE_WIDTH
                css = "value" if fits else "value alt"
                y = self.y(day.views) - 8
                yield element(
                    "text", text, class_=css, x=self.middle(place), y=y, text_anchor="middle", data_n=day.views
                )

    def day_label(self, place: int, day: Day, *, hides_on_phone: float) -> Markup:
        """Write a day in the middle below its bar; where the picture's end is too near for that, at the end."""
        crowded = len(self.days) > FIGURES_TO
        weekday = "" if crowded or self.by_month else element("tspan", f"{day.first:%a} ", class_="weekday")
        text = weekday + day_text(day.first, "month" if self.by_month else "short")
        at_end = (len(self.days) - place - 0.5) / len(self.days) * _PHONE_WIDTH < _END_ROOM_MIN
        rows = [("day", text)]
        if crowded and not self.by_month and self.days[0].first.year != self.days[-1].first.year:
            rows.append(("year", str(day.first.year)))
        return joined(
            element(
                "text",
                text,
                class_=f"{css} alt" if hides_on_phone else css,
                x="100%" if at_end else self.middle(place),
                y=_BASE + 20 + 17 * line,
                text_anchor="end" if at_end else "middle",
            )
            for line, (css, text) in enumerate(rows)
        )

    def legend(self) -> Markup:
        """Explain only what the picture has."""
        shown = [day for day in self.days if day.seen is Seen.SHOWN]
        notes = {note for day in shown if day.is_partial for note in day.notes}
        cut = "part of a day" if notes - {"not final", "visitors not exact"} else ""
        keys = [element("li", square("key-views"), "views")]
        if any(day.is_partial for day in shown):
            text = " or ".join(filter(None, [cut, "not final" if "not final" in notes else ""]))
            keys.append(element("li", square("key-part"), f"views, {text}"))
        if any(day.seen is Seen.HIDDEN for day in self.days):
            keys.append(element("li", square("key-hidden"), self.few))
        rule = element("line", x1=0, x2=14, y1=7, y2=7, class_="key-visitors")
        dot = element("circle", cx=7, cy=7, r=3.5, class_="key-visitors")
        keys.append(element("li", element("svg", rule, dot, viewBox="0 0 14 14", aria_hidden="true"), "visitors"))
        return element("ul", *keys, class_="legend")


def _table(days: Sequence[Day], unit: str, few: str) -> Markup:
    """Write the chart's twin: every day with all its figures and notes."""
    rows = []
    for day in days:
        remark = ", ".join([*day.notes, *_absence(day, few)])
        label = day_element(day.first, "month" if unit == "month" else "weekday")
        none = element("td", NOT_SHOWN, class_="num")
        shown = day.seen is Seen.SHOWN
        cells = [amount(day.views) if shown else none, amount(day.visitors) if shown else none]
        data = (
            amount(day.size_bytes, "bytes", wide_only=True) if shown else element("td", NOT_SHOWN, class_="num hide-s")
        )
        small = " " + element("small", remark) if remark else Markup()
        rows.append(row(joined([label, small]), *cells, amount(day.bots), data))
    columns = head(
        f"{unit.capitalize()} (UTC)", "Views", "Visitors", "Bot requests", "Data", sorted_by=-1, wide_only=(4,)
    )
    caption = element("caption", f"Views, visitors, bots and data by {unit}", class_="sr")
    table = element("table", caption, columns, element("tbody", *rows))
    return element("details", element("summary", "Table"), table, class_="twin")
