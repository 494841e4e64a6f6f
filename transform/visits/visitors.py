"""How many different visitors a day had, without knowing any of them: numbers that hold for one day only.

A visitor number is a keyed hash of address, agent and site under a random key of the day (T1). The keyring destroys
that key, and from then on nobody can compute a number again or tell that two days' numbers belong together.
Numbers have 64 bits: among a million visitors of one day, any two share a number with a chance of 3 in 100 million.
"""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

import kernels
from kernels.hashes import join
from transform.columns import codes_and_values
from transform.pseudonyms import keyed_hashes
from transform.visits.client import usual_form

KEY_BYTES_MIN: Final = 16
"""Fewer could be guessed; blake2b itself refuses more than 64."""

_HASH_BYTES: Final = 16
_EMPTY: Final = pa.array([""])
_BLOCK_ROWS: Final = 8192  # the mixing's eight temporaries then stay in the cache: half the time of whole columns
_EPOCH: Final = date(1970, 1, 1).toordinal()


def visitor_numbers(
    address: pa.ChunkedArray | pa.Array,
    agent: pa.ChunkedArray | pa.Array,
    site: pa.ChunkedArray | pa.Array,
    event_date: pa.ChunkedArray | pa.Array,
    day_key: Callable[[date], bytes],
) -> pa.Int64Array:
    """Give each row its visitor's number: the same address, agent, site and day under the same key give the same number.

    Each distinct address, agent and site is hashed once a day (blake2b, 128 bits); rows only mix the three (0.03 µs,
    with kernels 0.01 µs), so that no distinct pairs need be found. Other forms of one IPv6 address are the same address.

    Args:
        address: ``dictionary<int32, string>``, one value a row; a missing address counts as empty text.
        agent: the same, null where no name was sent, which counts as empty text.
        site: the same.
        event_date: date32 without null.
        day_key: gives a day's secret key of 16 to 64 bytes; asked once for each distinct day, in ascending order.

    Raises:
        ValueError: a key is too short, or a row has no date.
    """
    codes, addresses = _with_empty_text(address)
    parts = [
        _Part(b"address", codes, usual_form(addresses)),
        _Part(b"agent", *_with_empty_text(agent)),
        _Part(b"site", *_with_empty_text(site)),
    ]
    if event_date.null_count:
        raise ValueError(f"{event_date.null_count} rows have no event_date, so no day's key can number their visitors")
    days = event_date.cast(pa.int32()).to_numpy()
    numbers = np.empty(len(days), np.uint64)
    for day, rows in _rows_of_days(days):
        key = day_key(date.fromordinal(_EPOCH + day))
        if len(key) < KEY_BYTES_MIN:
            raise ValueError(f"a day key has at least {KEY_BYTES_MIN} bytes, this one has {len(key)}")
        _join(tuple(part.codes for part in parts), tuple(part.hashes(key, rows) for part in parts), rows, numbers)
    return pa.array(numbers.view(np.int64))


class _Part(NamedTuple):
    """One of the three texts that make a visitor: its name, a code a row, and the distinct values without null."""

    name: bytes
    codes: npt.NDArray[np.int32]
    values: pa.StringArray

    def hashes(self, key: bytes, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
        """Hash the values that `rows` use: two words for each value, nothing certain for a value not used.

        The code of a row without a value is -1: it finds the last, which is the hash of empty text.
        """
        count = len(self.values)
        table = np.empty((count + 1, 2), "<u8")
        if len(rows) < count:
            is_used = np.zeros(count + 1, np.bool_)
            is_used[self.codes[rows]] = True
            used = np.flatnonzero(is_used[:count])
            table[used] = keyed_hashes(self.values, key, _HASH_BYTES, self.name, rows=used).view("<u8")
        else:
            table[:count] = keyed_hashes(self.values, key, _HASH_BYTES, self.name).view("<u8")
        table[count] = keyed_hashes(_EMPTY, key, _HASH_BYTES, self.name).view("<u8")
        return table.astype(np.uint64, copy=False)


def _with_empty_text(column: pa.ChunkedArray | pa.Array) -> tuple[npt.NDArray[np.int32], pa.StringArray]:
    codes, values = codes_and_values(column)
    return codes, values.fill_null("") if values.null_count else values


def _rows_of_days(days: npt.NDArray[np.int32]) -> Iterator[tuple[int, npt.NDArray[np.int64]]]:
    """Give each distinct day, ascending, with the numbers of its rows."""
    if not len(days):
        return
    if days.min() == days.max():
        yield int(days[0]), np.arange(len(days))
        return
    order = np.argsort(days, kind="stable")
    starts = np.flatnonzero(np.diff(days[order], prepend=days[order[0]] - 1))
    for rows in np.split(order, starts[1:]):
        yield int(days[rows[0]]), rows


def _join(
    codes: tuple[npt.NDArray[np.int32], ...],
    hashes: tuple[npt.NDArray[np.uint64], ...],
    rows: npt.NDArray[np.int64],
    numbers: npt.NDArray[np.uint64],
) -> None:
    """Write the number of each of `rows` from the hashes that its three codes point to."""
    if kernels.is_ready():
        join(codes, hashes, rows, numbers)
        return
    tables = [np.ascontiguousarray(table.T) for table in hashes]
    for start in range(0, len(rows), _BLOCK_ROWS):
        block = rows[start : start + _BLOCK_ROWS]
        numbers[block] = _mix(*(table[:, part[block]] for part, table in zip(codes, tables, strict=True)))


def _mix(
    address: npt.NDArray[np.uint64], agent: npt.NDArray[np.uint64], site: npt.NDArray[np.uint64]
) -> npt.NDArray[np.uint64]:
    """Mix two words of each part into one, by three rounds of SipHash over secret words.

    A mere sum could be taken apart: (a + x) - (a + y) = (b + x) - (b + y) would show who shares an address. After these
    rounds no such relation is left, and folding four words into one cannot be undone.
    """
    v0, v1, v2, v3 = address[0] ^ site[0], address[1] ^ site[1], agent[0], agent[1]
    for _ in range(3):
        v0 = v0 + v1
        v1 = _rotated(v1, 13) ^ v0
        v0 = _rotated(v0, 32)
        v2 = v2 + v3
        v3 = _rotated(v3, 16) ^ v2
        v0 = v0 + v3
        v3 = _rotated(v3, 21) ^ v0
        v2 = v2 + v1
        v1 = _rotated(v1, 17) ^ v2
        v2 = _rotated(v2, 32)
    return v0 ^ v1 ^ v2 ^ v3


def _rotated(words: npt.NDArray[np.uint64], bits: int) -> npt.NDArray[np.uint64]:
    return words << np.uint64(bits) | words >> np.uint64(64 - bits)
