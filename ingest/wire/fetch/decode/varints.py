"""Variable-length numbers of many records at once: seven bits a byte, lowest first, the high bit says that more follows."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ingest.wire.fetch.decode.errors import MalformedError

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]
MORE: Final = 127
BITS_MAX: Final = 63


class Spans(NamedTuple):
    """One field of many records: data[start:end], nothing where `null`."""

    start: Numbers
    end: Numbers
    null: npt.NDArray[np.bool_]

    def since(self, first: int) -> "Spans":
        """Leave out the first records."""
        return Spans(self.start[first:], self.end[first:], self.null[first:])


def read_unsigned(data: Bytes, at: Numbers) -> tuple[Numbers, Numbers]:
    """Read the varint at each position of `at`; give the values and the positions after them.

    Raises:
        IndexError: one begins behind the data.
        MalformedError: one is longer than ten bytes.
    """
    part = data[at]
    at = at + 1
    more = part > MORE
    if not more.any():
        return part.astype(np.int64), at
    values, shift = (part & MORE).astype(np.int64), 7
    while True:
        part = data[np.minimum(at, len(data) - 1)]  # where a varint has ended, `at` may be the end of the data
        if more.all():
            values |= (part & MORE).astype(np.int64) << shift
            at += 1
            more = part > MORE
        else:
            values |= ((part & MORE) * more).astype(np.int64) << shift
            at += more
            more &= part > MORE
        if not more.any():
            return values, at
        shift += 7
        if shift > BITS_MAX:
            raise MalformedError("a number is longer than ten bytes")


def as_signed(values: Numbers) -> Numbers:
    """Undo the zig-zag: 0, 1, 2, 3 … mean 0, -1, 1, -2 …."""
    return (values.view(np.uint64) >> np.uint64(1)).view(np.int64) ^ -(values & 1)


def read_spans(data: Bytes, at: Numbers, limit: Numbers) -> Spans:
    """Read fields that begin with their length, -1 for null; each must end by its record's `limit`."""
    values, at = read_unsigned(data, at)
    null, size = (values & 1).astype(np.bool_), values >> 1
    if null.any():
        size[null] = 0
    if (size < 0).any() or (size > limit - at).any():
        raise MalformedError("a field reaches past its record")
    return Spans(at, at + size, null)
