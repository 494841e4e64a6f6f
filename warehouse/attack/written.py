"""What is told of a day of a site, table by table, each as the program that it is to who knows the rules."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from policy.model import Releases
from warehouse.attack.claims import Target, named
from warehouse.attack.known.crossed import add_crossed, lines
from warehouse.attack.known.flat import Unknowns, add_flat
from warehouse.attack.known.linked import Link, add_linked, links
from warehouse.attack.known.nested import AGENTS, add_agents, add_places
from warehouse.attack.known.observed import Names, Observed
from warehouse.attack.known.program import Program, total

FLAT = {"page_daily": ("path",), "referrer_daily": ("referrer_host",), "missing_daily": ("missing",)}
PLACES = ("country", "region")
SUMS = {
    "geo_daily": (PLACES, (PLACES[:1], PLACES)),
    "agent_daily": (AGENTS, (("device",), ("system",), ("browser",), AGENTS[:2], AGENTS)),
}
Grain = tuple[str, ...]
Add = Callable[[Program, Observed, bool], tuple[Unknowns, Sequence[Target]]]
"""Writes down what was told after a night, for one who was told the names of the day's cells or was not; gives what is asked, too."""
CELLS_MAX: Final = 20_000
"""How many cells a table may have to be written down; the programs of a larger one take minutes each."""
LINKED_MAX: Final = 250
"""The same of two tables that are linked; these programs take longer, and every table is in some of them."""


@dataclass(frozen=True, slots=True)
class Written:
    """One table as it was told night after night.

    Attributes:
        method: what is said to have told when something is learned.
        history: what was told, one after each night.
        size: how many cells it has after the night that told most.
        size_max: how many it may have to be attacked.
        add: writes one night down.
    """

    method: str
    history: Sequence[Observed]
    size: int
    size_max: int
    add: Add

    def write(self, *, is_told_names: bool) -> tuple[Program, list[Target]]:
        """Write everything into one program; what came or went between two nights has one sign."""
        program = Program()
        targets: list[Target] = []
        before: Unknowns | None = None
        for one in self.history:
            unknowns, asked = self.add(program, one, is_told_names)
            if before is not None:
                sign = 1 if one.place.side == "casual" else -1
                for old, new in ((before.visitors, unknowns.visitors), (before.views, unknowns.views)):
                    for name in old.keys() & new.keys():
                        program.require({new[name]: sign, old[name]: -sign}, 0)
            before = unknowns
            targets += asked
        return program, targets


def tables(history: Sequence[Observed], names: Mapping[Grain, Collection[Names]], rule: Releases) -> Iterator[Written]:
    """Give everything that was told of one side of a day of a site.

    Args:
        history: what was told, one after each night.
        names: for each grain all cells that the site has in the month.
        rule: the limits that the tables were made by.
    """
    releases = {**SUMS, **{table: (grain, (grain,)) for table, grain in FLAT.items()}}

    def add_release(table: str, program: Program, one: Observed, is_told_names: bool) -> _Added:  # noqa: FBT001 - an Add
        grain, grains = releases[table]
        there = one.truth.get(grain, ()) if is_told_names else names.get(grain, ())
        add = {"geo_daily": add_places, "agent_daily": add_agents}.get(table, add_flat)
        day = one.missing_day if table == "missing_daily" else one.day
        unknowns = add(program, one.tables[table], there, day, rule.k, may_be_empty=not is_told_names)
        return unknowns, list(_targets(one, unknowns, grain, grains))

    for table, (grain, _) in releases.items():
        if told := [one for one in history if table in one.tables]:
            yield Written(table, told, len(names.get(grain, ())), CELLS_MAX, partial(add_release, table))
    sizes: dict[tuple[str, str], int] = {}
    for groups in sorted({groups for one in history for groups in one.crossed}):
        told = [one for one in history if groups in one.crossed]
        sides = [[len(lines(one, group, rule.k)) + 1 for group in groups] for one in told]
        sizes[groups] = max(first * second for first, second in sides)
        yield Written("interactive", told, sizes[groups], CELLS_MAX, partial(_add_crossed, groups, rule))
    for link in links(names) if sizes else ():
        both = link.groups(link.outer), link.groups(link.inner)
        if told := [one for one in history if all(groups in one.crossed for groups in both)]:
            size = sum(sizes[groups] for groups in both)
            yield Written("linked", told, size, LINKED_MAX, partial(_add_linked, link, rule))


_Added = tuple[Unknowns, Sequence[Target]]


def _add_crossed(
    groups: tuple[str, str],
    rule: Releases,
    program: Program,
    one: Observed,
    is_told_names: bool,  # noqa: FBT001 - an Add
) -> _Added:
    unknowns = add_crossed(program, one, groups, rule, is_told_names=is_told_names)
    return unknowns, list(_targets(one, unknowns, groups, None))


def _add_linked(
    link: Link,
    rule: Releases,
    program: Program,
    one: Observed,
    is_told_names: bool,  # noqa: FBT001 - an Add
) -> _Added:
    return add_linked(program, one, link, rule, is_told_names=is_told_names)


def _targets(one: Observed, unknowns: Unknowns, grain: Grain, grains: Sequence[Grain] | None) -> Iterator[Target]:
    if grains is None:
        for name, truth in one.crossed_truth[grain[0], grain[1]].items():
            yield Target(one.place, named(grain, name), {unknowns.visitors[name]: 1}, {unknowns.views[name]: 1}, truth)
        return
    for asked in grains:
        at = [grain.index(column) for column in asked]
        leaves: dict[Names, list[Names]] = defaultdict(list)
        for leaf in unknowns.visitors:
            leaves[tuple(leaf[column] for column in at)].append(leaf)
        for name, truth in one.truth.get(asked, {}).items():
            yield Target(
                one.place,
                named(asked, name),
                total(unknowns.visitors[leaf] for leaf in leaves[name]),
                total(unknowns.views[leaf] for leaf in leaves[name]),
                truth,
            )
