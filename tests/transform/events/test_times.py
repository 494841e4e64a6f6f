"""Times of JSON records, against the standard library's reading of the same text."""

from datetime import UTC, date, datetime, timedelta, timezone
from unittest.mock import patch

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kernels
from transform.events.times import read_date, read_times

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZONES = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(datetime(1000, 1, 2), datetime(2999, 12, 30), timezones=ZONES)  # noqa: DTZ001 - hypothesis adds the zone


@pytest.mark.parametrize("ready", [True, False])
@settings(max_examples=60)
@given(times=st.lists(TIMES, max_size=6))
def test_times_are_those_of_the_standard_library(*, ready: bool, times: list[datetime]) -> None:
    with patch.object(kernels, "is_ready", lambda: ready and kernels.library.is_ready()):
        read = read_times(pa.array([time.isoformat() for time in times], pa.string()))
    assert read.good.all()
    assert read.micros.tolist() == [(time - EPOCH) // timedelta(microseconds=1) for time in times]
    offsets = [time.utcoffset() or timedelta() for time in times]
    assert read.utc_offset_min.tolist() == [offset // timedelta(minutes=1) for offset in offsets]


@settings(max_examples=60)
@given(
    st.lists(
        TIMES.map(datetime.isoformat) | st.text(alphabet="0123456789-:TZtz+. ", max_size=25) | st.none(), max_size=6
    )
)
def test_a_time_is_read_the_same_in_any_company(texts: list[str | None]) -> None:
    """One that is none, or has more digits than columns are read with, changes nothing for the others."""
    together = read_times(pa.array([*texts, "2026-02-30T00:00:00Z", "2026-11-23t10:00:00.123456789z"], pa.string()))
    for at, text in enumerate(texts):
        alone = read_times(pa.array([text], pa.string()))
        assert (alone.good[0], alone.micros[0]) == (together.good[at], together.micros[at])
    assert together.good[-2:].tolist() == [False, True]
    assert together.micros[-1] % 1_000_000 == 123_456


def test_offsets_are_minutes_east() -> None:
    texts = [
        "2026-11-23T10:00:00+05:30",
        "2026-11-23T10:00:00-03:30",
        "2026-11-23T10:00:00Z",
        "2026-11-23T10:00:00-00:00",
    ]
    read = read_times(pa.array(texts))
    assert read.utc_offset_min.tolist() == [330, -210, 0, 0]
    assert read_times(pa.array([], pa.string())).good.tolist() == []


@given(st.dates())
def test_a_date_is_read_and_nothing_else(day: date) -> None:
    assert read_date(day.isoformat()) == day
    assert read_date(day.strftime("%Y%m%d").zfill(8)) is None
    assert read_date(day.isoformat() + " ") is None
