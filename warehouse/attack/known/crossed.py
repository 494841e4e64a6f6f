"""Interactive tables by two dimensions, together with the releases that say how large their lines are."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil

from policy.model import Releases
from warehouse.attack.known.flat import Unknowns, add_cell, band
from warehouse.attack.known.observed import OTHER, Figures, Observed
from warehouse.attack.known.program import Program, total

SHARED = ("path", "referrer_host")
UNKNOWN = "unknown"
NOTHING = ""
Key = tuple[str | None, str | None]
_Lines = defaultdict[str | None, dict[Key, tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Line:
    """What a release says of the line of one name: visitors at least and at most, and views."""

    least: int
    most: int
    views: int


def lines(observed: Observed, group: str, k: int) -> dict[str, Line]:
    """Give the lines that a dimension's names have in interactive tables: those that the release shows."""
    found: dict[str, Line] = {}
    for name, (visitors, views) in _rows(observed, group):
        if name != OTHER and not (group == "region" and name == UNKNOWN):
            least, most = band(visitors, observed.day[0], k) if group in SHARED else (visitors, visitors)
            before = found.get(name, Line(0, 0, 0))
            found[name] = Line(before.least + least, before.most + most, before.views + views)
    return found


def _rows(observed: Observed, group: str) -> Iterator[tuple[str, Figures]]:
    tables = observed.tables
    if group in {"country", "region"}:
        at = ("country", "region").index(group)
        yield from ((names[at], figures) for names, figures in tables["geo_daily"].items())
    elif group in SHARED:
        table = {"path": "page_daily", "referrer_host": "referrer_daily"}[group]
        yield from ((names[0], figures) for names, figures in tables[table].items())
    else:
        yield from ((name, figures) for (facet, name), figures in tables["agent_daily"].items() if facet == group)


def unrounded(told: int, step: int) -> tuple[int, int]:
    """Say between which numbers one lies that was rounded to `told`."""
    return ceil(told - step / 2), ceil(told + step / 2) - 1


def rest_of_day(told: int, day_visitors: int, rule: Releases) -> tuple[int, int]:
    """Say how many may be in the rest of a day: where 1 to k-1 of the day are not in it, it says that k are not."""
    least, most = unrounded(told, rule.rounding)
    return least, max(most, day_visitors - 1) if least <= day_visitors - rule.k <= most else most


class _Limits:
    """Between which numbers each cell of a table lies, told or not."""

    def __init__(self, rows: Mapping[Key, Figures], sides: list[dict[str, Line]], day: Figures, rule: Releases) -> None:
        """Read the answers.

        Args:
            rows: what is told.
            sides: the lines of either dimension.
            day: visitors and views of the day.
            rule: the limits in force.
        """
        self._rows, self._day, self._rule = rows, day, rule
        cells = [key for key in rows if None not in key and NOTHING not in key]
        self._named = tuple(frozenset(key[at] for key in cells) for at in (0, 1))
        whole = _least(day, self._rest((None, None))) if rows else day
        self._most: list[dict[str | None, Figures]] = [{None: whole}, {None: whole}]
        for at in (0, 1):
            for name, line in sides[at].items():
                most = _least(whole, (line.most, line.views))
                if day[0] - line.most >= rule.k:
                    most = _least(most, self._rest((name, None) if at == 0 else (None, name)))
                self._most[at][name] = most

    def of(self, key: Key) -> tuple[Figures, Figures]:
        """Give the visitors and views that a cell has at least and at most.

        One that is not told has no more than either of its lines, than their rests, than that of the day.
        Lines that have a cell are surely not folded, and of two such lines every cell is told that is not empty.
        """
        told = None if None in key else self._rows.get(key)
        if told is not None:
            low, high = unrounded(told[0], self._rule.rounding)
            return (max(self._rule.k, low), high), unrounded(told[1], self._rule.rounding)
        if key[0] in self._named[0] and key[1] in self._named[1]:
            return (0, 0), (0, 0)
        visitors, views = _least(self._most[0][key[0]], self._most[1][key[1]])
        return (0, visitors), (0, views)

    def _rest(self, key: Key) -> Figures:
        """Give the most that a rest holds; one without a row holds nobody."""
        if key not in self._rows:
            return 0, 0
        visitors, views = (unrounded(told, self._rule.rounding)[1] for told in self._rows[key])
        if key == (None, None):
            visitors = rest_of_day(self._rows[key][0], self._day[0], self._rule)[1]
        return visitors, views


