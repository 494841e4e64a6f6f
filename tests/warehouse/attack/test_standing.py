"""The attack on a warehouse that stands: what it asks, and that it says what it left out."""

import pytest

from tests.warehouse.nightly.conftest import OWN_HOSTS, Warehouse, plimus, warehouse  # noqa: F401 - fixtures
from tests.warehouse.nightly.hits import NOW, day, traffic
from warehouse.asking import Asker
from warehouse.attack import month, written
from warehouse.attack.standing import attack_standing
from warehouse.nightly.given import Given
from warehouse.traffic.answer import Traffic
from warehouse.traffic.question import RefusedQuestionError, read_question


def test_nothing_is_learned_and_what_is_left_out_is_said(
    warehouse: Warehouse,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    warehouse.worker.take(traffic(3, [day(0), day(1)], 60))
    warehouse.night()
    monkeypatch.setattr(month, "TARGETS_MAX", 6)
    monkeypatch.setattr(written, "LINKED_MAX", 4)
    given = Given(warehouse.policy, OWN_HOSTS, {}, "USD", warehouse.people.registered(), NOW.date())
    asker = Asker("somebody", "batch", "operations", warehouse.policy, warehouse.registry, lambda: NOW)
    steps: list[tuple[int, int]] = []
    standing = attack_standing(
        warehouse.lake, given, frozenset(), asker, days_max=1, progress=lambda *step: steps.append(step)
    )
    findings = standing.findings
    assert (standing.days, standing.days_left, standing.days_waiting, standing.remade) == (1, 1, 0, 0)
    assert findings.claims == ()
    assert findings.contradictions == 0
    assert findings.tables > 20
    assert findings.tables_left > 0
    assert max(findings.cells.values()) >= 6
    assert sum(findings.cells_left.values()) > 0
    assert steps


def test_refusals_cannot_be_told_apart(warehouse: Warehouse) -> None:  # noqa: F811
    """Whether a value is unknown, merged in the release, or too few beside another, a refusal says the same."""
    warehouse.worker.take(traffic(3, [day(0)], 60))
    warehouse.night()
    given = Given(warehouse.policy, OWN_HOSTS, {}, "USD", warehouse.people.registered(), NOW.date())
    asker = Asker("somebody", "analyst", "geo_statistics", warehouse.policy, warehouse.registry, lambda: NOW)
    visitors: dict[str, set[int]] = {}
    for row in warehouse.lake.table("hits").read().to_pylist():
        if row["kind"] == "page" and not row["is_bot"]:
            visitors.setdefault(row["country"], set()).add(row["visitor"])
    small = [name for name, some in visitors.items() if len(some) < warehouse.policy.k]
    assert small
    said = set()
    for name in ("ZZ", small[0]):
        question = read_question(["path"], [f"country={name}"], dimensions_max=2)
        with pytest.raises(RefusedQuestionError) as refused:
            Traffic(warehouse.lake, given, frozenset()).answer(question, asker)
        said.add(str(refused.value))
    assert len(said) == 1
