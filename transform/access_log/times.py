"""The time of a log line, ``dd/Mon/yyyy:HH:MM:SS +hhmm``: one value exactly, or a column of canonical ones at once.

Decisions: a leap second (``:60``) is kept as ``:59``, so the line stays in its minute and its day; a fraction of a second is kept to
the microsecond; a time without its offset is unreadable, since taking it for UTC would move people's visits to other days in silence.
"""

import re
from datetime import date
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from transform.access_log.views import DIGIT_MAX

MONTHS: Final = (b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec")
TIME: Final = re.compile(
    rb"([0-9]{1,2})/([A-Za-z]{3})/([0-9]{4}):([0-9]{2}):([0-9]{2}):([0-9]{2})(?:[.,]([0-9]{1,9}))?"
    rb"[ \t]+([+-])([0-9]{2}):?([0-9]{2})"
)
EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
UTC_DAYS: Final = range(date.min.toordinal() - EPOCH_DAY, date.max.toordinal() - EPOCH_DAY + 1)
DAY_S: Final = 86_400
HOURS: Final = range(24)
SIXTY: Final = range(60)
LEAP_SECOND: Final = 60

WIDTH: Final = len("dd/Mon/yyyy:HH:MM:SS +hhmm")
"""Bytes of a canonical time."""
DIGITS: Final = (0, 1, 7, 8, 9, 10, 12, 13, 15, 16, 18, 19, 22, 23, 24, 25)
MARKS: Final = {2: b"/", 6: b"/", 11: b":", 14: b":", 17: b":", 20: b" "}

# Days since 1970 of the first of every month; the years outside are for the exact way, and for another step to refuse.
COLUMN_YEARS: Final = range(1900, 2200)
FIRST_DAYS: Final = (
    np.arange(f"{COLUMN_YEARS.start}-01", f"{COLUMN_YEARS.stop}-02", dtype="datetime64[M]")
    .astype("datetime64[D]")
    .astype(np.int64)
)
MONTH_KEYS: Final = np.array([int.from_bytes(name.title(), "big") for name in MONTHS])
MONTH_ORDER: Final = np.argsort(MONTH_KEYS)


class LogTime(NamedTuple):
    """A point in time (microseconds since 1970, UTC) and the offset of the clock that wrote it (minutes east of UTC)."""

    event_time_us: int
    utc_offset_min: int


class LogTimes(NamedTuple):
    """Columns of `LogTime` (int64, int16), and whether each is good (bool); what is not good may hold anything."""

    event_time_us: npt.NDArray[np.int64]
    utc_offset_min: npt.NDArray[np.int16]
    good: npt.NDArray[np.bool_]


def read_time(text: bytes) -> LogTime | None:
    """Read what stands between the brackets; None when it is no time, or none of the calendar (31/Feb)."""
    found = TIME.fullmatch(text)
    if found is None:
        return None
    month, fraction, sign = found.group(2, 7, 8)
    day, year, hour, minute, second, offset_h, offset_minute = map(int, found.group(1, 3, 4, 5, 6, 9, 10))
    try:
        days = date(year, MONTHS.index(month.lower()) + 1, day).toordinal() - EPOCH_DAY
    except ValueError:
        return None
    if (
        hour not in HOURS
        or minute not in SIXTY
        or second > LEAP_SECOND
        or offset_h not in HOURS
        or offset_minute not in SIXTY
    ):
        return None
    offset = offset_h * 60 + offset_minute if sign == b"+" else -(offset_h * 60 + offset_minute)
    seconds = days * DAY_S + hour * 3600 + (minute - offset) * 60 + min(second, LEAP_SECOND - 1)
    if seconds // DAY_S not in UTC_DAYS:
        return None
    return LogTime(seconds * 1_000_000 + int((fraction or b"0").ljust(6, b"0")[:6]), offset)


def read_times(texts: npt.NDArray[np.uint8]) -> LogTimes:
    """Read one canonical time a row (rows, `WIDTH`); what `read_time` might read otherwise is marked as not good."""
    column = np.ascontiguousarray(texts.T)
    good = np.ones(len(texts), np.bool_)
    for at, mark in MARKS.items():
        good &= column[at] == mark[0]
    digits = column - np.uint8(ord("0"))  # wraps: whatever is no digit becomes 10 or more
    for at in DIGITS:
        good &= digits[at] <= DIGIT_MAX

    month_key = (column[3].astype(np.int64) << 16) | (column[4].astype(np.int64) << 8) | column[5]
    place = np.searchsorted(MONTH_KEYS, month_key, sorter=MONTH_ORDER).clip(max=len(MONTHS) - 1)
    month = MONTH_ORDER[place]
    good &= MONTH_KEYS[month] == month_key

    year = _number(digits, 7) * 100 + _number(digits, 9)
    good &= (year >= COLUMN_YEARS.start) & (year < COLUMN_YEARS.stop)
    month_number = np.where(good, (year - COLUMN_YEARS.start) * 12 + month, 0)
    day = _number(digits, 0)
    days = FIRST_DAYS[month_number] + day - 1
    good &= (day >= 1) & (days < FIRST_DAYS[month_number + 1])

    hour, minute, second = _number(digits, 12), _number(digits, 15), _number(digits, 18)
    offset_h, offset_minute = _number(digits, 22), _number(digits, 24)
    good &= (hour < HOURS.stop) & (minute < SIXTY.stop) & (second < SIXTY.stop)
    good &= (offset_h < HOURS.stop) & (offset_minute < SIXTY.stop)
    east = column[21] == ord("+")
    good &= east | (column[21] == ord("-"))
    offset = (offset_h * 60 + offset_minute) * np.where(east, 1, -1)
    seconds = days * DAY_S + hour * 3600 + (minute - offset) * 60 + second
    return LogTimes(seconds * 1_000_000, offset.astype(np.int16), good)


def _number(digits: npt.NDArray[np.uint8], at: int) -> npt.NDArray[np.int64]:
    """Two digits in a row as a number, for every column entry."""
    return digits[at].astype(np.int64) * 10 + digits[at + 1]
