"""Key figures: one large number each, a few words below it, and a small picture without text."""

from collections.abc import Sequence
from typing import Final

from dashboards.parts.markup import Markup, element, percent

SPARKS_MAX: Final = 36
_BAR_WIDTH, _SPARK_WIDTH = 14, 144


def figures_panel(*cells: Markup) -> Markup:
    """Put key figures side by side in one panel."""
    return element("dl", *cells, class_="panel kpis", aria_label="Key figures")


def figure(name: str, value: str, more: Sequence[str], picture: str = "") -> Markup:
    """Write one key figure: its name, the number, a few words, a picture."""
    big = element("dd", value, class_="big")
    small = element("dd", *more, class_="more")
    return element("div", element("dt", name), big, small, element("dd", picture), class_="kpi")


def share_bar(share: float) -> Markup:
    """Draw a share of 1 as a part of a whole bar."""
    whole = element("rect", width="100%", y="75%", height="25%", rx=3, fill_opacity=0.25)
    part = element("rect", width=percent(100 * share), y="75%", height="25%", rx=3)
    return element("svg", whole, part, class_="spark", aria_hidden="true")


def spark(values: Sequence[float], partial: Sequence[bool] = (), css: str = "") -> Markup:
    """Draw bars without text, for the same figures stand in a table; many are drawn as their means.

    `partial` says of each value whether it is hatched; none is when it is left out.
    """
    size = -(-len(values) // SPARKS_MAX) or 1
    starts = range(0, len(values), size)
    means = [sum(values[start : start + size]) / len(values[start : start + size]) for start in starts]
    hatched = [any(partial[start : start + size]) for start in starts]
    top, step = max(means, default=0), 100 / max(1, len(means))
    bars = [
        element(
            "rect",
            x=percent(place * step + step * 0.12),
            width=percent(step * 0.76),
            y=percent(100 - 100 * mean / top),
            height=percent(100 * mean / top),
            rx=1.5,
            class_="part" if hatched[place] else None,
        )
        for place, mean in enumerate(means)
        if top and mean
    ]
    width = min(_SPARK_WIDTH, _BAR_WIDTH * len(means))
    return element("svg", *bars, class_=f"spark {css}".rstrip(), width=width, aria_hidden="true")
