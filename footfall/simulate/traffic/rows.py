"""One request as numbers; a day's traffic is an array of them, and text is made of it at the very end."""

from enum import IntEnum
from http import HTTPStatus
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

Rows: TypeAlias = npt.NDArray[np.void]

ROW: Final = np.dtype(
    [
        ("second", np.int32),  # of the day, UTC
        ("address", np.int32),  # in Addresses.texts
        ("agent", np.int16),  # in Agents.texts
        ("user", np.int32),  # in People.user_names; 0 is nobody
        ("method", np.int8),
        ("target", np.int32),  # in Shop.targets, or beyond them a target of this day alone
        ("protocol", np.int8),
        ("status", np.int16),
        ("bytes", np.int32),  # -1: none, written as "-"
        ("referrer", np.int32),  # below 0: an outside one, see OUTSIDE; else the target of the page before
        ("robot", np.bool_),
        ("defect", np.int8),
    ]
)

DAY_S: Final = 86_400
METHODS: Final = (b"GET ", b"POST ", b"HEAD ", b"")
GET, POST, HEAD, NO_METHOD = range(len(METHODS))
PROTOCOLS: Final = (b' HTTP/1.1" ', b' HTTP/2.0" ', b' HTTP/1.0" ', b'" ')
HTTP_1, HTTP_2, HTTP_OLD, NO_PROTOCOL = range(len(PROTOCOLS))

OUTSIDE: Final = (
    # weight among first pages of a visit, referrer as the log writes it
    (40.0, b"-"),
    (22.0, b"https://www.google.com/"),
    (4.0, b"https://www.google.de/"),
    (4.0, b"https://www.bing.com/"),
    (3.0, b"https://duckduckgo.com/"),
    (1.0, b"https://search.brave.com/search?q=amber+compass"),
    (5.0, b"https://www.facebook.com/"),
    (4.0, b"https://www.instagram.com/"),
    (3.0, b"https://t.co/Xa81kQ2m"),
    (3.0, b"https://old.reddit.com/r/BuyItForLife/comments/1kq9/"),
    (1.0, b"android-app://com.google.android.googlequicksearchbox/"),
    (3.0, b"https://blog.partner.example/2026/11/ten-lamps"),
    (1.0, b"http://forum.teatime.example:8080/thread?id=77"),
)
NO_REFERRER: Final = -len(OUTSIDE)


class Defect(IntEnum):
    """What is wrong with a line; a defective line is a spoiled copy of a good one, beside it."""

    NONE = 0
    REPEATED = 1
    NO_LAST_QUOTE = 2
    BLANK = 3
    TRUNCATED = 4
    GARBAGE = 5
    IMPOSSIBLE_DAY = 6
    CLOCK_AT_ZERO = 7


def rows_of(count: int, **columns: Any) -> Rows:
    """Make `count` rows: a plain GET without user, referrer, size or defect, but for the columns given."""
    rows = np.zeros(count, ROW)
    rows["bytes"] = -1
    rows["referrer"] = NO_REFERRER
    rows["status"] = HTTPStatus.OK
    for name, values in columns.items():
        rows[name] = values
    return rows


def happens(rng: np.random.Generator, count: int, share: float) -> npt.NDArray[np.bool_]:
    """Decide for each of `count` rows whether something happens that happens to a `share` of them."""
    return rng.random(count) < share


def one_of(rng: np.random.Generator, count: int, shares: dict[int, float]) -> npt.NDArray[np.int64]:
    """Draw a number for each of `count` rows; the shares add up to 1."""
    return rng.choice(list(shares), count, p=list(shares.values()))


def one_in(rng: np.random.Generator, count: int, numbers: range) -> npt.NDArray[np.int64]:
    """Draw one of `numbers` for each of `count` rows, all alike."""
    return rng.integers(numbers.start, numbers.stop, count)


def sizes_about(rng: np.random.Generator, typical: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Vary typical sizes by some percent, as pages with changing content do."""
    return (typical * rng.uniform(0.9, 1.1, len(typical))).astype(np.int32)
