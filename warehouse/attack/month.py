"""The attack on a month: everything that is known of a day of a site, night after night, is asked about."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Final

from policy.model import Releases
from warehouse.attack.claims import Claim, Place, Target, can_be, fewer, figures
from warehouse.attack.known.observed import Names, Observed
from warehouse.attack.known.program import ContradictionError
from warehouse.attack.written import Grain, Written, tables

TARGETS_MAX: Final = 200
"""How many cells of one table are asked about, the smallest first; random worlds have fewer."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What an attack came to.

    Attributes:
        claims: what was learned, true or not.
        cells: how many cells below k that are not empty were asked about, by the columns that name them.
        contradictions: how many sets of inequalities had no solution; then something was wrongly taken to be known.
        cells_left: how many such cells were not asked about, by the columns that name them, for their table had enough smaller ones.
        tables: how many tables were attacked: releases, interactive tables, and pairs of these that can be linked, of one side of
            one day of a site.
        tables_left: how many were too large to be attacked.
    """

    claims: tuple[Claim, ...]
    cells: Mapping[str, int] = field(default_factory=dict)
    contradictions: int = 0
    cells_left: Mapping[str, int] = field(default_factory=dict)
    tables: int = 0
    tables_left: int = 0

    @property
    def learned(self) -> tuple[Claim, ...]:
        """The claims that are true."""
        return tuple(claim for claim in self.claims if claim.is_true)


def attack(history: Sequence[Observed], names: Mapping[Grain, Collection[Names]], rule: Releases, k: int) -> Findings:
    """Attack one side of one day of a site by everything that was told of it, night after night.

    It is done twice: by one who knows which cells were not empty, as somebody may have told; and by one who knows which cells
    the site has in the month, any of which may be empty on the day. The first knows all that the second does, so the second is
    asked for figures only where the first had them. For the first it is no finding that a cell is less than k/2:
    whoever counts the names of a day's groups beside its visitors knows that without any table.

    Args:
        history: what was published, one after each night that published it anew; rows only came for casual visitors and only
            went for customers, and the attacker knows that.
        names: for each grain all cells that the site has in the month, for an attacker may have a list of them.
        rule: the limits that the tables were made by.
        k: below which a cell must not be told.
    """
    parts = (
        _attack_table(table, k) if table.size <= table.size_max else Findings((), tables_left=1)
        for table in tables(history, names, rule)
    )
    return together([Findings(tuple(_rows_told(history, k))), *parts])


def _attack_table(table: Written, k: int) -> Findings:
    """Ask about the smallest cells of one table."""
    found: list[Claim] = []
    contradictions = 0

    def ask(what: Callable[[Sequence[Target]], Iterator[Claim]], targets: Sequence[Target]) -> int:
        try:
            found.extend(what(targets) if targets else ())
        except ContradictionError:
            return 1
        return 0

    program, targets = table.write(is_told_names=True)
    small = sorted((one for one in targets if 0 < one.truth.visitors < k), key=lambda one: one.truth.visitors)
    chosen = small[:TARGETS_MAX]
    contradictions += ask(partial(figures, program, method=f"{table.method}, names known", k=k), chosen)
    known = {_name(claim) for claim in found}
    # What can be for who knows more can be for who knows less.
    little = {_name(one) for one in chosen if contradictions or not can_be(program, one, k / 2)} | known
    if little:
        program, targets = table.write(is_told_names=False)
        again = [one for one in targets if _name(one) in little and 0 < one.truth.visitors < k]
        contradictions += ask(partial(fewer, program, method=table.method, k=k), again)
        again = [one for one in again if _name(one) in known]
        contradictions += ask(partial(figures, program, method=table.method, k=k), again)
    cells, cells_left = (
        Counter(",".join(column for column, _ in one.cell) for one in some) for some in (chosen, small[TARGETS_MAX:])
    )
    return Findings(tuple(found), cells, contradictions, cells_left, 1)


def _name(one: Claim | Target) -> tuple[Place, tuple[tuple[str, str], ...]]:
    return one.place, one.cell


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
    cells_left: Counter[str] = Counter()
    for part in whole:
        cells.update(part.cells)
        cells_left.update(part.cells_left)
    return Findings(
        tuple(claim for part in whole for claim in part.claims),
        cells,
        sum(part.contradictions for part in whole),
        cells_left,
        sum(part.tables for part in whole),
        sum(part.tables_left for part in whole),
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
