"""Lines of a day whose older rows were let go: the night and `footfall status` name them (R43, R56)."""

from datetime import date, datetime, timedelta
from pathlib import Path

from footfall.commands.health.status import status
from footfall.commands.pipeline import nightly
from footfall.house import House
from tests.footfall.clocked_house import Clock, opened
from tests.warehouse.nightly.hits import Worker, crowd


def _night(house: House, clock: Clock) -> dict[str, str]:
    return dict(nightly._lines(nightly.nightly(house, lambda *_: None, clock=clock)))


def _found(house: House) -> list[str]:
    return [found["detail"] for found in status(house)["findings"]]


def test_the_night_and_status_name_closed_days(tmp_path: Path) -> None:
    clock = Clock()
    first = clock().date() - timedelta(days=1)
    with opened(tmp_path, clock) as house:
        worker = Worker(house.lake)
        worker.take(crowd(first, 30, taken_at=_noon(first)))
        assert "of closed days" not in _night(house, clock)
        clock.at += timedelta(days=26 * 31)
        worker.take(crowd(first, 12, start=100, taken_at=clock()))
        line = _night(house, clock)["of closed days"]
        assert line.startswith(f"12 rows of {first} are in no release")
        assert "new folder" in line
        assert _found(house) == [line]


def _noon(on: date) -> datetime:
    return datetime.combine(on, Clock.at.timetz())
