"""HTML by construction: whatever is not `Markup` is escaped, so a path or a host name can never become an element."""

import html
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal, Self

# Control characters are shown as pictures of themselves (␀, ␛): browsers would drop or mangle them.
_CONTROL: Final = {code: 0x2400 + code for code in range(32) if code not in (9, 10, 13)} | {0x7F: 0x2421}
_EMPTY: Final = frozenset({"circle", "col", "line", "path", "rect"})
_SMALL_SHARE: Final = 0.01
_LEAST_SHARE: Final = 0.0005
"""What is less would be written as 0.0%, though it is something."""
Style = Literal["percent", "bytes", "short", "money", "whole"]
_SHORT_FROM: Final = 10**7


class Markup(str):
    """Text that is HTML already; made by this module's functions only."""

    __slots__ = ()

    def __add__(self, other: str) -> Self:
        """Stay markup: what is added is escaped unless it is markup too."""
        return type(self)(str.__add__(self, escape(other)))

    def __radd__(self, other: str) -> Self:
        """Stay markup when added to text, which is escaped."""
        return type(self)(str.__add__(escape(other), self))


def escape(text: str) -> Markup:
    """Make any text safe between tags and in quoted attributes."""
    return text if isinstance(text, Markup) else Markup(html.escape(text.translate(_CONTROL)))


def element(tag: str, /, *children: str, **attributes: str | float | None) -> Markup:
    """Write one element; ``data_c`` becomes ``data-c``, ``class_`` becomes ``class``, None and False are left out."""
    head = "".join(_attribute(name, value) for name, value in attributes.items())
    if not children and tag in _EMPTY:
        return Markup(f"<{tag}{head}/>")
    return Markup(f"<{tag}{head}>{joined(children)}</{tag}>")


def _attribute(name: str, value: str | float | None) -> str:
    if value is None or value is False:
        return ""
    name = name.rstrip("_").replace("_", "-")
    if value is True:
        return f" {name}"
    return f' {name}="{escape(value) if isinstance(value, str) else f"{value:.10g}"}"'


def joined(parts: Iterable[str], between: str = "") -> Markup:
    """Put parts side by side."""
    return Markup(escape(between).join(escape(part) for part in parts))


def percent(part: float) -> str:
    """Write a length in percent for SVG, short: 33.33%."""
    return f"{part:.2f}".rstrip("0").rstrip(".") + "%"


def number(value: float | Decimal, style: Style | None = None) -> Markup:
    """Write a number that reads without scripts and is set again in the reader's own format by the script.

    `style` is None for a count, "percent" for a share of 1, "bytes" for a size, "short" for a count of any length, "money" for
    an amount to the cent, "whole" for one without its cents.
    """
    if style == "short" and value < _SHORT_FROM:
        style = None
    text = f"{value:,}"
    if style == "percent":
        least = "<0.1%" if value < _LEAST_SHARE else f"{value:.1%}"
        text = least if 0 < value < _SMALL_SHARE else f"{value:.0%}"
    elif style == "bytes":
        text = size_text(float(value))
    elif style == "short":
        text = short_text(float(value))
    elif style in {"money", "whole"}:
        text = f"{value:,.{2 if style == 'money' else 0}f}"
    return element("data", text, value=str(value), data_style=style)


def size_text(size_bytes: float) -> str:
    """Write a size in decimal units: 2.75 GB, 879 MB, 55 kB, 626 B."""
    for unit, factor, digits in (("TB", 10**12, 2), ("GB", 10**9, 2), ("MB", 10**6, 0), ("kB", 10**3, 0)):
        if size_bytes >= factor:
            return f"{size_bytes / factor:,.{digits}f} {unit}"
    return f"{size_bytes:.0f} B"


def short_text(value: float, top: float | None = None) -> str:
    """Write a count in few characters, for axes and key figures: 350, 2,500, 20k, 2.5M, 12B.

    On an axis up to `top` all figures take the same unit: 5k beside 10k, but 5,000 alone.
    """
    thousands_from = 10**3 if (value if top is None else top) >= 10**4 else 10**4
    for unit, factor, least in (("B", 10**9, 10**9), ("M", 10**6, 10**6), ("k", 10**3, thousands_from)):
        if value >= least:
            return f"{value / factor:.3g}{unit}" if value < 1000 * factor else f"{value / factor:,.0f}{unit}"
    return f"{value:,.0f}"


def day_text(day: date, style: str = "") -> str:
    """Write a date: 20 May 2015; "weekday": Wed 20 May 2015; "month": May 2015; "short": 20 May."""
    return {
        "": f"{day.day} {day:%b %Y}",
        "long": f"{day.day} {day:%B %Y}",
        "weekday": f"{day:%a} {day.day} {day:%b %Y}",
        "month": f"{day:%b %Y}",
        "short": f"{day.day} {day:%b}",
    }[style]


def time_text(at: datetime) -> str:
    """Write a date with its minute."""
    return f"{day_text(at.date())}, {at:%H:%M}"


def day_element(day: date, style: str = "") -> Markup:
    """Write a date for people and machines."""
    return element("time", day_text(day, style), datetime=day.isoformat())


def count_of(amount: int, one: str, many: str = "") -> str:
    """Write "1 day" or "4 days"."""
    return f"{amount:,} {one if amount == 1 else many or one + 's'}"


def bar(value: float, top: float) -> Markup:
    """Draw the bar behind a label; even the smallest value shows."""
    width = max(0.6, 100 * value / top) if value and top else 0
    return element("svg", element("rect", width=percent(width)), class_="bar", aria_hidden="true")


def square(name: str) -> Markup:
    """Draw a legend's key in the colour of class `name`."""
    rect = element("rect", width=14, height=14, rx=3, class_=name)
    return element("svg", rect, viewBox="0 0 14 14", aria_hidden="true")
