"""What is told of a day of a site, table by table, each as the program that it is to who knows the rules."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from policy.model import Releases
from warehouse.attack.claims import Target, named
from warehouse.attack.known.crossed import add_crossed, lines
from warehouse.attack.known.flat import Unknowns, add_flat
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
Add = Callable[[Program, Observed, bool], Unknowns]
"""Writes down what was told after a night, for one who was told the names of the day's cells or was not."""


@dataclass(frozen=True, slots=True)
class Written:
    """One table as it was told night after night.

    Attributes:
        method: what is said to have told when something is learned.
        history: what was told, one after each night.
        grain: the columns that name its cells.
        grains: the columns by which cells are asked about; None for those that interactive tables name.
        size: how many cells it has at most.
        add: writes one night down.
    """

    method: str
    history: Sequence[Observed]
    grain: Grain
    grains: Sequence[Grain] | None
    size: int
    add: Add

    def write(self, *, is_told_names: bool) -> tuple[Program, list[Target]]:
        """Write everything into one program; what came or went between two nights has one sign."""
        program = Program()
        targets: list[Target] = []
        before: Unknowns | None = None
        for one in self.history:
            unknowns = self.add(program, one, is_told_names)
            if before is not None:
                sign = 1 if one.place.side == "casual" else -1
                for old, new in ((before.visitors, unknowns.visitors), (before.views, unknowns.views)):
                    for name in old.keys() & new.keys():
                        program.require({new[name]: sign, old[name]: -sign}, 0)
            before = unknowns
            targets += _targets(one, unknowns, self.grain, self.grains)
        return program, targets


def tables(history: Sequence[Observed], names: Mapping[Grain, Collection[Names]], rule: Releases) -> Iterator[Written]:
    """Give everything that was told of one side of a day of a site.

    Args:
        history: what was told, one after each night.
        names: for each grain all cells that the site has in the month.
        rule: the limits that the tables were made by.
    """

    def add_release(table: str, program: Program, one: Observed, is_told_names: bool) -> Unknowns:  # noqa: FBT001 - an Add
        grain = FLAT.get(table) or SUMS[table][0]
        there = one.truth.get(grain, ()) if is_told_names else names.get(grain, ())
        add = {"geo_daily": add_places, "agent_daily": add_agents}.get(table, add_flat)
        day = one.missing_day if table == "missing_daily" else one.day
        return add(program, one.tables[table], there, day, rule.k, may_be_empty=not is_told_names)

    for table, (grain, grains) in {**SUMS, **{table: (grain, (grain,)) for table, grain in FLAT.items()}}.items():
        if told := [one for one in history if table in one.tables]:
            yield Written(table, told, grain, grains, len(names.get(grain, ())), partial(add_release, table))
    for groups in sorted({groups for one in history for groups in one.crossed}):
        told = [one for one in history if groups in one.crossed]
        sizes = [[len(lines(one, group, rule.k)) + 1 for group in groups] for one in told]
        size = sum(first * second for first, second in sizes)
        yield Written("interactive", told, groups, None, size, partial(_add_crossed, groups, rule))


def _add_crossed(
    groups: tuple[str, str],
    rule: Releases,
    program: Program,
    one: Observed,
    is_told_names: bool,  # noqa: FBT001 - an Add
) -> Unknowns:
    return add_crossed(program, one, groups, rule, is_told_names=is_told_names)


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
