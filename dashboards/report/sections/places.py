"""The world map and the table of countries and regions; only countries of the table are coloured."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dashboards import maps
from dashboards.parts.markup import Markup, element, joined
from dashboards.parts.panel import panel
from dashboards.report.figures import UNKNOWN, Figures, Group
from dashboards.report.options import ReportOptions
from dashboards.report.ranking import Columns, other_notice, ranking_table

_ROUND: Final = (20, 50, *(part * 10**power for power in range(2, 12) for part in (1, 2.5, 5)))
STEPS_MAX: Final = 4


def places(figures: Figures, options: ReportOptions) -> Markup:
    """Write map, legend and table side by side."""
    period, countries = figures.period, figures.countries
    columns = Columns(
        caption="Views and visitors by country and region",
        label="Country",
        members="countries",
        days=period.days_shown,
        k=options.k,
        visitors=period.visitor_days,
    )
    table = ranking_table(countries, columns, _country_label)
    drawing = element("div", *_map(countries.groups), other_notice(countries, columns), class_="map")
    body = element("div", drawing, element("div", table), class_="places")
    return panel("places", "Countries and regions", body, questions=("places",), sub="views by people")


def steps(top: int) -> list[int]:
    """Choose up to four round numbers of views at which the map's colour changes, spread over all sizes up to `top`."""
    below = [int(edge) for edge in _ROUND if edge <= top]
    if len(below) <= STEPS_MAX:
        return below
    return [below[round((number + 1) * len(below) / (STEPS_MAX + 1))] for number in range(STEPS_MAX)]


def _country_label(group: Group) -> Markup:
    """Write the code for those who have no script, and the name."""
    code = "" if group.name == UNKNOWN else group.name
    name = element("span", group.label, class_="name")
    return element("span", code, class_="code", aria_hidden="true") + name


def _map(groups: Sequence[Group]) -> list[Markup]:
    """Draw land, then the countries of the table by rank, so that the keyboard walks from large to small."""
    world = maps.world()
    edges = steps(max((group.views for group in groups), default=0))
    drawn = [group for group in groups if group.name in world["countries"]]
    levels = {group.name: 1 + sum(group.views >= edge for edge in edges) for group in drawn}
    rest = "".join(shape["path"] for code, shape in world["countries"].items() if code not in levels)
    shapes = [_shape(group, world["countries"][group.name], levels[group.name]) for group in drawn]
    land = element("path", class_="land", d=rest)
    label = "World map of views by country; the table beside it has the same figures."
    role = "group" if shapes else "img"
    picture = element("svg", land, *shapes, class_="world", viewBox=world["viewBox"], role=role, aria_label=label)
    parts = [picture, _legend(edges, set(levels.values()))]
    if shapes:
        hint = "Point at a country, or choose one in the table to see its regions."
        parts.append(element("output", hint, class_="readout js-only", id="place"))
    return parts


def _shape(group: Group, outline: Mapping[str, Any], level: int) -> Markup:
    """Draw a country; the smallest states are dots, which a finger can still find."""
    title = element("title", f"{group.label}: {group.views:,} views")
    css = f"place s{level}"
    if "point" in outline:
        x, y = outline["point"]
        return element("circle", title, class_=css, data_c=group.name, cx=x, cy=y, r=4)
    return element("path", title, class_=css, data_c=group.name, d=outline["path"])


def _legend(edges: Sequence[int], used: set[int]) -> Markup:
    """Name the steps that the map uses, and what the pale land means."""
    keys = []
    for level in sorted(used):
        low, high = edges[level - 2] if level > 1 else 0, edges[level - 1] if level <= len(edges) else None
        text = "views" if not edges else f"{low:,} and more" if high is None else f"{low:,} to {high - 1:,}"
        keys.append(_key(f"s{level}", f"below {high:,}" if level == 1 and high else text))
    keys.append(_key("land", "no visits or in “other”"))
    return element("ul", joined(keys), class_="scale", aria_label="Views")


def _key(css: str, text: str) -> Markup:
    rect = element("rect", width="100%", height="100%", class_=css)
    return element("li", element("svg", rect, aria_hidden="true"), text)
