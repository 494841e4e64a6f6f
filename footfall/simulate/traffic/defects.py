"""What goes wrong between a server and its log file: blank lines, cut lines, lost quotes, noise, wrong clocks."""

from typing import Final

import numpy as np

from footfall.simulate.traffic.rows import Defect, Rows
from transform.reasons import Reason

SHARES: Final = {
    Defect.REPEATED: 0.002,
    Defect.NO_LAST_QUOTE: 0.0005,
    Defect.BLANK: 0.0003,
    Defect.TRUNCATED: 0.0005,
    Defect.GARBAGE: 0.0003,
    Defect.IMPOSSIBLE_DAY: 0.0001,
    Defect.CLOCK_AT_ZERO: 0.0001,
}
"""Defective lines of each kind and day, as a share of the good ones; one at least."""
FATES: Final = {
    Defect.BLANK: Reason.BLANK_LINE,
    Defect.TRUNCATED: Reason.NOT_A_LOG_LINE,
    Defect.GARBAGE: Reason.NOT_A_LOG_LINE,
    Defect.IMPOSSIBLE_DAY: Reason.UNREADABLE_TIME,
    Defect.CLOCK_AT_ZERO: Reason.TIME_OUT_OF_RANGE,
}
"""Why a defective line must leave the pipeline; those that are not here must be kept."""
ENDS: Final = bytes.maketrans(b"\n\r", b"..")


def draw_defects(rng: np.random.Generator, good: Rows, *, quotes_may_go: bool) -> Rows:
    """Draw rows to be spoiled: copies of good ones, each marked with its defect.

    Without `quotes_may_go` no last quote is lost: behind a proxy the last field is the client's address, and nobody
    could say where the half of it belongs.
    """
    spoiled = []
    for defect, share in SHARES.items():
        if defect is not Defect.NO_LAST_QUOTE or quotes_may_go:
            copies = good[rng.integers(0, len(good), max(int(len(good) * share), 1))].copy()
            copies["defect"] = defect
            spoiled.append(copies)
    return np.concatenate(spoiled)


def spoil_line(rng: np.random.Generator, line: bytes, defect: Defect) -> bytes:
    """Spoil a good line, given and returned without its end."""
    day = line.index(b"[") + 1
    match defect:
        case Defect.NO_LAST_QUOTE:
            line = line[:-1]
        case Defect.BLANK:
            line = b""
        case Defect.TRUNCATED:  # within the address, or at the first letter of the request
            line = line[: rng.choice((3, line.index(b'"') + 2))]
        case Defect.GARBAGE:
            line = (b"\x00\xff" + rng.bytes(int(rng.integers(18, 120)))).translate(ENDS)
        case Defect.IMPOSSIBLE_DAY:
            line = line[:day] + b"31/Feb" + line[day + len(b"31/Feb") :]
        case Defect.CLOCK_AT_ZERO:
            line = line[:day] + b"01/Jan/1970:00:00" + line[day + len(b"01/Jan/1970:00:00") :]
        case Defect.NONE | Defect.REPEATED:
            pass
    return line
