"""IPv6 addresses as whole columns: hexadecimal groups between colons, with or without one ``::``.

What is written in any other way (with a zone, in brackets, with an IPv4 address at its end) is left to the caller.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

GROUPS: Final = 8
GROUP_DIGITS_MAX: Final = 4
COLON: Final = ord(":")
FOREIGN, BETWEEN = 0xFF, 0xFE
"""What the table of digits says of a byte that belongs in no address, and of a colon."""


def _digit_values() -> Bytes:
    values = np.full(256, FOREIGN, np.uint8)
    for digits in (b"0123456789abcdef", b"0123456789ABCDEF"):
        values[np.frombuffer(digits, np.uint8)] = np.arange(16)
    values[COLON] = BETWEEN
    return values


DIGIT_VALUES: Final = _digit_values()


class Hextets(NamedTuple):
    """Rows that were read, and the upper and lower 64 bits of each."""

    rows: Positions
    high: Words
    low: Words


def read_hextets(data: Bytes, bounds: Positions, rows: Positions) -> Hextets:
    """Read those of `rows` that are eight groups, or fewer with one ``::``.

    Args:
        data: the bytes of all rows.
        bounds: row i is ``data[bounds[i]:bounds[i + 1]]``.
        rows: the rows to read, each with at least two bytes.
    """
    if not len(rows):
        return Hextets(rows, np.empty(0, np.uint64), np.empty(0, np.uint64))
    lengths = bounds[rows + 1] - bounds[rows]
    ends = np.cumsum(lengths)
    starts = ends - lengths
    owner = np.repeat(np.arange(len(rows)), lengths)
    value = DIGIT_VALUES[data[np.arange(ends[-1]) + np.repeat(bounds[rows] - starts, lengths)]]
    colons = np.flatnonzero(value == BETWEEN)
    per_row = np.bincount(owner[colons], minlength=len(rows))
    gaps = colons[np.flatnonzero((np.diff(colons) == 1) & (owner[colons[1:]] == owner[colons[:-1]]))]
    gap_count = np.bincount(owner[gaps], minlength=len(rows))
    gap_at = np.full(len(rows), ends[-1])
    gap_at[owner[gaps]] = gaps
    # A colon at the edge of an address is one of the two of "::".
    edges_good = ((value[starts] != BETWEEN) | (gap_at == starts)) & (
        (value[ends - 1] != BETWEEN) | (gap_at == ends - 2)
    )

    # Each group is known by its last digit: what follows is a colon, or the next row.
    digit = value < BETWEEN
    last = digit & np.append((value[1:] == BETWEEN) | (owner[1:] != owner[:-1]), True)
    group_ends = np.flatnonzero(last)
    group_owner = owner[group_ends]
    before = np.maximum.accumulate(np.where(digit, -1, np.arange(len(value))))[group_ends]
    widths = group_ends - np.maximum(before, starts[group_owner] - 1)
    words = np.zeros(len(group_ends), np.uint64)
    for place in range(GROUP_DIGITS_MAX):
        has = widths > place
        words[has] |= value[group_ends[has] - place].astype(np.uint64) << np.uint64(4 * place)
    count = np.bincount(group_owner, minlength=len(rows))
    good = edges_good & (np.bincount(owner[value == FOREIGN], minlength=len(rows)) == 0)
    good &= np.bincount(group_owner[widths > GROUP_DIGITS_MAX], minlength=len(rows)) == 0
    whole = (gap_count == 0) & (count == GROUPS) & (per_row == GROUPS - 1)
    short = (gap_count == 1) & (count < GROUPS)
    good &= whole | short

    first = np.cumsum(count) - count
    at = np.arange(len(group_ends)) - first[group_owner]
    at += np.where(group_ends > gap_at[group_owner], GROUPS - count[group_owner], 0)
    kept = good[group_owner]
    table = np.zeros((len(rows), GROUPS), np.uint64)
    table[group_owner[kept], at[kept]] = words[kept]
    shifts = np.array([48, 32, 16, 0], np.uint64)
    half = table[good].reshape(-1, 2, GROUPS // 2) << shifts
    joined = np.bitwise_or.reduce(half, axis=2)
    return Hextets(rows[good], joined[:, 0], joined[:, 1])
