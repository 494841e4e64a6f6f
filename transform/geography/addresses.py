"""Addresses as text to the numbers that the interval tables know; whatever is no address is left out.

Both kinds are read as whole columns, by a kernel where there is one; the standard library reads the rare spellings of
IPv6 addresses, one by one.
"""

from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

import kernels
from kernels import addresses as kernel
from transform.columns import bytes_and_bounds
from transform.geography.hextets import Words, read_hextets
from transform.geography.intervals import NO_PLACE, Intervals, PlaceNumbers

Bytes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.int64]

DOT, COLON, ZERO, NINE = b".:09"
OCTETS: Final = 4
OCTET_MAX: Final = 255
OCTET_DIGITS_MAX: Final = 3
# By the number of an octet's digits, 0 to 4 (or more): what its last digit but one and but two count, and the least
# value that has so many digits without a leading zero (0 and 4 digits have none that an octet may reach).
TENS: Final = np.array([0, 0, 10, 10, 0], np.uint16)
HUNDREDS: Final = np.array([0, 0, 0, 100, 0], np.uint16)
LEAST: Final = np.array([999, 0, 10, 100, 999], np.uint16)
COLONS_MIN: Final = 2
V6_LENGTH_MAX: Final = 80  # 45 for the longest address, 2 for brackets, the rest for a zone
HALF: Final = np.uint64(32)
LOW: Final = np.uint64(0xFFFF_FFFF)
WORD: Final = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Addresses:
    """The rows that hold an address and its key: the whole address, or the top 64 bits of an IPv6 address."""

    rows_total: int
    v4_rows: Positions
    v4_keys: npt.NDArray[np.uint32]
    v6_rows: Positions
    v6_keys: npt.NDArray[np.uint64]

    def find(self, v4: Intervals, v6: Intervals) -> PlaceNumbers:
        """Give one place number per row, `NO_PLACE` for what is no address."""
        found = np.full(self.rows_total, NO_PLACE, np.int16)
        found[self.v4_rows] = v4.find(self.v4_keys)
        found[self.v6_rows] = v6.find(self.v6_keys)
        return found


def find_places(texts: pa.StringArray, v4: Intervals, v6: Intervals) -> PlaceNumbers:
    """Give the place number of each address, `NO_PLACE` for a null and for what is no address."""
    if not kernels.is_ready():
        return read_addresses(texts).find(v4, v6)
    texts = texts.fill_null("") if texts.null_count else texts
    numbers, left = kernel.place_numbers(bytes_and_bounds(texts), (v4.starts, v4.places), (v6.starts, v6.places))
    if len(left):
        numbers[left] = read_addresses(texts.take(pa.array(left))).find(v4, v6)
    return numbers


def read_addresses(texts: pa.StringArray) -> Addresses:
    """Read one address per row; nulls, host names, ports and anything else that is no address are left out."""
    data, bounds = _bytes_of(texts)
    v4_rows, v4_keys = _read_v4(data, bounds)
    colons = np.diff(np.searchsorted(np.flatnonzero(data == COLON), bounds))
    written = np.flatnonzero((colons >= COLONS_MIN) & (np.diff(bounds) <= V6_LENGTH_MAX))
    v6_rows, high, low = _read_v6(data, bounds, written)
    carries, carried = _carried_v4(high, low)
    return Addresses(
        len(texts),
        np.concatenate([v4_rows, v6_rows[carries]]),
        np.concatenate([v4_keys, carried]),
        v6_rows[~carries],
        high[~carries],
    )


def _bytes_of(texts: pa.StringArray) -> tuple[Bytes, Positions]:
    """Give the bytes of all rows and, one more than rows, where each begins; a null holds no bytes."""
    if texts.null_count:
        texts = texts.fill_null("")
    _, offsets, data = texts.buffers()
    if not len(texts) or data is None:
        return np.empty(0, np.uint8), np.zeros(len(texts) + 1, np.int64)
    bounds = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    return np.frombuffer(data, np.uint8)[bounds[0] : bounds[-1]], bounds - bounds[0]


def _read_v4(data: Bytes, bounds: Positions) -> tuple[Positions, npt.NDArray[np.uint32]]:
    """Read the rows that are four numbers up to 255 without leading zeros, and nothing else."""
    dots = np.flatnonzero(data == DOT)
    dots_before = np.searchsorted(dots, bounds)
    foreign_before = np.searchsorted(np.flatnonzero((data != DOT) & ((data < ZERO) | (data > NINE))), bounds)
    rows = np.flatnonzero((np.diff(dots_before) == OCTETS - 1) & (np.diff(foreign_before) == 0))
    first_dot, begin = dots_before[rows], bounds[rows]
    keys, fits = np.zeros(len(rows), np.uint32), np.ones(len(rows), np.bool_)
    for octet in range(OCTETS):
        end = bounds[rows + 1] if octet == OCTETS - 1 else dots[first_dot + octet]
        digits = np.minimum(end - begin, OCTET_DIGITS_MAX + 1)
        value = (data[end - 1] - ZERO).astype(np.uint16)
        value += (data[end - 2] - ZERO) * TENS[digits]
        value += (data[end - 3] - ZERO) * HUNDREDS[digits]
        fits &= (value >= LEAST[digits]) & (value <= OCTET_MAX)
        keys = keys << np.uint32(8) | value
        begin = end + 1
    return rows[fits], keys[fits]


def _read_v6(data: Bytes, bounds: Positions, rows: Positions) -> tuple[Positions, Words, Words]:
    """Read the rows that are IPv6 addresses, with or without brackets and zone: rows, upper and lower 64 bits."""
    usual = read_hextets(data, bounds, rows)
    others = [
        (row, number)
        for row in np.setdiff1d(rows, usual.rows, assume_unique=True).tolist()
        if (number := _read_one_v6(data[bounds[row] : bounds[row + 1]].tobytes())) is not None
    ]
    return (
        np.concatenate([usual.rows, np.array([row for row, _ in others], np.int64)]),
        np.concatenate([usual.high, np.array([number >> 64 for _, number in others], np.uint64)]),
        np.concatenate([usual.low, np.array([number & WORD for _, number in others], np.uint64)]),
    )


def _read_one_v6(text: bytes) -> int | None:
    """Read one IPv6 address; None for anything else."""
    if text.startswith(b"[") and text.endswith(b"]"):
        text = text[1:-1]
    try:
        return int(IPv6Address(text.decode("ascii")))
    except ValueError:
        return None


def _carried_v4(high: Words, low: Words) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.uint32]]:
    """Find the IPv6 addresses that carry an IPv4 address (mapped, NAT64, 6to4, Teredo), and those they carry."""
    mapped = (high == 0) & (low >> HALF == 0xFFFF)  # noqa: PLR2004 - ::ffff:0:0/96
    nat64 = (high == 0x0064_FF9B << 32) & (low >> HALF == 0)
    six_to_four = high >> np.uint64(48) == 0x2002  # noqa: PLR2004 - 2002::/16
    teredo = high >> HALF == 0x2001_0000  # noqa: PLR2004 - 2001::/32; the client's address stands at the end, inverted
    carried = np.where(six_to_four, high >> np.uint64(16), np.where(teredo, ~low, low)) & LOW
    carries = mapped | nat64 | six_to_four | teredo
    return carries, carried[carries].astype(np.uint32)
