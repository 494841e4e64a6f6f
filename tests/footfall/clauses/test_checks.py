"""What the checks say of a warehouse that nobody has damaged, and that none of them can be forgotten."""

from pathlib import Path

import pyarrow.compute as pc
import pytest

from footfall.__main__ import VERBS
from footfall.clauses import CHECKS, UNBUILT, Evidence, check_clauses
from footfall.clauses.collection.cells import no_small_cells
from footfall.clauses.implied.days import night_is_done
from footfall.clauses.instruments.sockets import watched
from footfall.house import House
from policy import load_policy
from tests.footfall.clauses.damaging import added, every
from transform.steps import STEPS

BUILT_IN_PART: frozenset[str] = frozenset()
"""Clauses of which a part is not there yet; what is there is checked all the same."""
HOLD_MIN = 39


def test_every_clause_has_one_check_or_says_what_is_lacking() -> None:
    clauses = [clause.id for clause in load_policy().clauses]
    listed = [check.clause for check in CHECKS] + [unbuilt.clause for unbuilt in UNBUILT]
    assert sorted(listed) == sorted(clauses)
    assert [clause for clause in clauses if clause in {check.clause for check in CHECKS}] == [
        one.clause for one in CHECKS
    ]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.clause)
def test_every_check_says_what_it_does(check: object) -> None:
    assert isinstance(check, type(CHECKS[0]))
    assert (check.function.__doc__ or "").startswith(f"{check.clause}: ")
    assert check.does.endswith(".")


@pytest.mark.parametrize("unbuilt", UNBUILT, ids=lambda unbuilt: unbuilt.clause)
def test_what_is_not_built_is_really_not_there(unbuilt: object) -> None:
    """Whoever builds it has to write the check."""
    assert isinstance(unbuilt, type(UNBUILT[0]))
    assert unbuilt.verb or unbuilt.source
    assert unbuilt.verb.split(" ")[0] not in set(VERBS) - {"policy"}
    assert unbuilt.source not in STEPS


@pytest.mark.kafka
def test_every_clause_that_is_built_holds_on_the_shop(data: Path) -> None:
    with House.open(data) as house, Evidence(house) as evidence, watched():
        checked = {one.id: one for one in check_clauses(evidence)}
    assert list(checked) == [clause.id for clause in load_policy().clauses]
    for check in CHECKS:
        found = checked[check.clause]
        expected = "not built" if check.clause in BUILT_IN_PART else "holds"
        assert (found.result, found.id) == (expected, check.clause), found.evidence
        assert any(sign.isdigit() for sign in found.evidence), found.id
    assert {one.id for one in checked.values() if one.result == "not built"} == {
        *BUILT_IN_PART,
        *(unbuilt.clause for unbuilt in UNBUILT),
    }
    assert sum(one.result == "holds" for one in checked.values()) >= HOLD_MIN


@pytest.mark.kafka
def test_cells_of_days_that_nothing_came_for_are_counted_again_between_two_nights(data: Path) -> None:
    with House.open(data) as house:
        hits = house.lake.table("hits")
        first, *others = hits.days()
        hits.replace_days(hits.read(others), others, watermarks={})
    with House.open(data) as house, Evidence(house) as evidence:
        assert no_small_cells(evidence).result == "holds"
        assert "tables wait for the next night" in no_small_cells(evidence).evidence
    every("geo_daily", added("views", 1))(data)
    with House.open(data) as house, Evidence(house) as evidence:
        found = no_small_cells(evidence)
    assert found.result == "does not hold"
    assert f"the views of {first} do not add up" in found.evidence
    assert not any(f"{day}" in found.evidence for day in others)


@pytest.mark.kafka
def test_days_that_have_no_log_need_no_statistics_of_one(data: Path) -> None:
    with House.open(data) as house:
        hits = house.lake.table("hits")
        rows, days = hits.read(), hits.days()
        events = rows.filter(pc.equal(rows.column("collected_via"), "clickstream"))
        assert events.num_rows
        hits.replace_days(events, days, watermarks={})
        status = house.lake.table("status_daily")
        status.remove_days(status.days())
    with House.open(data) as house, Evidence(house) as evidence:
        found = night_is_done(evidence)
    assert found.result == "holds", found.evidence


def test_an_empty_warehouse_promises_nothing_that_it_cannot_show(tmp_path: Path) -> None:
    with House.open(tmp_path / "data", create=True) as house, Evidence(house) as evidence:
        checked = {one.id: one.result for one in check_clauses(evidence)}
    assert "does not hold" not in checked.values()
    for clause in ("R7", "R10", "R11", "R12", "R13", "R15", "R16", "R17", "R30", "R53", "R57", "R58", "R59", "R60"):
        assert checked[clause] == "not applicable", clause
