"""JSON events to columns, and what is certain of their texts at a look: times, UUIDs, addresses, plain words."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from kernels.library import SEED, KernelError, call

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]
Bounds = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]


class Field(IntEnum):
    """How a declared field stands in JSON, by the numbers of `events.rs`."""

    TEXT = 0  # a string; the distinct ones are numbered
    SINGLE = 1  # a string that hardly ever comes twice
    FLAG = 2  # true or false
    NUMBER = 3  # a number or a string, as JSON writes it, quotes and all
    OTHER = 4  # only null is taken


class Sure(IntEnum):
    """What a text may surely be, by the numbers of `forms.rs`; of some others a closer look shows that they are it too."""

    PRINTABLE = 0  # ASCII without a control character, and not blank
    UUID = 1  # here nothing else is one
    WEB = 2  # an address of the web with a plain host, or a path
    ADDRESS = 3  # an IPv4 or IPv6 address
    WORD = 4  # ASCII letters, digits, hyphens and low lines
    SHORT_NAME = 5  # the same, of eight signs and two joints at most


@dataclass(frozen=True, slots=True)
class Events:
    """Plain records, as columns.

    Attributes:
        rows: which records are plain, ascending.
        codes: f x rows: a text's number, a flag as 0 or 1, 0 for what is there; -1 where there is nothing.
        texts: for each field and, behind the fields, for the names of other fields bytes and bounds, where text i is
            ``bytes[bounds[i]:bounds[i + 1]]``: for `Field.TEXT` the distinct ones, for `Field.SINGLE` and `Field.NUMBER` one
            a row. None is a field that no record has, and its codes say nothing.
        others: how often each of these names came.
    """

    rows: Bounds
    codes: npt.NDArray[np.int32]
    texts: list[tuple[Bytes, Bounds] | None]
    others: npt.NDArray[np.int32]


def read_events(
    raw: Bytes, starts: Places, ends: Places, *, fields: Sequence[tuple[str, Field]], bytes_max: int
) -> Events:
    """Read the records ``raw[starts[i]:ends[i]]``, as far as they are plain.

    Plain is a record of `bytes_max` bytes at most that is an object of RFC 8259 in UTF-8, without an escape, without a name
    that comes twice, nested 32 deep at most, each declared field null or as its form says.

    Args:
        raw: all bytes; records must not overlap.
        starts, ends: where the n records are.
        fields: f names, each with its form.
        bytes_max: longer records are not plain.

    Raises:
        KernelError: there are more than 64 fields.
    """
    count, names = len(starts), [name.encode() for name, _ in fields]
    rows = np.empty(count, np.int32)
    codes = np.empty((len(fields) + 1, count), np.int32)
    # Of the room for texts only as much is ever touched, and so becomes memory, as there are texts.
    parts = np.cumsum([0, *(form in {Field.SINGLE, Field.NUMBER} for _, form in fields)])
    texts = np.empty((int(parts[-1]) + 1, int((ends - starts).sum())), np.uint8)
    bounds = np.empty((len(fields) + 1, count + 1), np.int32)
    sizes = np.empty(len(fields) + 1, np.int64)
    declared = (
        np.frombuffer(b"".join(names), np.uint8),
        np.cumsum([len(name) for name in names], dtype=np.int64),
        np.array([form for _, form in fields], np.uint8),
    )
    taken = call(
        "events",
        *(raw, starts, ends),
        *declared,
        *(rows, codes.reshape(-1), texts.reshape(-1), bounds.reshape(-1), sizes),
        *(bytes_max, SEED),
    )
    if taken < 0:
        raise KernelError(f"{len(fields)} fields are more than one record can have")
    found: list[tuple[Bytes, Bounds] | None] = []
    for at, size in enumerate(sizes.tolist()):
        is_single = at < len(fields) and parts[at + 1] > parts[at]
        found.append((texts[parts[at] if is_single else -1], bounds[at, : size + 1]) if size >= 0 else None)
    return Events(rows[:taken], codes[:-1, :taken], found, codes[-1, : sizes[-1]])


def judge(data: Bytes, bounds: Bounds, form: Sure, length_max: int) -> Bools:
    """Tell which of the texts ``data[bounds[i]:bounds[i + 1]]`` are surely of a form, and not longer than so many bytes.

    Raises:
        KernelError: the library knows no such form.
    """
    sure = np.empty(len(bounds) - 1, np.uint8)
    if call("judge", data, bounds, sure, form, length_max) < 0:
        raise KernelError(f"there is no form {form}")
    return sure.view(np.bool_)


def read_times(data: Bytes, bounds: Bounds) -> tuple[Places, npt.NDArray[np.int16], Bools]:
    """Read texts as times of RFC 3339, of the years from 1000 to 2999.

    Returns:
        microseconds since 1970, minutes east of UTC, and which texts are times; the others have zeros.
    """
    count = len(bounds) - 1
    micros, minutes, good = np.empty(count, np.int64), np.empty(count, np.int16), np.empty(count, np.uint8)
    call("times", data, bounds, micros, minutes, good)
    return micros, minutes, good.view(np.bool_)


def uuid_hashes(data: Bytes, bounds: Bounds, key: tuple[int, int]) -> Places:
    """Hash UUIDs by SipHash-2-4 of their sixteen bytes, under a key of two words.

    Raises:
        KernelError: a text has not 36 bytes.
    """
    hashes = np.empty(len(bounds) - 1, np.uint64)
    if call("uuids", data, bounds, hashes, *key) < 0:
        raise KernelError("a UUID has 36 signs")
    return hashes.view(np.int64)
