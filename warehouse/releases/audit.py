"""Whether the row `other` gives one of its members away (R7).

A parent is what cells are compared in: one day and site, and for regions their country, for agents what they nest in. Cells below
k visitors are *small*; the smallest of the rest are *pulled* into `other` after them until it may stand.

The attacker knows k, this rule, every published row and the name of every member of `other`; the audit lets it know as
well which members are small and which were pulled, though nothing tells. What must stay unknown are the exact visitors
and views of each member: at least two values of each must agree with everything known. The values are bounded by

- a small cell has 1 to k-1 visitors, a pulled one k up to what the smallest shown cell has;
- visitors that are apart (one place, one program each) add up to the visitors of `other`; visitors that are shared
  (one visitor, many pages) are at least as many together, and at most as many as its views;
- that cells were pulled at all says that the small ones could not stand alone: see `small_bounds`.

Views need no bounds of their own: a member has at least as many as visitors, and no most. Wherever its visitors can
differ, its views can. `tests/warehouse/releases/test_attack.py` tries the whole rule on every small world there is.
"""

from dataclasses import dataclass
from typing import Final

MARGIN: Final = 1
"""How near to an extreme counts as the extreme, so that not to stand alone has more than one explanation."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What `other` would be after some pulls; stage 0 holds the small cells alone.

    Attributes:
        small: how many cells have fewer than k visitors; the same in every stage of a parent, at least 1.
        pulled: how many cells with k visitors or more are in.
        visitors, views: of all members together; visitors are distinct.
        visitors_next: visitors of the smallest cell still shown; None when none is.
    """

    small: int
    pulled: int
    visitors: int
    views: int
    visitors_next: int | None

    @property
    def members(self) -> int:
        """How many cells are merged."""
        return self.small + self.pulled


@dataclass(frozen=True, slots=True)
class Rule:
    """What `other` must keep.

    Attributes:
        k: the fewest visitors of a published row.
        members_min: the fewest cells in `other`.
        shared: True where one visitor may be in several cells.
    """

    k: int
    members_min: int
    shared: bool

    def visits_most(self, stage: Stage) -> int:
        """Bound the sum of the members' visitors from above."""
        return stage.views if self.shared else stage.visitors


def small_bounds(first: Stage, rule: Rule) -> tuple[int, int] | None:
    """Bound what the small cells have together, as it follows from their not standing alone; None when they may.

    They may not when they are too few, have fewer than k visitors, or (nearly) all have the least or the most that a
    small cell can have. The bounds hold for the sum of their visitors, or for distinct ones where visitors are shared.
    """
    least, most = first.small, first.small * (rule.k - 1)
    alone_least = 1 if rule.shared else least
    if first.small < rule.members_min:
        return alone_least, most
    if first.visitors < rule.k or rule.visits_most(first) <= least + MARGIN:
        return alone_least, max(rule.k - 1, least + MARGIN)
    if first.visitors >= most - MARGIN:
        return most - MARGIN, most
    return None


def may_stand(stage: Stage, bounds: tuple[int, int], rule: Rule) -> bool:
    """Say whether each member of a stage with pulled cells may have two values or more, whatever is known.

    Args:
        stage: what would be published as `other`.
        bounds: what `small_bounds` says of the small cells of this parent.
        rule: the limits in force.
    """
    if stage.members < rule.members_min or stage.visitors_next is None:
        return False
    small, pulled, k = stage.small, stage.pulled, rule.k
    # Of two equal cells the names say which is pulled, so the largest pulled one counts as strictly smaller.
    pulled_most = stage.visitors_next - 1
    visits_most = rule.visits_most(stage)
    together_least = max(bounds[0], stage.visitors - pulled * pulled_most)
    together_most = min(bounds[1], stage.visitors - pulled * k)
    if not rule.shared and together_most <= together_least:
        return False
    one_small_least = max(1, together_least - (small - 1) * (k - 1))
    one_small_most = min(k - 1, visits_most - pulled * k - (small - 1))
    one_pulled_least = max(k, stage.visitors - bounds[1] - (pulled - 1) * pulled_most)
    one_pulled_most = min(pulled_most, stage.visitors, visits_most - max(bounds[0], small) - (pulled - 1) * k)
    if not rule.shared:
        one_small_most = min(one_small_most, together_most - (small - 1))
    return one_small_most > one_small_least and one_pulled_most > one_pulled_least
