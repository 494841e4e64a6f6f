"""An interactive question that fails on its way is one entry in the audit, and one line without a path or value (R3, R49)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from policy.errors import FootfallError
from tests.warehouse.nightly.conftest import Warehouse, plimus, warehouse  # noqa: F401 - fixtures
from tests.warehouse.nightly.hits import NOW, crowd, day, open_lake, traffic
from warehouse.asking import Asker, Limits, QuestionError, in_time
from warehouse.nightly.given import Given
from warehouse.registry.records import Access
from warehouse.relations import open_duckdb
from warehouse.traffic.answer import Traffic
from warehouse.traffic.question import read_question

CANARY = "canary"


class Interrupted(dict[str, Any]):
    """Hosts of a site at whose reading somebody presses Ctrl-C."""

    def items(self) -> Any:
        raise KeyboardInterrupt


@pytest.fixture
def house(warehouse: Warehouse) -> Warehouse:  # noqa: F811
    """Give a warehouse with a released day, some of it on a page whose name must not be seen."""
    warehouse.worker.take([*traffic(1, [day(0)], 100), *crowd(day(0), 20, start=500, path=f"/{CANARY}")])
    warehouse.night()
    return warehouse


def _fails(house: Warehouse, error: type[BaseException], own_hosts: Mapping[str, Any], limits: Limits) -> str:
    """Ask what fails; give its one line."""
    given = Given(house.policy, own_hosts, {}, "USD", house.people.registered(), NOW.date())
    asker = Asker("somebody", "analyst", "geo_statistics", house.policy, house.registry, lambda: NOW)
    question = read_question(["country,path"], (), dimensions_max=2)
    with pytest.raises(error) as failed:
        Traffic(house.lake, given, (), limits).answer(question, asker)
    text = str(failed.value)
    assert "\n" not in text
    assert str(house.folder) not in text
    return text


def _entry(house: Warehouse) -> Access:
    """Give the only entry of the question, which says what was asked and nothing of what was read."""
    (entry,) = [entry for entry in house.registry.accesses() if entry.who == "somebody"]
    assert (entry.role, entry.purpose, entry.tables) == ("analyst", "geo_statistics", ("hits",))
    assert entry.columns == ("country", "event_date", "path", "site", "visitor")
    assert (entry.outcome, entry.rows_out) == ("failed", None)
    assert CANARY not in str(entry)
    assert str(house.folder) not in str(entry)
    return entry


def test_what_needs_too_much_memory(house: Warehouse) -> None:
    text = _fails(house, QuestionError, {}, Limits(memory_max_mb=1, threads=1))
    assert text == _entry(house).reason == "the question needs more than 1 MB; ask for less"


def test_what_takes_too_long(house: Warehouse) -> None:
    text = _fails(house, QuestionError, {}, Limits(time_max_s=0.0))
    assert text == _entry(house).reason == "the question took longer than 0 s and was stopped; ask for less"


def test_one_endless_statement_is_stopped() -> None:
    with open_duckdb() as connection, pytest.raises(duckdb.InterruptException), in_time(connection, Limits(1, 1, 0.1)):
        connection.execute("select sum(hash(range)) from range(1000000000000)")


@pytest.mark.parametrize("harm", ["gone", "damaged"])
def test_a_file_that_cannot_be_read(house: Warehouse, harm: str) -> None:
    for file in house.lake.table("hits").files():
        Path(file).unlink() if harm == "gone" else Path(file).write_bytes(CANARY.encode() * 9)
    text = _fails(house, QuestionError, {}, Limits())
    assert "`footfall status` shows how the warehouse stands" in text
    assert text == _entry(house).reason


def test_a_table_that_cannot_be_opened(house: Warehouse) -> None:
    for commit in (house.folder / "lake" / "releases" / "geo_daily" / "_delta_log").glob("*.json"):
        commit.write_bytes(b"no commit")
    house.lake = open_lake(house.folder, house.policy, house.keyring)
    _fails(house, FootfallError, {}, Limits())
    assert "geo_daily" in _entry(house).reason


def test_whoever_breaks_it_off(house: Warehouse) -> None:
    _fails(house, KeyboardInterrupt, Interrupted(shop=("www.shop.example",)), Limits())
    assert _entry(house).reason == "the question was broken off (KeyboardInterrupt)"
