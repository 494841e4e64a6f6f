"""Interactive answers (R7, R43): what may be asked, what is told, and what must never be."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from tests.warehouse.nightly.conftest import OWN_HOSTS, Warehouse, plimus, warehouse  # noqa: F401 - fixtures
from tests.warehouse.nightly.hits import NOW, crowd, day, hit, traffic
from warehouse.asking import Asker, RefusedError
from warehouse.nightly.given import Given
from warehouse.traffic.answer import Answer, Traffic
from warehouse.traffic.question import RefusedQuestionError, read_question


def _ask(house: Warehouse, *by: str, where: Sequence[str] = (), role: str = "analyst", **period: Any) -> Answer:
    given = Given(house.policy, OWN_HOSTS, {}, "USD", house.people.registered(), NOW.date())
    asker = Asker("somebody", role, "geo_statistics", house.policy, house.registry, lambda: NOW)
    question = read_question(by, where, dimensions_max=house.policy.releases.dimensions_max, **period)
    return Traffic(house.lake, given, house.keyring.inexact_days()).answer(question, asker)


@pytest.mark.parametrize(
    ("by", "where", "why"),
    [
        (("country,path,device",), (), "3 dimensions"),
        (("country",), ("path=/", "device=Phone"), "3 dimensions"),
        (("path",), ("country=DE", "country=FR"), "more than once"),
        (("path",), ("country=DE,country=FR",), "more than once"),
        (("path",), ("country!=DE",), "leave out"),
        (("path",), ("country",), "leave out"),
        (("path",), ("country<>DE",), "leave out"),
        (("visitor",), (), "no dimension"),
        (("path",), ("visitor=7",), "no dimension"),
        (("country",), ("country=DE",), "nothing to tell apart"),
        (("country,country",), (), "once is enough"),
    ],
)
def test_trackers_cannot_be_asked(by: Sequence[str], where: Sequence[str], why: str) -> None:
    with pytest.raises(RefusedQuestionError, match=why):
        read_question(by, where, dimensions_max=2)


def test_cells_are_large_rounded_and_add_up(warehouse: Warehouse) -> None:  # noqa: F811
    rows = traffic(3, [day(0), day(1)], 150)
    warehouse.worker.take(rows)
    warehouse.night()
    visitors: dict[Any, set[int]] = {}
    for row in rows:
        if row["kind"] == "page" and not row["is_bot"]:
            visitors.setdefault((row["event_date"], row["site"], row["country"], row["path"]), set()).add(
                row["visitor"]
            )
    for on in (day(0), day(1)):
        answer = _ask(warehouse, "country,path", site="shop", day_from=on, day_to=on)
        named = [row for row in answer.rows.to_pylist() if row["country"] != "other"]
        assert named
        for row in answer.rows.to_pylist():
            assert row["views"] % 5 == row["visitor_days"] % 5 == 0
        for row in named:
            true = len(visitors[on, "shop", row["country"], row["path"]])
            assert true >= 10
            assert abs(true - row["visitor_days"]) <= 2
    both = Counter[tuple[str, str]]()
    for on in (day(0), day(1)):
        for row in _ask(warehouse, "country,path", day_from=on, day_to=on).rows.to_pylist():
            both[row["country"], row["path"]] += row["views"]
    period = {(row["country"], row["path"]): row["views"] for row in _ask(warehouse, "country,path").rows.to_pylist()}
    assert period == both  # so no choice of days tells more than the days do
    line = _ask(warehouse, "path", where=["country=US"]).rows.to_pylist()
    assert {row["path"] for row in line if row["path"] != "other"} == {path for land, path in both if land == "US"}


def test_what_is_refused_does_not_say_why(warehouse: Warehouse) -> None:  # noqa: F811
    rows = crowd(day(0), 60, country="DE", region="DE-BE") + crowd(day(0), 9, start=100, country="FR", region="FR-IDF")
    rows += crowd(day(0), 20, start=200, country="US", region="US-CA")
    warehouse.worker.take(rows)
    warehouse.night()
    texts = set()
    for value in ("FR", "XX", "US"):  # small, absent, merged with the small one
        with pytest.raises(RefusedQuestionError) as refused:
            _ask(warehouse, "path", where=[f"country={value}"])
        texts.add(str(refused.value))
    assert len(texts) == 1
    assert "R7" in texts.pop()


def test_a_day_that_changed_is_not_told_until_it_is_released_again(warehouse: Warehouse) -> None:  # noqa: F811
    warehouse.worker.take(traffic(1, [day(0), day(1)], 100))
    warehouse.night()
    before = _ask(warehouse, "country")
    assert (before.days, before.days_waiting) == (2, 0)
    warehouse.worker.take([hit(day(1), 5000)])
    changed = _ask(warehouse, "country")
    warehouse.night()  # one visitor more waits for the month (R43)
    waiting = _ask(warehouse, "country")
    assert (changed.days, changed.days_waiting) == (waiting.days, waiting.days_waiting) == (1, 1)
    assert changed.rows == waiting.rows


def test_answers_and_refusals_are_audited(warehouse: Warehouse) -> None:  # noqa: F811
    warehouse.worker.take(traffic(1, [day(0)], 100))
    warehouse.night()
    rows = _ask(warehouse, "country,path").rows.num_rows
    with pytest.raises(RefusedQuestionError):
        _ask(warehouse, "path", where=["country=XX"])
    with pytest.raises(RefusedError, match="R49"):
        _ask(warehouse, "country", role="nobody")
    entries = [entry for entry in warehouse.registry.accesses() if entry.who == "somebody"]
    assert [entry.role for entry in entries] == ["analyst", "analyst", "nobody"]
    assert entries[0].rows_out == rows
    assert entries[0].columns == ("country", "event_date", "path", "site", "visitor")
    assert [entry.allowed for entry in entries] == [True, False, False]
    assert "XX" not in str(entries)
