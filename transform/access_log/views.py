"""Looking into one byte buffer without copying it: windows of fixed width, numbers, and Arrow string views.

Positions are counted from the start of the buffer, and a window may reach behind the text that it is for: the caller leaves
`ROOM` bytes between the end of its last line and the end of the buffer, which is more than any window here reaches behind a line.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Bytes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

ROOM: Final = 144
DIGIT_MAX: Final = 9
INLINE_BYTES: Final = 12  # a shorter text lies within its view


def windows(raw: Bytes, starts: Positions, width: int) -> Bytes:
    """Give the `width` bytes from each start on, as an array of (starts, width)."""
    # One item of `width` bytes at every byte of the buffer, each reaching into the next: numpy then copies items, not single bytes.
    items: npt.NDArray[np.void] = np.ndarray(len(raw) - width + 1, f"V{width}", raw, strides=(1,))
    return items[starts].view(np.uint8).reshape(-1, width)


def string_views(raw: Bytes, starts: Positions, ends: Positions) -> pa.Array:
    """Give the texts between starts and ends as a ``string_view`` array that points into the buffer; they must be UTF-8."""
    lengths = ends - starts
    views = np.empty((len(starts), 4), np.int32)
    views[:, 0] = lengths
    heads = windows(raw, starts, INLINE_BYTES)
    views[:, 1] = heads.view(np.int32)[:, 0]
    views[:, 2] = 0  # the number of the buffer: there is one
    views[:, 3] = starts
    short = np.flatnonzero(lengths <= INLINE_BYTES)
    if len(short):
        texts = heads[short]
        texts[np.arange(INLINE_BYTES) >= lengths[short, None]] = 0
        views[short, 1:] = texts.view(np.int32)
    return pa.Array.from_buffers(pa.string_view(), len(starts), [None, pa.py_buffer(views), pa.py_buffer(raw)])


def numbers(raw: Bytes, starts: Positions, ends: Positions) -> tuple[Positions, Flags]:
    """Read decimal numbers of 1 to 18 digits; the flags say which are nothing but digits, the others may be any number.

    As many bytes as the longest number has must lie between the start of the buffer and each end.
    """
    lengths = ends - starts
    width = int(lengths.max(initial=1))
    values = np.zeros(len(starts), np.int64)
    good = np.ones(len(starts), np.bool_)
    for left, column in zip(range(width, 0, -1), windows(raw, ends - width, width).T, strict=True):
        digits = (column - np.uint8(ord("0"))) * (lengths >= left)  # wraps: whatever is no digit becomes 10 or more
        good &= digits <= DIGIT_MAX
        values = values * 10 + digits
    return values, good
