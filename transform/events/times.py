"""Times and dates as JSON records write them: RFC 3339 with its offset, which must be there."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

import kernels
from kernels import events
from transform.columns import bytes_and_bounds

OFFSET_LENGTH: Final = len("+01:00")

_TIME: Final = (
    r"^[12][0-9]{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r"(?:\.[0-9]{1,12})?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$"
)
_DATE: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Times(NamedTuple):
    """Points in time (microseconds since 1970, UTC), the offsets that were stated, and which rows have them at all."""

    micros: npt.NDArray[np.int64]
    utc_offset_min: npt.NDArray[np.int16]
    good: npt.NDArray[np.bool_]


def read_times(texts: pa.StringArray) -> Times:
    """Read one time a row, null being none; digits beyond the microsecond are cut off.

    Only ``2026-11-23T10:00:00Z`` and the like are times, with an offset as ``+01:00`` or Z, for a time without it would
    move people's visits to other days in silence. 30 February is none, nor is a leap second, which no clock of a browser shows.
    """
    if kernels.is_ready():
        return Times(*events.read_times(*bytes_and_bounds(texts.fill_null("") if texts.null_count else texts)))
    good = pc.fill_null(pc.match_substring_regex(texts, _TIME), False)
    found = texts.filter(good) if pc.any(pc.invert(good)).as_py() else texts
    try:
        read = found.cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_numpy()
    except pa.ArrowInvalid:
        exact = [_micros(text) for text in found.to_pylist()]
        read = np.array([micros or 0 for micros in exact], np.int64)
        is_time = np.array([micros is not None for micros in exact], np.bool_)
    else:
        is_time = np.ones(len(found), np.bool_)
    times = Times(
        np.zeros(len(texts), np.int64), np.zeros(len(texts), np.int16), good.to_numpy(zero_copy_only=False).copy()
    )
    rows = np.flatnonzero(times.good)
    times.micros[rows] = read
    times.utc_offset_min[rows] = _offsets(found)
    times.good[rows] = is_time
    return times


def read_date(text: str) -> date | None:
    """Read ``2012-02-29``; None for what is no date, nor written so: the standard library also reads ``2012-W09-3``."""
    try:
        return date.fromisoformat(text) if re.fullmatch(_DATE, text) else None
    except ValueError:
        return None


def _offsets(times: pa.StringArray) -> npt.NDArray[np.int16]:
    """Give the offset of each time, minutes east of UTC."""
    offsets = np.zeros(len(times), np.int16)
    stated = pc.invert(pc.or_(pc.ends_with(times, "Z"), pc.ends_with(times, "z"))).to_numpy(zero_copy_only=False)
    if stated.any():
        texts = pc.utf8_slice_codeunits(times.filter(pa.array(stated)), -OFFSET_LENGTH, None).dictionary_encode()
        minutes = np.array([_minutes(text) for text in texts.dictionary.to_pylist()], np.int16)
        offsets[stated] = minutes[texts.indices.to_numpy()]
    return offsets


def _minutes(offset: str) -> int:
    minutes = int(offset[1:3]) * 60 + int(offset[4:6])
    return -minutes if offset[0] == "-" else minutes


def _micros(text: str) -> int | None:
    try:
        # The difference of two aware times is right even where the time in UTC has no year of four digits any more.
        return (datetime.fromisoformat(text.upper()) - _EPOCH) // _MICROSECOND
    except ValueError:
        return None
