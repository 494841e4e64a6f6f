"""Tables in which a visitor may be in several cells: pages, referring hosts, missing paths."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from warehouse.attack.known.observed import OTHER, Figures, Names, Rows
from warehouse.attack.known.program import Program, total


@dataclass(frozen=True, slots=True)
class Unknowns:
    """The variables of cells: visitors and views by name."""

    visitors: dict[tuple[str, ...], int] = field(default_factory=dict)
    views: dict[tuple[str, ...], int] = field(default_factory=dict)


def band(visitors: int, day_visitors: int, k: int) -> tuple[int, int]:
    """Say what a published number of visitors of a shared cell stands for.

    Where 1 to k-1 of the day's visitors are not in it, the row says k fewer than the day has.
    """
    if day_visitors >= 2 * k and visitors == day_visitors - k:
        return visitors, day_visitors - 1
    return visitors, visitors


def add_cell(
    program: Program, unknowns: Unknowns, name: tuple[str, ...], visitors: tuple[int, int], views: tuple[int, int]
) -> None:
    """Add one cell: each visitor has a view at least, and no view is nobody's."""
    n = unknowns.visitors[name] = program.variable(*visitors)
    v = unknowns.views[name] = program.variable(*views)
    if visitors[0] < visitors[1] or views[0] < views[1]:
        program.require({v: 1, n: -1}, 0)
        program.require({n: views[1], v: -1}, 0)


def add_flat(
    program: Program, rows: Rows, names: Collection[Names], day: Figures, k: int, *, may_be_empty: bool = True
) -> Unknowns:
    """Write down what a table says of every name that there is.

    A cell that is not shown is in `other`: it is small, or one of the next smallest, so it has no more visitors than the
    smallest shown. `other` counts its visitors once each.

    Args:
        program: takes the unknowns.
        rows: the table's rows.
        names: all names that there may be.
        day: visitors and views of the day.
        k: the fewest visitors of a row.
        may_be_empty: whether a name may be absent on the day.
    """
    unknowns = Unknowns()
    day_visitors = day[0]
    shown = {name: figures for (name,), figures in rows.items() if name != OTHER}
    rest: Figures | None = rows.get((OTHER,))
    most = day_visitors
    if shown and day_visitors >= 2 * k:
        most = max(k - 1, min(band(visitors, day_visitors, k)[1] for visitors, _ in shown.values()))
    hidden = sorted({name for (name,) in names} - set(shown))
    least_hidden = 0 if may_be_empty else 1
    for name, (visitors, views) in shown.items():
        add_cell(program, unknowns, (name,), band(visitors, day_visitors, k), (views, views))
    for name in hidden:
        figures: Mapping[bool, tuple[tuple[int, int], tuple[int, int]]] = {
            True: ((0, 0), (0, 0)),
            False: ((least_hidden, min(most, day_visitors)), (least_hidden, rest[1] if rest else 0)),
        }
        add_cell(program, unknowns, (name,), *figures[rest is None])
    if rest is not None:
        program.equal(total(unknowns.views[name,] for name in hidden), rest[1])
        least, highest = band(rest[0], day_visitors, k)
        if day_visitors >= 2 * k:
            program.require(total(unknowns.visitors[name,] for name in hidden), least)
            for name in hidden:
                program.require({unknowns.visitors[name,]: 1}, 0, highest)
    return unknowns
