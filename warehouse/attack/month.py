"""The attack on a month: everything that is known of a day of a site, night after night, written down together and asked about."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from policy.model import Releases
from warehouse.attack.claims import Claim, Target, claims, named
from warehouse.attack.known.crossed import add_crossed
from warehouse.attack.known.flat import Unknowns, add_flat
from warehouse.attack.known.nested import AGENTS, add_agents, add_places
from warehouse.attack.known.observed import Names, Observed
from warehouse.attack.known.program import ContradictionError, Program, total

FLAT = {"page_daily": ("path",), "referrer_daily": ("referrer_host",), "missing_daily": ("missing",)}
PLACES = ("country", "region")
SUMS = {
    "geo_daily": (PLACES, (PLACES[:1], PLACES)),
    "agent_daily": (AGENTS, (("device",), ("system",), ("browser",), AGENTS[:2], AGENTS)),
}
Grain = tuple[str, ...]
TARGETS_MAX = 200
"""How many cells of one table are asked about, the smallest first; random worlds have fewer."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What an attack came to.

    Attributes:
        claims: what was learned, true or not.
        cells: how many cells below k that are not empty were asked about, by the columns that name them.
        contradictions: how many sets of inequalities had no solution; then something was wrongly taken to be known.
    """

    claims: tuple[Claim, ...]
    cells: Mapping[str, int]
    contradictions: int

    @property
    def learned(self) -> tuple[Claim, ...]:
        """The claims that are true."""
        return tuple(claim for claim in self.claims if claim.is_true)


def attack(history: Sequence[Observed], names: Mapping[Grain, Collection[Names]], rule: Releases, k: int) -> Findings:
    """Attack one side of one day of a site by everything that was told of it, night after night.

    It is done twice: by one who knows which cells the site has in the month, any of which may be empty on the day; and by one
    who knows which were not empty, as somebody may have told. For the second it is no finding that a cell is less than k/2:
    whoever counts the names of a day's groups beside its visitors knows that without any table.

    Args:
        history: what was published, one after each night that published it anew; rows only came for casual visitors and only
            went for customers, and the attacker knows that.
        names: for each grain all cells that the site has in the month, for an attacker may have a list of them.
        rule: the limits that the tables were made by.
        k: below which a cell must not be told.
    """
    found = list(_rows_told(history, k))
    asked: Counter[str] = Counter()
    contradictions = 0
    for is_told_names in (False, True):
        for method, program, targets in _programs(history, names, rule, is_told_names=is_told_names):
            small = [target for target in targets if 0 < target.truth.visitors < k]
            small = sorted(small, key=lambda target: target.truth.visitors)[:TARGETS_MAX]
            if not is_told_names:
                asked.update(",".join(column for column, _ in target.cell) for target in small)
            try:
                made = claims(program, small, f"{method}, names known" if is_told_names else method, k) if small else ()
                found += [claim for claim in made if not (is_told_names and claim.what == "fewer")]
            except ContradictionError:
                contradictions += 1
    return Findings(tuple(found), dict(asked), contradictions)


def _rows_told(history: Sequence[Observed], k: int) -> Iterator[Claim]:
    """Read the tables: a row of fewer than k visitors needs no further thought."""
    for one in history:
        for table, rows in one.tables.items():
            for names, (visitors, _) in rows.items():
                if visitors < k:
                    cell = tuple((f"{table} {at}", name) for at, name in enumerate(names, 1))
                    yield Claim("rows", one.place, cell, "visitors", visitors, visitors, is_true=True)


def together(parts: Iterable[Findings]) -> Findings:
    """Add up findings."""
    whole = list(parts)
    cells: Counter[str] = Counter()
    for part in whole:
        cells.update(part.cells)
    return Findings(
        tuple(claim for part in whole for claim in part.claims), dict(cells), sum(part.contradictions for part in whole)
    )


def _programs(
    history: Sequence[Observed], names: Mapping[Grain, Collection[Names]], rule: Releases, *, is_told_names: bool
) -> Iterator[tuple[str, Program, list[Target]]]:
    def names_of(one: Observed, grain: Grain) -> Collection[Names]:
        return one.truth.get(grain, ()) if is_told_names else names.get(grain, ())

    for table, (grain, grains) in SUMS.items():
        add = add_places if table == "geo_daily" else add_agents

        def write(
            program: Program, one: Observed, table: str = table, grain: Grain = grain, add: _Add = add
        ) -> Unknowns:
            return add(
                program, one.tables[table], names_of(one, grain), one.day, rule.k, may_be_empty=not is_told_names
            )

        yield _by_nights(table, [one for one in history if table in one.tables], write, grain, grains)
    for table, grain in FLAT.items():

        def write_flat(program: Program, one: Observed, table: str = table, grain: Grain = grain) -> Unknowns:
            day = one.missing_day if table == "missing_daily" else one.day
            return add_flat(
                program, one.tables[table], names_of(one, grain), day, rule.k, may_be_empty=not is_told_names
            )

        yield _by_nights(table, [one for one in history if table in one.tables], write_flat, grain, (grain,))
    for groups in sorted({groups for one in history for groups in one.crossed}):

        def write_crossed(program: Program, one: Observed, groups: tuple[str, str] = groups) -> Unknowns:
            return add_crossed(program, one, groups, rule, is_told_names=is_told_names)

        yield _by_nights("interactive", [one for one in history if groups in one.crossed], write_crossed, groups, None)


_Add = Callable[..., Unknowns]


def _by_nights(
    method: str,
    history: Sequence[Observed],
    write: Callable[[Program, Observed], Unknowns],
    grain: Grain,
    grains: Sequence[Grain] | None,
) -> tuple[str, Program, list[Target]]:
    """Write one table down as it was told night after night; what came or went in between has one sign."""
    program = Program()
    targets: list[Target] = []
    before: Unknowns | None = None
    for one in history:
        unknowns = write(program, one)
        if before is not None:
            sign = 1 if one.place.side == "casual" else -1
            for old, new in ((before.visitors, unknowns.visitors), (before.views, unknowns.views)):
                for name in old.keys() & new.keys():
                    program.require({new[name]: sign, old[name]: -sign}, 0)
        before = unknowns
        targets += _targets(one, unknowns, grain, grains)
    return method, program, targets


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


def names_of_month(
    histories: Mapping[tuple[tuple[date, str], str], Sequence[Observed]],
) -> dict[tuple[str, str], dict[Grain, set[Names]]]:
    """Give all cells that each side of each site has in the month, by grain."""
    found: dict[tuple[str, str], dict[Grain, set[Names]]] = defaultdict(lambda: defaultdict(set))
    for ((_, site), side), history in histories.items():
        for one in history:
            for grain, cells in one.truth.items():
                found[site, side][grain].update(cells)
    return found
