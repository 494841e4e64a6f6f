"""Tables in which each visitor is in one cell: regions of countries, and the three sums of the table of agents."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from warehouse.attack.known.flat import Unknowns, add_cell
from warehouse.attack.known.observed import OTHER, Figures, Names, Rows
from warehouse.attack.known.program import Program, total

ENDLESS = float("inf")
AGENTS = ("device", "system", "browser")


def add_places(
    program: Program, rows: Rows, leaves: Collection[Names], day: Figures, k: int, *, may_be_empty: bool = True
) -> Unknowns:
    """Write down what the table of places says of every region that there is, as (country, region)."""
    unknowns = _leaves(program, leaves, day, 0 if may_be_empty else 1)
    inner: dict[str, dict[str, Figures]] = defaultdict(dict)
    for (country, region), figures in rows.items():
        inner[country][region] = figures
    shown = {country: _sum(found.values()) for country, found in inner.items() if country != OTHER}
    for country, found in inner.items():
        if country != OTHER:
            within = {leaf[1]: [leaf] for leaf in leaves if leaf[0] == country}
            _merge(program, unknowns, within, found, k)
    countries: dict[str, list[Names]] = defaultdict(list)
    for leaf in leaves:
        countries[leaf[0]].append(leaf)
    rest = inner.get(OTHER, {}).get(OTHER)
    _merge(program, unknowns, countries, shown | ({OTHER: rest} if rest else {}), k)
    return unknowns


def add_agents(
    program: Program, rows: Rows, leaves: Collection[Names], day: Figures, k: int, *, may_be_empty: bool = True
) -> Unknowns:
    """Write down what the three sums of the table of agents say of every (device, system, browser) that there is.

    A system has in its row those of its visitors whose device and system are shown together; which these are is not told.
    """
    unknowns = _leaves(program, leaves, day, 0 if may_be_empty else 1)
    facets: dict[str, dict[str, Figures]] = defaultdict(dict)
    for (facet, name), figures in rows.items():
        facets[facet][name] = figures
    devices: dict[str, list[Names]] = defaultdict(list)
    for leaf in leaves:
        devices[leaf[0]].append(leaf)
    _merge(program, unknowns, devices, facets["device"], k)
    chosen: dict[Names, int | None] = {(device,): None for device in facets["device"] if device != OTHER}
    for depth in (2, 3):
        chosen = _add_sums(program, unknowns, chosen, facets[AGENTS[depth - 1]], depth, day, k)
    return unknowns


def _leaves(program: Program, leaves: Collection[Names], day: Figures, least: int) -> Unknowns:
    unknowns = Unknowns()
    for leaf in sorted(leaves):
        add_cell(program, unknowns, leaf, (least, day[0]), (least, day[1]))
    return unknowns


def _sum(figures: Iterable[Figures]) -> Figures:
    found = list(figures)
    return sum(visitors for visitors, _ in found), sum(views for _, views in found)


def _merge(
    program: Program, unknowns: Unknowns, cells: Mapping[str, list[Names]], shown: Mapping[str, Figures], k: int
) -> None:
    """Write down one parent: what is shown is so, all else is in `other` or not there, and is no larger than what is shown."""
    rest = shown.get(OTHER)
    visitors_shown = [visitors for name, (visitors, _) in shown.items() if name != OTHER]
    hidden: list[Names] = []
    for name, leaves in cells.items():
        n, v = (total(found[leaf] for leaf in leaves) for found in (unknowns.visitors, unknowns.views))
        if name in shown and name != OTHER:
            program.equal(n, shown[name][0])
            program.equal(v, shown[name][1])
            continue
        hidden += leaves
        if rest is not None and visitors_shown:
            program.require(n, 0, max(k - 1, min(visitors_shown)))
    if hidden:
        visitors, views = rest or (0, 0)
        program.equal(total(unknowns.visitors[leaf] for leaf in hidden), visitors)
        program.equal(total(unknowns.views[leaf] for leaf in hidden), views)


def _add_sums(  # noqa: PLR0917 - all that is known of a facet
    program: Program,
    unknowns: Unknowns,
    above: Mapping[Names, int | None],
    shown: Mapping[str, Figures],
    depth: int,
    day: Figures,
    k: int,
) -> dict[Names, int | None]:
    """Write down the sums of one facet: each group below a shown one is in the row of its name, or in no row.

    Args:
        program, unknowns: what there is.
        above: the groups of the facet before that may be shown, each with the variable that is 1 when it is, or None for sure.
        shown: the rows of this facet.
        depth: how many names a group has.
        day: visitors and views of the day.
        k: the fewest visitors of a group that is shown.

    Returns:
        The same as `above`, for this facet.
    """
    groups: dict[Names, list[Names]] = defaultdict(list)
    for leaf in unknowns.visitors:
        groups[leaf[:depth]].append(leaf)
    chosen: dict[Names, int | None] = {}
    sums: dict[str, tuple[dict[int, float], dict[int, float]]] = defaultdict(lambda: ({}, {}))
    for group, leaves in groups.items():
        name = group[-1]
        if group[:-1] not in above or name not in shown or name == OTHER:
            continue
        is_shown = program.variable(0, 1)
        if (upper := above[group[:-1]]) is not None:
            program.require({upper: 1, is_shown: -1}, 0)
        for at, (found, most) in enumerate(((unknowns.visitors, day[0]), (unknowns.views, day[1]))):
            part = program.variable(0, most)
            whole = total(found[leaf] for leaf in leaves)
            program.require({**whole, part: -1}, 0)
            program.require({is_shown: most, part: -1}, 0)
            program.require({**dict.fromkeys(whole, -1.0), part: 1, is_shown: -most}, -most)
            program.require({part: 1, is_shown: -k}, 0)
            sums[name][at][part] = 1
        chosen[group] = is_shown
    for name, (visitors, views) in sums.items():
        program.equal(visitors, shown[name][0])
        program.equal(views, shown[name][1])
    return chosen
