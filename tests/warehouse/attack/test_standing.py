"""The attack on a warehouse that stands: what it asks, and that it says what it left out."""

import pytest

from tests.warehouse.nightly.conftest import OWN_HOSTS, Warehouse, plimus, warehouse  # noqa: F401 - fixtures
from tests.warehouse.nightly.hits import NOW, day, traffic
from warehouse.asking import Asker
from warehouse.attack import month, written
from warehouse.attack.standing import attack_standing
from warehouse.nightly.given import Given


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
