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


@dataclass(frozen=True, slots=True)
class _Question:
    """One figure of a cell: its sum, what the attacker knows of it (its own part), how much shows that it is not little.

    Attributes:
        terms, own, half: these. Of an exact question `half` is only wished for.
        is_exact: whether it is asked what it is; else only whether it is little.
    """

    terms: Terms
    own: int
    half: float
    is_exact: bool

    def is_open(self, program: Program) -> bool:
        """Say whether the solutions found so far leave it open, with two values or more and one that is not little."""
        least, most = self.seen(program)
        return most >= least + 2 if self.is_exact else most >= self.half

    def wished(self, program: Program) -> float:
        """Say how large it would have to be, with one to spare."""
        return max(self.seen(program)[0] + 2 if self.is_exact else 0, self.half) + 1

    def seen(self, program: Program) -> tuple[int, int]:
        """Give the whole numbers between which it was in the solutions found so far."""
        low, high = program.seen(self.terms)
        return max(self.own, ceil(low - NEAR)), floor(high + NEAR)


def figures(program: Program, targets: Sequence[Target], method: str, k: int) -> Iterator[Claim]:
    """Ask for the exact visitors and views of cells that are not empty.

    The attacker knows up to three visitors of the very cell it asks about, so that it has so much at least.
    """
    visitors = [_Question(target.visitors, target.truth.own, k / 2, is_exact=True) for target in targets]
    views = [_Question(target.views, target.truth.own_views, 0, is_exact=True) for target in targets]
    _look_around(program, visitors + views)
    what: What
    for what, questions in (("visitors", visitors), ("views", views)):
        for target, question in zip(targets, questions, strict=True):
            low, high = _range(program, question)
            if low == high:
                truth = target.truth.visitors if what == "visitors" else target.truth.views
                yield Claim(method, target.place, target.cell, what, low, high, low == truth)


def fewer(program: Program, targets: Sequence[Target], method: str, k: int) -> Iterator[Claim]:
    """Ask whether cells of which the attacker knows up to three visitors have fewer than k/2."""
    questions = [_Question(target.visitors, target.truth.own, k / 2, is_exact=False) for target in targets]
    _look_around(program, questions)
    for target, question in zip(targets, questions, strict=True):
        most = _most(program, question)
        if most < k / 2:
            is_true = question.own <= target.truth.visitors <= most
            yield Claim(method, target.place, target.cell, "fewer", question.own, most, is_true)


def can_be(program: Program, target: Target, visitors: float) -> bool:
    """Say whether a solution was found in which a cell has so many visitors."""
    return program.seen(target.visitors)[1] >= visitors


def _look_around(program: Program, questions: Sequence[_Question]) -> None:
    """Find solutions that leave as many questions open as programs for many of them at once can."""
    left = list(questions)
    if exact := [question for question in left if question.is_exact]:
        program.reach([(question.terms, question.own) for question in exact], most=False)
    while left:
        before = len(left)
        program.reach([(question.terms, question.wished(program)) for question in left], most=True)
        left = [question for question in left if not question.is_open(program)]
        low = [one for one in left if one.is_exact and program.seen(one.terms)[0] > one.own]
        if low:
            program.reach([(question.terms, question.own) for question in low], most=False)
            left = [question for question in left if not question.is_open(program)]
        if len(left) > before * (1 - SETTLED_MIN):
            return


SETTLED_MIN: Final = 0.1
"""Where such a program settles a smaller part of the questions than this, the rest is asked one by one."""


def _range(program: Program, question: _Question) -> tuple[int, int]:
    """Bound a sum in whole numbers, as narrowly as it takes to say that it has two values or more."""
    # Between two solutions every value is one, so this is enough; whole numbers are looked at only where it is close.
    if question.is_open(program):
        return question.seen(program)
    least, most = 0, 0
    for exact in (False, True):
        most = _whole(program.bound(question.terms, most=True, exact=exact), floor, NEAR)
        least = max(question.own, _whole(program.bound(question.terms, most=False, exact=exact), ceil, -NEAR))
        if most >= least + 2:
            break
    return least, most


def _most(program: Program, question: _Question) -> int:
    """Bound a sum from above in whole numbers, as narrowly as it takes to say that it can be `half` or more."""
    if question.is_open(program):
        return question.seen(program)[1]
    most = _whole(program.bound(question.terms, most=True), floor, NEAR)
    return (
        most if most >= question.half + 1 else _whole(program.bound(question.terms, most=True, exact=True), floor, NEAR)
    )


def _whole(value: float, towards: Callable[[float], int], near: float) -> int:
    return towards(value + near) if abs(value) != float("inf") else (10**9 if value > 0 else 0)


def named(columns: Sequence[str], values: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Name a cell."""
    return tuple(zip(columns, values, strict=True))


Truth = Mapping[tuple[str, ...], Mapping[tuple[str, ...], Cell]]
"""By the columns that name cells: each cell that is not empty."""
