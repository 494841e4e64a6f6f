"""Where the records of batches begin. Each begins with its length, so the starts form a chain.

A chain is walked by one step a record. Many chains step together at little more than the cost of one, so a large batch is
entered at many likely places besides its first record. What comes out is a guess, which the caller proves: starts that lead
one to the other from the first byte to the last are the starts. `walk` is the slow and certain way for the rest.
"""

import struct
from collections.abc import Iterator
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from ingest.wire.fetch.decode.errors import MalformedError
from ingest.wire.fetch.decode.varints import Bytes, Numbers

STRIDE_BYTES: Final = 16 * 1024
TRIES_MAX: Final = 8
LANES_MIN: Final = 12  # below, a step of all lanes costs more than a step of each
PAIR: Final = struct.Struct("<H")
MORE: Final = 128  # a part of a varint from here on has another behind it
LOST: Final = 1 << 30  # the step where the length has more than two bytes, or cannot be one
LENGTH_BITS_MAX: Final = 35


@cache
def _steps() -> npt.NDArray[np.int32]:
    """Tabulate how far the next record is, by the first two bytes of a record: lengths up to 8,191 bytes."""
    pair = np.arange(65536)
    low, high = pair & 255, pair >> 8
    one = (low & 127) // 2 + 1
    two = (low & 127) // 2 + high * 64 + 2
    steps = np.where(low & 1, LOST, np.where(low < MORE, one, np.where(high < MORE, two, LOST)))
    return steps.astype(np.int32)


@cache
def _step_list() -> tuple[int, ...]:
    """Give the same table for steps one by one: Python's own numbers are faster there, and no list is searched for cycles."""
    return tuple(_steps().tolist())


def guess(buffer: bytes, data: Bytes, starts: Numbers, ends: Numbers) -> Numbers:
    """Find the starts of the records of batches data[start:end], in order; fast and possibly wrong."""
    lanes, stops = [], []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        inner = list(_entries(buffer, start, end)) if end - start > 2 * STRIDE_BYTES else []
        lanes += [start, *inner]
        stops += [*inner, end]
    at, stop = np.array(lanes, np.int64), np.array(stops, np.int64)
    pairs = np.ndarray(len(data) - 1, "<u2", buffer, strides=(1,))  # the two bytes at every position
    steps = _steps()
    found, rest = [], []
    while len(at) > LANES_MIN:
        found.append(at)
        step = steps[pairs[at]]
        following = at + step
        inside = following < stop
        if not inside.all():
            lost = step == LOST
            rest += [*zip(at[lost].tolist(), stop[lost].tolist(), strict=True)]
            following, stop = following[inside], stop[inside]
        at = following
    rest += zip(at.tolist(), stop.tolist(), strict=True)
    found.append(np.array([start for lane in rest for start in _follow(buffer, *lane)], np.int64))
    all_starts = np.concatenate(found)
    all_starts.sort()
    return all_starts


def walk(buffer: bytes, starts: Numbers, ends: Numbers) -> Numbers:
    """Find the same by the lengths alone, batch by batch.

    Raises:
        MalformedError: a length is none.
        IndexError: the records reach past the data.
    """
    lanes = zip(starts.tolist(), ends.tolist(), strict=True)
    return np.array([start for lane in lanes for start in _follow(buffer, *lane)], np.int64)


def _follow(buffer: bytes, at: int, stop: int) -> Iterator[int]:
    """Walk the records from one on, as long as they begin before `stop`."""
    steps = _step_list()
    while at < stop:
        yield at
        step = steps[PAIR.unpack_from(buffer, at)[0]]
        at = at + step if step != LOST else _behind(buffer, at)


def _behind(buffer: bytes, at: int) -> int:
    """Say where the record at `at` ends, however long its length is."""
    value = shift = 0
    while True:
        part = buffer[at]
        at += 1
        value |= (part & 127) << shift
        shift += 7
        if part < MORE:
            break
        if shift > LENGTH_BITS_MAX:
            raise MalformedError("the length of a record is out of range")
    if value & 1:
        raise MalformedError("the length of a record is out of range")
    return at + (value >> 1)


def _entries(buffer: bytes, start: int, end: int) -> Iterator[int]:
    """Find likely starts of records, one every STRIDE_BYTES.

    A zero may be the attributes of a record when the two bytes before it are a length, and so again where it leads.
    """
    steps = _step_list()
    for target in range(start + STRIDE_BYTES, end - STRIDE_BYTES // 2, STRIDE_BYTES):
        zero = target + 1
        for _ in range(TRIES_MAX):
            zero = buffer.find(0, zero + 1, target + STRIDE_BYTES // 2)
            if zero < 0:
                break
            if _is_length(buffer, zero - 2):
                following = zero - 2 + steps[PAIR.unpack_from(buffer, zero - 2)[0]]
                if following + 2 < end and buffer[following + 2] == 0 and _is_length(buffer, following):
                    yield zero - 2
                    break


def _is_length(buffer: bytes, at: int) -> bool:
    return buffer[at] & 129 == MORE and buffer[at + 1] < MORE  # an even varint of two bytes
