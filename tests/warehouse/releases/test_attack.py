"""Nobody can be told from a published row (R7): every small world there is, published, and what an attacker then knows.

The attacker knows the rule and sees the shown cells, the total, the figures of `other` and the names in it. Worlds that look
the same to the attacker form a group; a cell whose visitors or views are the same in all worlds of a group is told.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.warehouse.releases.worlds import Seen, World, seen, shares, stages_of, sum_of, worlds_apart, worlds_shared
from warehouse.releases.audit import Rule, Stage, may_stand, small_bounds
from warehouse.releases.merge import choose


def _groups(worlds: Iterable[World], rule: Rule) -> dict[Seen, list[World]]:
    groups = defaultdict(list)
    for world in worlds:
        if look := seen(world, rule):
            groups[look].append(world)
    return groups


def _told(groups: dict[Seen, list[World]]) -> Iterator[tuple[Seen, int]]:
    """Give each look at the world that tells something, and the cell that it tells."""
    for look, worlds in groups.items():
        for cell in look.hidden:
            if (
                len({world.visitors[cell] for world in worlds}) == 1
                or len({world.views[cell] for world in worlds}) == 1
            ):
                yield look, cell


def _all_merged_as_ones(look: Seen, rule: Rule) -> bool:
    """Everything is merged and the total alone says that each named cell had one visitor, or one view.

    Whoever knows all names and the total knows that without any table; what a row may not do is to tell the number.
    """
    return not look.shown and (look.views if rule.shared else look.visitors) == len(look.hidden)


@pytest.mark.parametrize(
    ("k", "cells", "total_max", "extra_max"),
    [
        (3, 2, 14, 2),
        (3, 3, 14, 2),
        (3, 4, 24, 0),
        (3, 5, 20, 0),
        (4, 3, 30, 0),
        (4, 4, 24, 0),
        (4, 5, 20, 0),
        (5, 4, 26, 0),
    ],
)
def test_visitors_of_one_cell_each_stay_unknown(k: int, cells: int, total_max: int, extra_max: int) -> None:
    rule = Rule(k, 2, shared=False)
    groups = _groups(worlds_apart(cells, total_max, extra_max), rule)
    assert any(look.shown and look.hidden for look in groups) or cells == 2
    assert [one for one in _told(groups) if not _all_merged_as_ones(one[0], rule)] == []


@pytest.mark.parametrize(
    ("k", "cells", "people_max", "extra_max"), [(3, 2, 7, 5), (3, 3, 6, 2), (3, 4, 4, 2), (4, 2, 8, 5), (4, 3, 6, 2)]
)
def test_visitors_of_many_cells_stay_unknown(k: int, cells: int, people_max: int, extra_max: int) -> None:
    rule = Rule(k, 2, shared=True)
    groups = _groups(worlds_shared(cells, people_max, extra_max), rule)

    def all_worlds_are_there(look: Seen) -> bool:
        """Say whether no further view could be handed out: only then is every world of this look among ours."""
        extra = sum(views - visitors for _, visitors, views in look.shown)
        return look.views - max(look.visitors, len(look.hidden)) + extra <= extra_max

    judged = {look: worlds for look, worlds in groups.items() if all_worlds_are_there(look)}
    assert len(judged) > 20
    assert [one for one in _told(judged) if not _all_merged_as_ones(one[0], rule)] == []


@settings(max_examples=40)
@given(st.lists(st.integers(1, 24), min_size=2, max_size=3))
def test_nothing_is_told_at_the_k_of_the_policy(visitors: list[int]) -> None:
    """The same for k = 10: all worlds with the same total as a random one, and those that look like it."""
    rule = Rule(10, 2, shared=False)
    look = seen(World(tuple(visitors), tuple(visitors), partial(sum_of, visitors)), rule)
    if look is None:
        return
    alike = [
        world
        for world in worlds_apart(len(visitors), sum(visitors))
        if sum(world.visitors) == sum(visitors) and seen(world, rule) == look
    ]
    for cell in look.hidden:
        assert len({world.visitors[cell] for world in alike}) > 1


@pytest.mark.parametrize(("k", "cells", "total_max"), [(3, 4, 14), (4, 5, 13)])
def test_who_only_knows_which_names_there_can_be_learns_no_more(k: int, cells: int, total_max: int) -> None:
    groups = _known_by_names(worlds_apart(cells, total_max, visitors_min=0), Rule(k, 2, shared=False))
    assert any(not look.shown and look.visitors == k for look in groups)
    for look, alike in groups.items():
        for cell in set(range(cells)) - {cell for cell, _, _ in look.shown}:
            assert len({world.visitors[cell] for world in alike}) > 1


ACCOMPLICES_MAX = 3


@pytest.mark.parametrize(("cells", "total_max"), [(2, 60), (3, 34), pytest.param(3, 50, marks=pytest.mark.long)])
def test_with_three_accomplices_no_cell_is_told_and_none_is_proved_to_be_tiny(cells: int, total_max: int) -> None:
    """At the k of the policy, who knows all names that there can be and the visits of three of the visitors.

    Of a cell that is not shown it learns no exact number, nor that it has fewer than k/2 visitors.
    """
    rule = Rule(10, 2, shared=False)
    groups = _known_by_names(worlds_apart(cells, total_max, visitors_min=0), rule)
    assert len(groups) > 30
    for look, alike in groups.items():
        hidden = sorted(set(range(cells)) - {cell for cell, _, _ in look.shown})
        for known in shares(len(hidden), ACCOMPLICES_MAX):
            possible = [
                [world.visitors[cell] for cell in hidden]
                for world in alike
                if all(world.visitors[cell] >= least for cell, least in zip(hidden, known, strict=True))
            ]
            for values in zip(*possible, strict=True):
                assert set(values) == {0} or (len(set(values)) > 1 and max(values) >= rule.k / 2), (look, known)


def _known_by_names(worlds: Iterable[World], rule: Rule) -> dict[Seen, list[World]]:
    """Group worlds that look the same to who does not know which of the names that are not shown are in `other`."""
    groups = defaultdict(list)
    for world in worlds:
        if look := seen(world, rule):
            groups[replace(look, hidden=frozenset())].append(world)
    return groups


@pytest.mark.parametrize(("k", "cells", "total_max"), [(3, 4, 22), (4, 4, 24)])
def test_even_who_is_told_which_members_are_small_stays_unsure(k: int, cells: int, total_max: int) -> None:
    """The audit grants more than anybody publishes: which members are small and which were pulled."""
    rule = Rule(k, 2, shared=False)
    checked = 0
    for world in worlds_apart(cells, total_max):
        stages, members = stages_of(world, rule) if min(world.visitors) < k else ([], [])
        at = choose(stages, rule) if stages else None
        if at is None or at == len(stages) - 1:
            continue
        stage, hidden = stages[at], members[at]
        following = stage.visitors_next or 0
        choices = [range(1, k) if world.visitors[cell] < k else range(k, following + 1) for cell in hidden]
        possible = [one for one in product(*choices) if sum(one) == stage.visitors]
        for values in zip(*possible, strict=True):
            assert len(set(values)) > 1, (world.visitors, hidden)
        checked += 1
    assert checked > 100


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize(
    ("why", "small", "visitors", "views"),
    [
        ("two members of k-1 each", 2, 18, 25),
        ("nearly so", 2, 17, 25),
        ("as many members as views", 12, 12, 12),
        ("one member", 1, 9, 20),
        ("too few visitors", 3, 9, 20),
    ],
)
def test_small_cells_that_may_not_stand_alone(why: str, small: int, visitors: int, views: int, *, shared: bool) -> None:
    assert small_bounds(Stage(small, 0, visitors, views, 40), Rule(10, 2, shared)), why


def test_small_cells_that_may() -> None:
    assert small_bounds(Stage(3, 0, 12, 20, 40), Rule(10, 2, shared=False)) is None
    assert small_bounds(Stage(12, 0, 12, 20, 40), Rule(10, 2, shared=True)) is None


def test_one_small_and_the_next_cell_may_stand_unless_their_sum_tells() -> None:
    rule = Rule(10, 2, shared=False)

    def may(visitors: int, following: int) -> bool:
        return may_stand(Stage(1, 1, visitors, visitors + 5, following), (1, 9), rule)

    assert may(3 + 20, 40)
    assert not may(1 + 10, 40)  # one visitor and ten, for less is not possible
    assert not may(9 + 20, 21)  # nine and twenty, for the pulled cell is below the next one


def test_everything_merges_where_nothing_else_may_stand() -> None:
    rule = Rule(10, 2, shared=False)
    assert choose([Stage(1, 0, 4, 9, 12), Stage(1, 1, 16, 40, None)], rule) == 1
    assert choose([Stage(3, 0, 9, 30, None)], rule) is None
    assert choose([Stage(3, 0, 10, 30, None)], rule) == 0
