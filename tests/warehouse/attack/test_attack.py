"""R7, R43: nothing is learned about small cells from random months; with the rules switched off the same attack learns (it can fail)."""

import importlib
from collections.abc import Sequence

import msgspec
import pytest

from policy import Policy, load_policy
from warehouse.attack.known.program import ContradictionError, Program, total
from warehouse.attack.month import Findings
from warehouse.attack.simulated import attack_worlds
from warehouse.releases.audit import Rule, Stage
from warehouse.traffic import tables

PAIRS = (("country", "path"), ("region", "device"), ("device", "system"))
FEW = PAIRS[:1]


@pytest.fixture(scope="module")
def plimus() -> Policy:
    return load_policy()


def _nothing_learned(findings: Findings, cells_min: int) -> None:
    assert findings.learned == ()
    assert findings.claims == ()  # nor anything mistaken
    assert findings.contradictions == 0
    assert sum(findings.cells.values()) >= cells_min


def test_nothing_is_learned_from_random_worlds(plimus: Policy) -> None:
    _nothing_learned(attack_worlds(plimus, range(4), 1, PAIRS), 200)


@pytest.mark.long
@pytest.mark.parametrize("first", range(0, 100, 20))
def test_nothing_is_learned_from_a_hundred_random_worlds(plimus: Policy, first: int) -> None:
    _nothing_learned(attack_worlds(plimus, range(first, first + 20), 1), 1000)


def test_without_merging_cells_are_learned(plimus: Policy) -> None:
    merging_off = msgspec.structs.replace(plimus, releases=msgspec.structs.replace(plimus.releases, k=1))
    findings = attack_worlds(merging_off, range(1), 1, FEW, k=plimus.k)
    methods = {claim.method for claim in findings.learned}
    assert {"rows", "geo_daily", "page_daily", "agent_daily", "interactive"} <= methods
    assert findings.learned == findings.claims


@pytest.mark.long
def test_without_two_members_cells_are_learned(plimus: Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small cells are merged with one another only, however few they are."""

    def only_the_small(stages: Sequence[Stage], rule: Rule) -> int | None:
        return 0 if stages[-1].visitors >= rule.k else None

    monkeypatch.setattr(importlib.import_module("warehouse.releases.publish"), "choose", only_the_small)
    findings = attack_worlds(plimus, range(2, 3), 1, FEW)
    assert {claim.what for claim in findings.learned} >= {"visitors", "views", "fewer"}
    assert len({claim.method for claim in findings.learned}) > 2
    assert findings.learned == findings.claims


LINKED = (("country", "device"), ("country", "system"))


@pytest.mark.long
@pytest.mark.parametrize("is_mended", [True, False])
def test_devices_less_their_systems_are_learned_only_without_the_rule(
    plimus: Policy, monkeypatch: pytest.MonkeyPatch, *, is_mended: bool
) -> None:
    """Desktop in a country less Windows there was seven visitors, and its views followed."""
    text = tables._text
    rule = "union\nselect n.event_date as event_date, n.site as site, n.at as at, n.name as name from subtracted as n where n.place = 1\n"
    assert rule in text("cells/fold")
    if not is_mended:
        monkeypatch.setattr(tables, "_text", lambda name: text(name).replace(rule, ""))
    findings = attack_worlds(plimus, range(95, 96), 1, LINKED)
    assert {claim.method for claim in findings.learned} == (set() if is_mended else {"linked", "linked, names known"})


@pytest.mark.long
def test_changes_that_are_published_at_once_are_learned(plimus: Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the rule of the month the difference of two nights is a set of fewer than k (R43)."""
    monkeypatch.setattr("warehouse.attack.simulated.waiting", lambda *_: frozenset())
    findings = attack_worlds(plimus, range(1), 1, FEW)
    assert "change" in {claim.what for claim in findings.learned}


def test_bounds_are_those_of_whole_numbers() -> None:
    program = Program()
    two = [program.variable(0, 9), program.variable(0, 9)]
    program.require({two[0]: 2, two[1]: 2}, 7, 35)
    assert program.bound(total(two), most=True) == pytest.approx(17.5)
    assert program.bound(total(two), most=True, exact=True) == pytest.approx(17)
    assert program.bound({two[0]: 1}, most=False) == pytest.approx(0)
    assert program.seen(total(two))[1] == pytest.approx(17.5)


def test_two_of_nine_each_are_seen_through() -> None:
    program = Program()
    two = [program.variable(1, 9), program.variable(1, 9)]
    program.equal(total(two), 18)
    assert program.bound({two[0]: 1}, most=False) == pytest.approx(9)


def test_a_contradiction_is_told() -> None:
    program = Program()
    one = program.variable(0, 3)
    program.require({one: 1}, 5)
    with pytest.raises(ContradictionError):
        program.bound({one: 1}, most=True)
