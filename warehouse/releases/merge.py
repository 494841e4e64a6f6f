"""Which cells of a parent are merged into `other`: the small ones, and the next smallest until it may stand (R7)."""

from collections.abc import Sequence

from warehouse.releases.audit import MARGIN, Rule, Stage, may_stand, small_bounds


def choose(stages: Sequence[Stage], rule: Rule) -> int | None:
    """Choose the first stage whose `other` may be published; the last one, where everything is merged, always may.

    Everything merged is the total of the parent, which other tables show as well, so nothing can be gained by hiding
    it: an attacker who does not know which members are small has every way to share it out.

    Args:
        stages: all stages of one parent that has small cells, stage 0 first.
        rule: the limits in force.

    Returns:
        The index of the stage; None when even the total has fewer than k visitors, so that nothing may be published.
    """
    if rule.shared and stages[-1].visitors < 2 * rule.k:
        return _choose_of_few(stages, rule)
    bounds = small_bounds(stages[0], rule)
    for index, stage in enumerate(stages[:-1]):
        if stage.pulled == 0:
            if bounds is None:
                return index
        elif bounds is not None and may_stand(stage, bounds, rule):
            return index
    return len(stages) - 1 if stages[-1].visitors >= rule.k else None


def _choose_of_few(stages: Sequence[Stage], rule: Rule) -> int | None:
    """Choose where visitors are shared and so few that those outside a row are fewer than k, unless it has them all.

    The cells of stage 0 are all that not everybody is in, and nothing but their being so is known of their visitors;
    together they must have everybody.
    """
    first, everybody = stages[0], stages[-1].visitors
    may = first.visitors == everybody and first.members >= rule.members_min and first.views > first.members + MARGIN
    if everybody < rule.k:
        return None
    return 0 if may else len(stages) - 1