def _least(one: Figures, other: Figures) -> Figures:
    return min(one[0], other[0]), min(one[1], other[1])


def add_crossed(
    program: Program, observed: Observed, groups: tuple[str, str], rule: Releases, *, is_told_names: bool
) -> Unknowns:
    """Write down one interactive table, and give its cells of two names."""
    named = Unknowns()
    for (a, b), found in write_crossed(program, observed, groups, rule, is_told_names=is_told_names).items():
        if a is not None and b is not None:
            named.visitors[a, b], named.views[a, b] = found
    return named


def write_crossed(
    program: Program, observed: Observed, groups: tuple[str, str], rule: Releases, *, is_told_names: bool
) -> dict[Key, tuple[int, int]]:
    """Write down one interactive table: every cell of two names, what is beside the names, and what the answers say of them.

    Returns:
        The variables that are its visitors and views, by cell; null stands for what is beside the names.
    """
    rows, k, step = observed.crossed[groups], rule.k, rule.rounding
    there = observed.crossed_truth[groups]
    sides = [lines(observed, group, k) for group in groups]
    unknowns: dict[Key, tuple[int, int]] = {}
    day = observed.day
    limits = _Limits(rows, sides, day, rule)
    nobody = program.variable(0, 0)
    by_line: tuple[_Lines, _Lines] = defaultdict(dict), defaultdict(dict)
    for a in (*sides[0], None):
        for b in (*sides[1], None):
            is_cell = a is not None and b is not None
            visitors, views = limits.of((a, b))
            if is_told_names and is_cell and (a, b) not in rows:
                is_there = (a, b) in there
                visitors, views = (int(is_there), visitors[1] * is_there), (int(is_there), views[1] * is_there)
            unknowns[a, b] = nobody, nobody
            if visitors[1] and views[1]:
                found = Unknowns()
                add_cell(program, found, ("",), visitors, views)
                unknowns[a, b] = found.visitors["",], found.views["",]
                by_line[0][a][a, b] = by_line[1][b][a, b] = unknowns[a, b]
    for at in (0, 1):
        for name, line in sides[at].items():
            _add_line(
                program, by_line[at][name], rows, (at, name, line), day[0], k, step, is_shared=groups[1 - at] in SHARED
            )
    _add_day(program, unknowns, rows, day, rule, is_shared=bool({*groups}.intersection(SHARED)))
    return unknowns


def _add_line(  # noqa: PLR0917 - all that is known of a line
    program: Program,
    cells: Mapping[Key, tuple[int, int]],
    rows: Mapping[Key, Figures],
    of: tuple[int, str, Line],
    day_visitors: int,
    k: int,
    step: int,
    *,
    is_shared: bool,
) -> None:
    """Write down one line: its total from the release, its rest from the answer. `is_shared`: visitors may be in several cells of it."""
    at, name, line = of
    program.equal(total(v for _, v in cells.values()), line.views)
    everybody = total(n for n, _ in cells.values())
    program.require(everybody, line.least, float("inf") if is_shared else line.most)
    if day_visitors - line.most < k:
        return
    hidden = [found for key, found in cells.items() if None in key or key not in rows]
    rest = rows.get((name, None) if at == 0 else (None, name))
    if rest is None:
        program.equal(total(v for _, v in hidden), 0)
        return
    least, most = unrounded(rest[0], step)
    program.require(total(n for n, _ in hidden), max(k, least), float("inf") if is_shared else most)
    program.require(total(v for _, v in hidden), *unrounded(rest[1], step))


def _add_day(
    program: Program,
    unknowns: Mapping[Key, tuple[int, int]],
    rows: Mapping[Key, Figures],
    day: Figures,
    rule: Releases,
    *,
    is_shared: bool,
) -> None:
    everything = unknowns.values()
    program.equal(total(v for _, v in everything), day[1])
    program.require(total(n for n, _ in everything), day[0], float("inf") if is_shared else day[0])
    hidden = [found for key, found in unknowns.items() if None in key or key not in rows]
    if rest := rows.get((None, None)):
        program.require(total(v for _, v in hidden), *unrounded(rest[1], rule.rounding))
        least, most = rest_of_day(rest[0], day[0], rule)
        program.require(total(n for n, _ in hidden), least, float("inf") if is_shared else most)
    elif rows:
        program.equal(total(v for _, v in hidden), 0)
