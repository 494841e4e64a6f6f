"""Reading single values out of a database's records, without decoding the rest.

A record holds ten times as much as a place: city, coordinates, names in eight languages. Skipping that unread is ten
times as fast as the ready-made reader in Python, and keeps what may not be stored out of memory. The ready-made reader
in C is as fast as this, but was seen to crash the whole process on damaged files; this one is bounded in every
direction. The format is MaxMind's: https://maxmind.github.io/MaxMind-DB/ (version 2.0).
"""

from collections.abc import Collection
from typing import Final

POINTER: Final = 1
TEXT: Final = 2
MAP: Final = 7
ARRAY: Final = 11
BOOLEAN: Final = 14
EXTENDED: Final = 0
FIRST_EXTENDED: Final = 7
DOUBLE: Final = 3
FLOAT: Final = 15
EXACT: Final = frozenset({DOUBLE, FLOAT})
# How many bytes a value may have: text, double, bytes, unsigned of 16 and 32 bits, signed, unsigned of 64 and 128, float.
BYTES_MAX: Final = {TEXT: 1 << 24, DOUBLE: 8, 4: 1 << 24, 5: 2, 6: 4, 8: 4, 9: 8, 10: 16, FLOAT: 4}
VALUES_MAX: Final = 4096  # in one record; real ones have about a hundred
# A size of 29 or more continues in the next 1, 2 or 3 bytes, which count from these.
SIZE_CONTINUES: Final = 29
SIZE_BASES: Final = (29, 285, 65_821)
# A pointer has 1 to 4 bytes after its first; all lengths but the last count from these, so that none overlap.
POINTER_BASES: Final = (0, 2048, 526_336, 0)
POINTER_BYTES_FULL: Final = 4


class DamagedValueError(ValueError):
    """The bytes contradict the format."""


class Values:
    """The data section of a database; a position is an index into it."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def text(self, position: int | None) -> str | None:
        """Give the text at a position, or None where no text stands."""
        if position is None:
            return None
        kind, size, begin = self._target(position)
        if kind != TEXT:
            return None
        return self._slice(begin, size).decode("utf-8", "replace")

    def first(self, position: int | None) -> int | None:
        """Give the position of an array's first value, or None where no array stands or it is empty."""
        if position is None:
            return None
        kind, size, begin = self._target(position)
        return begin if kind == ARRAY and size else None

    def fields(self, position: int | None, wanted: Collection[bytes]) -> dict[bytes, int]:
        """Give the positions of a map's values under the keys `wanted`; empty where no map stands."""
        if position is None:
            return {}
        kind, size, at = self._target(position)
        found: dict[bytes, int] = {}
        if kind != MAP:
            return found
        if size > VALUES_MAX:
            raise DamagedValueError(f"a record claims {size} fields")
        for _ in range(size):
            key, at = self._key(at)
            if key in wanted:
                found[key] = at
                if len(found) == len(wanted):
                    break
            at = self._after(at)
        return found

    def resolved(self, position: int) -> int:
        """Give the position itself, or where the pointer at it leads; equal values often share that one."""
        kind, target, _ = self._header(position)
        return target if kind == POINTER else position

    def _key(self, position: int) -> tuple[bytes, int]:
        """Give a field's name and the position of its value."""
        kind, size, begin = self._header(position)
        after = begin
        if kind == POINTER:
            kind, size, begin = self._header(size)
        else:
            after += size
        if kind != TEXT:
            raise DamagedValueError("a field has no name")
        return self._slice(begin, size), after

    def _after(self, position: int) -> int:
        """Give the position after a value and all that it holds; pointers are not followed."""
        pending = seen = 1
        while pending:
            kind, size, position = self._header(position)
            pending -= 1
            if kind == MAP:
                pending += 2 * size
            elif kind == ARRAY:
                pending += size
            elif kind in BYTES_MAX:
                if size > BYTES_MAX[kind] or (kind in EXACT and size < BYTES_MAX[kind]):
                    raise DamagedValueError(f"a value of kind {kind} has {size} bytes")
                position += size
            elif kind not in (POINTER, BOOLEAN):
                raise DamagedValueError(f"a value is of the unknown kind {kind}")
            seen += 1
            if seen > VALUES_MAX:
                raise DamagedValueError(f"a record holds more than {VALUES_MAX} values")
        return position

    def _target(self, position: int) -> tuple[int, int, int]:
        """Give kind, size and begin of a value; a pointer is followed once, as the format allows."""
        kind, size, begin = self._header(position)
        if kind == POINTER:
            kind, size, begin = self._header(size)
            if kind == POINTER:
                raise DamagedValueError("a pointer leads to a pointer")
        return kind, size, begin

    def _header(self, position: int) -> tuple[int, int, int]:
        """Give a value's kind, size (of a pointer: where it leads) and where its bytes begin."""
        data = self._data
        try:
            control = data[position]
            kind, size = control >> 5, control & 0x1F
            position += 1
            if kind == POINTER:
                length = (size >> 3) + 1
                high = size & 7 if length < POINTER_BYTES_FULL else 0
                low = int.from_bytes(self._slice(position, length), "big")
                return POINTER, (high << 8 * length | low) + POINTER_BASES[length - 1], position + length
            if kind == EXTENDED:
                kind = data[position] + FIRST_EXTENDED
                position += 1
        except IndexError:
            raise DamagedValueError("a record lies outside the file") from None
        if size >= SIZE_CONTINUES:
            length = size - SIZE_CONTINUES + 1
            size = SIZE_BASES[length - 1] + int.from_bytes(self._slice(position, length), "big")
            position += length
        return kind, size, position

    def _slice(self, begin: int, size: int) -> bytes:
        piece = self._data[begin : begin + size]
        if len(piece) != size:
            raise DamagedValueError("a record ends outside the file")
        return piece
