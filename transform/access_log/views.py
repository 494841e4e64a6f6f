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
INLINE_MASKS: Final = np.array(
    [[0xFF] * length + [0] * (INLINE_BYTES - length) for length in range(INLINE_BYTES + 1)], np.uint8
).view(np.int32)
"""By the length of a text, which bytes of the twelve from its start on are its own."""
Views = npt.NDArray[np.int32]
"""Arrow's string views, four words a text: length, first four bytes, number of the buffer, start. `ABSENT` for length: no text."""
ABSENT: Final = -1


def windows(raw: Bytes, starts: Positions, width: int) -> Bytes:
    """Give the `width` bytes from each start on, as an array of (starts, width)."""
    # One item of `width` bytes at every byte of the buffer, each reaching into the next: numpy then copies items, not single bytes.
    items: npt.NDArray[np.void] = np.ndarray(len(raw) - width + 1, f"V{width}", raw, strides=(1,))
    return items[starts].view(np.uint8).reshape(-1, width)


def string_views(raw: Bytes, starts: Positions, ends: Positions, before: int = 0) -> Views:
    """Give views of the texts between starts and ends, as they are in a buffer that has `before` bytes before `raw`."""
    lengths = ends - starts
    views = np.empty((len(starts), 4), np.int32)
    views[:, 0] = lengths
    heads = windows(raw, starts, INLINE_BYTES).view(np.int32)
    is_long = lengths > INLINE_BYTES
    if is_long.all():
        views[:, 1] = heads[:, 0]
        views[:, 2] = 0  # the number of the buffer: there is one
        views[:, 3] = starts + before
    else:
        views[:, 1:] = heads & INLINE_MASKS[np.minimum(lengths, INLINE_BYTES)]
        views[is_long, 2] = 0
        views[is_long, 3] = starts[is_long] + before
    return views


def no_views(count: int) -> Views:
    """Give views of so many texts that are not there."""
    return np.full((count, 4), ABSENT, np.int32)


def taken(views: Views, raw: Bytes) -> pa.DictionaryArray:
    """Take texts out of the buffer, each distinct one once: dictionary<int32, string>, null for what is not there.

    The texts must be UTF-8.
    """
    lengths = views[:, 0]
    absent = lengths == ABSENT
    if absent.all():
        return pa.DictionaryArray.from_arrays(pa.nulls(len(views), pa.int32()), pa.array([], pa.string()))
    if not lengths.any():
        return pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(views), np.int32)), pa.array([""]))
    some = absent.any()
    if some:
        views = np.where(absent[:, None], np.int32(0), views)
    texts = pa.Array.from_buffers(pa.string_view(), len(views), [None, pa.py_buffer(views), pa.py_buffer(raw)])
    encoded = texts.dictionary_encode()
    indices = pa.array(encoded.indices.to_numpy(), mask=absent) if some else encoded.indices
    return pa.DictionaryArray.from_arrays(indices, encoded.dictionary.cast(pa.string()))


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
