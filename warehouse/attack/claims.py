"""What an attacker can tell of a cell, by what it knows; and whether it is true."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, floor
from typing import Final, Literal

from warehouse.attack.known.program import NEAR, Program, Terms

What = Literal["visitors", "views", "fewer", "change", "told apart"]


@dataclass(frozen=True, slots=True)
class Cell:
    """What really was in a cell.

    Attributes:
        visitors, views: how many.
        own_views: the views of those three of its visitors who have most; the attacker may be one of three, and knows them.
    """

    visitors: int
    views: int
    own_views: int

    @property
    def own(self) -> int:
        """How many of its visitors the attacker may know: three at most."""
        return min(self.visitors, OWN_MAX)


OWN_MAX: Final = 3


@dataclass(frozen=True, slots=True)
class Place:
    """Where a claim is made: a day of a site, casual visitors or customers, and the night after which."""

    day: date
    site: str
    side: str
    night: int


@dataclass(frozen=True, slots=True)
class Target:
    """A cell that an attacker asks about: its name, its figures as sums of unknowns, and the truth.

    Attributes:
        place: where it is.
        cell: the columns that name it, and their values.
        visitors, views: the sums that are its figures.
        truth: what is in it.
    """

    place: Place
    cell: tuple[tuple[str, str], ...]
    visitors: Terms
    views: Terms
    truth: Cell


@dataclass(frozen=True, slots=True)
class Claim:
    """Something that was learned about a cell below k.

    Attributes:
        method: how.
        place, cell: where, and the cell's name.
        what: its exact `visitors` or `views`; that they are `fewer` than k/2 though it is not empty; a `change` of fewer than k between
            two nights; or that two refusals can be `told apart`.
        low, high: the bounds that were proved.
        is_true: whether the truth lies in them.
    """

    method: str
    place: Place
    cell: tuple[tuple[str, str], ...]
    what: What
    low: int
    high: int
    is_true: bool


def claims(program: Program, targets: Sequence[Target], method: str, k: int) -> Iterator[Claim]:
    """Ask about each target that is a cell below k and not empty, and give what follows for certain.

    The attacker knows up to three visitors of the very cell it asks about, so that it is not empty and has so much at least.
    """
    for target in targets:
        if not 0 < target.truth.visitors < k:
            continue
        low, high = _range(program, target.visitors, target.truth.own, k / 2)
        if low == high:
            yield Claim(method, target.place, target.cell, "visitors", low, high, low == target.truth.visitors)
        elif high < k / 2:
            is_true = low <= target.truth.visitors <= high
            yield Claim(method, target.place, target.cell, "fewer", low, high, is_true)
        low, high = _range(program, target.views, target.truth.own_views, 0)
        if low == high:
            yield Claim(method, target.place, target.cell, "views", low, high, low == target.truth.views)


def _range(program: Program, terms: Terms, own: int, half: float) -> tuple[int, int]:
    """Bound a sum in whole numbers, as narrowly as it takes to say that it has two values or more, and can be `half` or more."""
    seen_low, seen_high = program.seen(terms)
    least, most = max(own, ceil(seen_low - NEAR)), floor(seen_high + NEAR)
    # Between two solutions every value is one, so this is enough; whole numbers are looked at only where it is close.
    if most >= least + 2 and most >= half:
        return least, most
    bounds: dict[bool, int] = {}
    for exact in (False, True):
        most = _whole(program.bound(terms, most=True, exact=exact), floor, NEAR)
        least = max(own, _whole(program.bound(terms, most=False, exact=exact), ceil, -NEAR))
        bounds = {True: most, False: least}
        if most >= least + 2 and most >= half + 1:
            break
    return bounds[False], bounds[True]


def _whole(value: float, towards: Callable[[float], int], near: float) -> int:
    return towards(value + near) if abs(value) != float("inf") else (10**9 if value > 0 else 0)


def named(columns: Sequence[str], values: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Name a cell."""
    return tuple(zip(columns, values, strict=True))


Truth = Mapping[tuple[str, ...], Mapping[tuple[str, ...], Cell]]
"""By the columns that name cells: each cell that is not empty."""
