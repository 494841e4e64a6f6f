"""Small worlds, every one of them: cells with their visitors and views, and what the rule publishes of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations_with_replacement

from warehouse.releases.audit import Rule, Stage
from warehouse.releases.merge import choose

Union = Callable[[Sequence[int]], int]


@dataclass(frozen=True, slots=True)
class World:
    """What really happened: visitors and views of cell 0, 1, …, and the distinct visitors of any of them together."""

    visitors: tuple[int, ...]
    views: tuple[int, ...]
    union: Union


@dataclass(frozen=True, slots=True)
class Seen:
    """What an attacker sees: the shown cells, the names in `other` (told by somebody), its figures, the whole total."""

    shown: tuple[tuple[int, int, int], ...]
    hidden: frozenset[int]
    visitors: int
    views: int
    total: int


def stages_of(world: World, rule: Rule) -> tuple[list[Stage], list[list[int]]]:
    """Give all stages of a world with small cells, and the members of each."""
    present = [cell for cell, visitors in enumerate(world.visitors) if visitors]
    small = [cell for cell in present if is_small(world, cell, rule)]
    rest = sorted(set(present) - set(small), key=lambda cell: (world.visitors[cell], -cell))
    stages, members = [], []
    for pulled in range(len(rest) + 1):
        merged = small + rest[:pulled]
        following = world.visitors[rest[pulled]] if pulled < len(rest) else None
        views = sum(world.views[cell] for cell in merged)
        stages.append(Stage(len(small), pulled, world.union(merged), views, following))
        members.append(merged)
    return stages, members


def everybody(world: World) -> int:
    """Say how many visitors a world has."""
    return world.union([cell for cell, visitors in enumerate(world.visitors) if visitors])


def is_small(world: World, cell: int, rule: Rule) -> bool:
    """Say whether a cell has fewer than k visitors, or, of few shared visitors, leaves fewer than k out."""
    visitors, people = world.visitors[cell], everybody(world)
    return 0 < visitors < rule.k or (rule.shared and 0 < visitors < people < 2 * rule.k)


def told(visitors: int, people: int, rule: Rule) -> int:
    """Give the visitors that a row says it has: where fewer than k of all people are not in it, k fewer than all."""
    return people - rule.k if rule.shared and 0 < people - visitors < rule.k else visitors


def seen(world: World, rule: Rule) -> Seen | None:
    """Publish a world; None when it has no small cell, or is too small to be published at all."""
    if not any(is_small(world, cell, rule) for cell in range(len(world.visitors))):
        return None
    stages, members = stages_of(world, rule)
    at = choose(stages, rule)
    if at is None:
        return None
    shown = [cell for cell, visitors in enumerate(world.visitors) if visitors and cell not in members[at]]
    people = stages[-1].visitors
    return Seen(
        tuple((cell, told(world.visitors[cell], people, rule), world.views[cell]) for cell in shown),
        frozenset(members[at]),
        told(stages[at].visitors, people, rule),
        stages[at].views,
        people,
    )


def worlds_apart(cells: int, total_max: int, extra_max: int = 0, *, visitors_min: int = 1) -> Iterator[World]:
    """Give every world of so many cells, up to so many visitors in all, each of whom is in one cell.

    As the total is always published, every world that looks like one of these is among them.
    """
    for counts in shares(cells, total_max - cells * visitors_min):
        visitors = tuple(count + visitors_min for count in counts)
        for extra in shares(cells, extra_max):
            views = tuple(a + b for a, b in zip(visitors, extra, strict=True))
            yield World(visitors, views, partial(sum_of, visitors))


def worlds_shared(cells: int, people_max: int, extra_max: int) -> Iterator[World]:
    """Give every world in which each of up to so many people is in one cell or more."""
    for people in range(1, people_max + 1):
        for where in combinations_with_replacement(range(1, 2**cells), people):
            visitors = tuple(sum(1 for cell_set in where if cell_set >> cell & 1) for cell in range(cells))
            if not all(visitors):
                continue
            unions = [sum(1 for cell_set in where if cell_set & chosen) for chosen in range(2**cells)]
            for extra in shares(cells, extra_max):
                views = tuple(a + b for a, b in zip(visitors, extra, strict=True))
                yield World(visitors, views, partial(_union_of, unions))


def sum_of(visitors: Sequence[int], chosen: Sequence[int]) -> int:
    """Give the visitors of some cells together, where nobody is in two."""
    return sum(visitors[cell] for cell in chosen)


def _union_of(unions: Sequence[int], chosen: Sequence[int]) -> int:
    return unions[sum(1 << cell for cell in chosen)]


def shares(cells: int, most: int) -> Iterator[tuple[int, ...]]:
    """Give every way to hand out up to `most` things to so many cells."""
    if cells == 0:
        yield ()
        return
    for first in range(most + 1):
        for rest in shares(cells - 1, most - first):
            yield (first, *rest)
