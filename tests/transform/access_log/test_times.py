from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from transform.access_log.times import read_time, read_times

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
YEARS_S = 1900 * 365 * 86_400
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def as_bytes(texts: list[str]) -> npt.NDArray[np.uint8]:
    return np.frombuffer("".join(texts).encode(), np.uint8).reshape(len(texts), 26)


def test_every_day_of_telling_years_and_the_days_that_there_are_not() -> None:
    texts = [
        f"{day:02}/{month}/{year}:23:59:59 -0130"
        for year in (1900, 1970, 1999, 2000, 2023, 2024, 2100, 2199)
        for month in MONTHS
        for day in range(33)
    ]
    columns = read_times(as_bytes(texts))
    for text, time_us, offset_min, good in zip(texts, *columns, strict=True):
        one = read_time(text.encode())
        assert good == (one is not None), text
        assert one is None or one == (time_us, offset_min), text


def test_years_out_of_the_columns_range_are_left_to_the_exact_reader() -> None:
    texts = [f"01/Jan/{year}:00:00:00 +0000" for year in (1, 1899, 2200, 9999)]
    texts = [text if len(text) == 26 else text.replace("/1:", "/0001:") for text in texts]
    assert not read_times(as_bytes(texts)).good.any()
    assert all(read_time(text.encode()) for text in texts)


@given(st.integers(-YEARS_S, YEARS_S), st.integers(-1439, 1439))
def test_a_time_is_what_the_calendar_says(local_s: int, offset_min: int) -> None:
    moment = EPOCH + timedelta(seconds=local_s)
    hours, minutes = divmod(abs(offset_min), 60)
    sign = "-" if offset_min < 0 else "+"
    day = f"{moment.day:02}/{MONTHS[moment.month - 1]}/{moment.year:04}"
    answer = read_time(f"{day}:{moment:%H:%M:%S} {sign}{hours:02}{minutes:02}".encode())
    assert answer == ((local_s - offset_min * 60) * 1_000_000, offset_min)


@given(st.lists(st.text("0123456789/:+- OctFeb", min_size=26, max_size=26), min_size=1))
def test_columns_take_nothing_that_the_exact_reader_refuses(texts: list[str]) -> None:
    columns = read_times(as_bytes(texts))
    for text, time_us, offset_min, good in zip(texts, *columns, strict=True):
        assert not good or read_time(text.encode()) == (time_us, offset_min)
