"""What answers are made from: the night's counts where they are those of today, the rows where they are not."""

from collections.abc import Mapping
from itertools import combinations

import pytest

from tests.warehouse.nightly.conftest import OWN_HOSTS, Warehouse, plimus, warehouse  # noqa: F401 - fixtures
from tests.warehouse.nightly.hits import NOW, day, hit, traffic
from warehouse.asking import Asker, Limits, QuestionError
from warehouse.nightly.given import Given
from warehouse.traffic.answer import Answer, Traffic
from warehouse.traffic.question import read_question
from warehouse.traffic.sources import Sources

DIMENSIONS = ("country", "region", "device", "system", "browser")


def _given(house: Warehouse, counting: Mapping[str, str] | None = None) -> Given:
    return Given(house.policy, OWN_HOSTS, counting or {}, "USD", house.people.registered(), NOW.date())


def _ask(house: Warehouse, told: Traffic, *by: str) -> Answer:
    asker = Asker("somebody", "analyst", "geo_statistics", house.policy, house.registry, lambda: NOW)
    return told.answer(read_question(by, (), dimensions_max=2), asker)


def _traffic(house: Warehouse, counting: Mapping[str, str] | None = None, limits: Limits | None = None) -> Traffic:
    return Traffic(house.lake, _given(house, counting), frozenset(), limits or Limits())


def test_the_night_counted_what_the_rows_say(warehouse: Warehouse) -> None:  # noqa: F811
    warehouse.worker.take(traffic(3, [day(0), day(1)], 150))
    # Two places on one day: the table of places changed in the middle of it.
    warehouse.worker.take([hit(day(1), visitor, country="JP", region="JP-13") for visitor in range(0, 150, 9)])
    warehouse.night()
    assert any(row["visitor"] for row in warehouse.rows("crowd_daily_cells"))
    # A setting that no night has seen, and that changes nothing here, leaves the rows alone.
    others = {"shop": "log_file"}
    for counting, is_counted in (({}, True), (others, False)):
        sources = Sources(warehouse.lake, _given(warehouse, counting), Limits())
        settled, _ = sources.look()
        assert sources.show(settled, ("country", "device")) is is_counted
        assert sources.show(settled, ("country", "path")) is False
        sources.close()
    with _traffic(warehouse) as counted, _traffic(warehouse, others) as by_rows:
        for by in (("event_date",), *((name,) for name in DIMENSIONS), *combinations(DIMENSIONS, 2)):
            assert _ask(warehouse, counted, *by) == _ask(warehouse, by_rows, *by)


def test_question_after_question_knows_what_was_committed_between(warehouse: Warehouse) -> None:  # noqa: F811
    warehouse.worker.take(traffic(1, [day(0), day(1)], 100))
    warehouse.night()
    late = [hit(day(1), visitor, country="FR", region="unknown") for visitor in range(5000, 5040)]
    days = []
    with _traffic(warehouse) as kept:
        for step in (lambda: None, lambda: warehouse.worker.take(late), warehouse.night, lambda: None):
            step()
            for by in ("country", "country,path"):
                answer = _ask(warehouse, kept, by)
                with _traffic(warehouse) as fresh:
                    assert _ask(warehouse, fresh, by) == answer
                days.append((answer.days, answer.days_waiting))
    assert days == [(2, 0)] * 2 + [(1, 1)] * 2 + [(2, 0)] * 4


def test_a_question_that_fails_leaves_nothing_to_the_next(warehouse: Warehouse) -> None:  # noqa: F811
    warehouse.worker.take(traffic(1, [day(0)], 100))
    warehouse.night()
    with _traffic(warehouse, limits=Limits(time_max_s=0.0)) as told:
        for _ in range(2):
            with pytest.raises(QuestionError, match="took longer"):
                _ask(warehouse, told, "country,path")
        told.limits = Limits()
        assert _ask(warehouse, told, "country").rows.num_rows
