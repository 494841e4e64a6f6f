"""Break a promise on purpose, and its check says so, naming the damage; for every clause that has a check."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from _pytest.mark import ParameterSet

from footfall.clauses import CHECKS, Evidence, check_clause
from footfall.house import House
from policy.model import Clause
from tests.footfall.clauses.damages import DAMAGES, Damage
from tests.footfall.clauses.damaging import careless_choice, child_with_rows, clear_wire, column, every

pytestmark = pytest.mark.kafka
IN_THE_PROGRAM: Final = {"R11", "R28", "R50", "R52"}
"""Promises that no damage of a warehouse breaks, only one of the program; they have tests of their own below."""


def clause_of(house: House, clause_id: str) -> Clause:
    return next(clause for clause in house.policy.clauses if clause.id == clause_id)


def says(house: House, clause_id: str) -> tuple[str, str]:
    """Run one check."""
    with Evidence(house) as evidence:
        found = check_clause(evidence, clause_of(house, clause_id))
    return found.result, found.evidence


def test_every_check_is_broken_once() -> None:
    assert {damage.clause for damage in DAMAGES} | IN_THE_PROGRAM == {check.clause for check in CHECKS}


def cases() -> Iterator[ParameterSet]:
    """Give every damage; the second and third ones of a clause are for the long suite."""
    seen: set[str] = set()
    for damage in DAMAGES:
        marks = [pytest.mark.long] if damage.clause in seen else []
        seen.add(damage.clause)
        yield pytest.param(damage, id=f"{damage.clause} {damage.why}", marks=marks)


@pytest.mark.parametrize("damage", list(cases()))
def test_a_damaged_warehouse_does_not_hold(damage: Damage, data: Path) -> None:
    damage.do(data)
    with House.open(data) as house:
        result, evidence = says(house, damage.clause)
    assert result == "does not hold", evidence
    assert damage.says in evidence


def test_what_the_pipeline_put_in_the_place_of_something_is_no_damage(data: Path) -> None:
    every("hits", column("path", "/Cookie:{token}", "/a-Authorization:{token}", "/a-PHPSESSID%3D{token}"))(data)
    with House.open(data) as house:
        found = {clause: says(house, clause) for clause in ("R13", "R23", "R26")}
    assert {result for result, _ in found.values()} == {"holds"}, found


def test_lists_that_reach_those_who_refused_do_not_hold(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with House.open(data) as house, careless_choice(monkeypatch):
        result, evidence = says(house, "R28")
    assert result == "does not hold"
    assert "people on the list newsletter refused newsletter" in evidence


def test_lists_that_reach_children_do_not_hold(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child_with_rows(data)
    with House.open(data) as house:
        assert says(house, "R11")[0] == "holds"
        with careless_choice(monkeypatch):
            result, evidence = says(house, "R11")
    assert result == "does not hold"
    assert "the list newsletter for seller has 1 child on it" in evidence


def test_a_clear_wire_does_not_hold_where_tls_is_required(data: Path) -> None:
    with House.open(data) as house:
        result, evidence = says(clear_wire(house), "R50")
    assert result == "does not hold"
    assert "spoken to in the clear" in evidence


def test_a_certificate_that_nobody_checks_does_not_hold(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ssl  # noqa: PLC0415

    from ingest.wire.connection import Connection  # noqa: PLC0415

    careless = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    careless.check_hostname = False
    careless.verify_mode = ssl.CERT_NONE
    monkeypatch.setattr(Connection, "tls", careless)
    with House.open(data) as house:
        assert says(house, "R50")[0] == "does not hold"


def test_a_report_without_its_keys_does_not_hold(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dashboards.transparency import content  # noqa: PLC0415

    monkeypatch.setattr(content, "_keys", content._questions)
    with House.open(data) as house:
        result, evidence = says(house, "R52")
    assert result == "does not hold"
    assert "of the kind key are not in the report" in evidence


def test_what_cannot_be_looked_at_does_not_hold(data: Path) -> None:
    for file in (data / "lake" / "facts" / "hits").rglob("*.parquet"):
        file.unlink()
        file.write_bytes(b"not Parquet")
    with House.open(data) as house:
        result, evidence = says(house, "R13")
    assert result == "does not hold"
    assert "could not be looked at" in evidence
