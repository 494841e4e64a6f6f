"""Two interactive tables linked: whoever is in a region is in its country, and both tables count the same pages."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from policy.model import Releases
from warehouse.attack.claims import Cell, Target
from warehouse.attack.known.crossed import Key, write_crossed
from warehouse.attack.known.flat import Unknowns
from warehouse.attack.known.observed import Names, Observed
from warehouse.attack.known.program import Program
from warehouse.traffic.question import GROUPS

NESTED = (
    ("country", "region", ("country", "region")),
    ("device", "system", ("device", "system")),
    ("device", "browser", ("device", "system", "browser")),
    ("system", "browser", ("device", "system", "browser")),
)
"""An outer and an inner dimension, and the columns by which it is known what is in what; each visitor has one value of both."""


@dataclass(frozen=True, slots=True)
class Link:
    """Two interactive tables of an outer and an inner dimension, both crossed with the same third one.

    Attributes:
        outer, inner, third: the dimensions.
        within: for each value of the inner dimension the one of the outer that it is always in; others are not here.
    """

    outer: str
    inner: str
    third: str
    within: Mapping[str, str]

    def groups(self, dimension: str) -> tuple[str, str]:
        """Name the table of one of the two dimensions and the third."""
        first, second = sorted((dimension, self.third), key=GROUPS.index)
        return first, second

    def key(self, dimension: str, name: str | None, third: str | None) -> Key:
        """Name a cell of that table."""
        return (name, third) if self.groups(dimension)[0] == dimension else (third, name)


def links(names: Mapping[tuple[str, ...], Collection[Names]]) -> Iterator[Link]:
    """Give all pairs of tables that can be linked, by what the month shows to be always within what."""
    for outer, inner, grain in NESTED:
        found: dict[str, set[str]] = defaultdict(set)
        for cell in names.get(grain, ()):
            found[cell[grain.index(inner)]].add(cell[grain.index(outer)])
        within = {name: min(above) for name, above in found.items() if len(above) == 1}
        for third in GROUPS:
            if third not in {outer, inner}:
                yield Link(outer, inner, third, within)


def add_linked(
    program: Program, observed: Observed, link: Link, rule: Releases, *, is_told_names: bool
) -> tuple[Unknowns, list[Target]]:
    """Write down both tables and what links them.

    Returns:
        What is in the cells of both, under their dimensions' names, for they may have names in common; and what is asked: each
        cell of the outer table without all inner ones that have a line.
    """
    outer, inner = (
        write_crossed(program, observed, link.groups(dimension), rule, is_told_names=is_told_names)
        for dimension in (link.outer, link.inner)
    )
    at = (link.groups(link.outer).index(link.third), link.groups(link.inner).index(link.third))
    lines = (link.groups(link.outer).index(link.outer), link.groups(link.inner).index(link.inner))
    parts: dict[Key, list[Key]] = defaultdict(list)
    for key in inner:
        above = link.within.get(key[lines[1]] or "")
        if above is not None:
            parts[link.key(link.outer, above, key[at[1]])].append(key)
    for figure in (0, 1):
        for key, found in outer.items():
            if key in parts:
                below = dict.fromkeys((inner[one][figure] for one in parts[key]), -1.0)
                program.require({found[figure]: 1, **below}, 0)
        for third in {key[at[0]] for key in outer}:
            whole = {found[figure]: 1.0 for key, found in outer.items() if key[at[0]] == third}
            other = {found[figure]: -1.0 for key, found in inner.items() if key[at[1]] == third}
            program.equal({**whole, **other}, 0)
    unknowns = Unknowns()
    for dimension, cells in ((link.outer, outer), (link.inner, inner)):
        for key, found in cells.items():
            if None not in key:
                name = (dimension, str(key[0]), str(key[1]))
                unknowns.visitors[name], unknowns.views[name] = found
    return unknowns, list(_rests(observed, link, (outer, inner), parts))


def _rests(
    observed: Observed,
    link: Link,
    tables: tuple[Mapping[Key, tuple[int, int]], Mapping[Key, tuple[int, int]]],
    parts: Mapping[Key, list[Key]],
) -> Iterator[Target]:
    """Ask what is left of a cell of the outer table without its parts; who asks may know three of its visitors, with a view each."""
    outer, inner = (observed.crossed_truth[link.groups(dimension)] for dimension in (link.outer, link.inner))
    for (a, b), cell in outer.items():
        key = (a, b)
        below = [inner[x, y] for x, y in parts.get(key, ()) if x is not None and y is not None and (x, y) in inner]
        visitors = cell.visitors - sum(one.visitors for one in below)
        views = cell.views - sum(one.views for one in below)
        people, seen = (
            {tables[0][key][figure]: 1.0, **dict.fromkeys((tables[1][one][figure] for one in parts.get(key, ())), -1.0)}
            for figure in (0, 1)
        )
        name = (*zip(link.groups(link.outer), (a, b), strict=True), ("without", link.inner))
        yield Target(observed.place, name, people, seen, Cell(visitors, views, min(visitors, 3)))
