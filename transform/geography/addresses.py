"""Addresses as text to the numbers that the interval tables know; whatever is no address is left out.

IPv4 addresses are read as whole columns. IPv6 addresses are fewer and have many spellings, so the standard library
reads each distinct one.
"""

from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

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
# Addresses that carry an IPv4 address: bits below the prefix, the prefix, bits below the IPv4 address.
MAPPED: Final = (32, 0xFFFF, 0)
NAT64: Final = (32, 0x0064_FF9B << 64, 0)
SIX_TO_FOUR: Final = (112, 0x2002, 80)
TEREDO: Final = (96, 0x2001_0000)  # the client's address stands at the end, inverted


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


def read_addresses(texts: pa.StringArray) -> Addresses:
    """Read one address per row; nulls, host names, ports and anything else that is no address are left out."""
    data, bounds = _bytes_of(texts)
    v4_rows, v4_keys = _read_v4(data, bounds)
    colons = np.diff(np.searchsorted(np.flatnonzero(data == COLON), bounds))
    v6_rows, v6_keys = [], []
    carrier_rows, carried_keys = [], []
    for row in np.flatnonzero((colons >= COLONS_MIN) & (np.diff(bounds) <= V6_LENGTH_MAX)).tolist():
        number = _read_v6(data[bounds[row] : bounds[row + 1]].tobytes())
        if number is None:
            continue
        carried = _carried_v4(number)
        if carried is None:
            v6_rows.append(row)
            v6_keys.append(number >> 64)
        else:
            carrier_rows.append(row)
            carried_keys.append(carried)
    return Addresses(
        len(texts),
        np.concatenate([v4_rows, np.array(carrier_rows, np.int64)]),
        np.concatenate([v4_keys, np.array(carried_keys, np.uint32)]),
        np.array(v6_rows, np.int64),
        np.array(v6_keys, np.uint64),
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


def _read_v6(text: bytes) -> int | None:
    """Read one IPv6 address, with or without brackets and zone; None for anything else."""
    if text.startswith(b"[") and text.endswith(b"]"):
        text = text[1:-1]
    try:
        return int(IPv6Address(text.decode("ascii")))
    except ValueError:
        return None


def _carried_v4(number: int) -> int | None:
    """Take out the IPv4 address that an IPv6 address carries (mapped, NAT64, 6to4, Teredo); None where none is."""
    for prefix_shift, prefix, shift in (MAPPED, NAT64, SIX_TO_FOUR):
        if number >> prefix_shift == prefix:
            return number >> shift & 0xFFFF_FFFF
    if number >> TEREDO[0] == TEREDO[1]:
        return ~number & 0xFFFF_FFFF
    return None
