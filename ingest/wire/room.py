"""Where records lie that were read one after the other, so that nobody needs to copy them together."""

from typing import Final
from weakref import ReferenceType, ref

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.wire.records import Place, Records
from kernels.records import Columns, Found, Texts, read

BEHIND_BYTES: Final = 256
"""Who reads texts in windows may read that far behind the last one, whatever is there."""
ROWS_TIMES: Final = 1.5
"""How many more rows than the first ones let expect a room is made for: memory that nothing is written to is none."""


class Room:
    """Memory for so many rows with so many bytes of values; what is never written to takes none.

    Attributes:
        rows: how many rows were written so far. What is written stays as it is.
    """

    def __init__(self, rows: int, size: int) -> None:
        self._columns = Columns.empty(rows, size + BEHIND_BYTES)
        self._size = size
        self._keys, self._values = (_Buffers(texts) for texts in (self._columns.keys, self._columns.values))
        self.rows = 0

    def fits(self, rows: int, size: int) -> bool:
        """Say whether there is room for more rows whose keys and values have so many bytes at most."""
        used = max(int(texts.edges[self.rows]) for texts in (self._columns.keys, self._columns.values))
        return self.rows + rows <= len(self._columns.offsets) and used + size <= self._size

    def read(self, data: npt.NDArray[np.uint8], pieces: npt.NDArray[np.int64], offset_from: int) -> Records | None:
        """Read the records at or above `offset_from` behind those that are here; None when there are none.

        Raises:
            RecordsError: the bytes are no records; then none of them is here.
        """
        found: Found = read(data, pieces, offset_from, self.rows, self._columns)
        first, self.rows = self.rows, self.rows + found.rows
        self._keys.nulls += found.keyless
        self._values.nulls += found.valueless
        return self.records(first, self.rows) if found.rows else None

    def records(self, first: int, last: int) -> Records:
        """Give the rows [first, last) without a copy."""
        part, columns = slice(first, last), self._columns
        keys, values = self._keys.array(first, last), self._values.array(first, last)
        place = Place(self, first, last)
        return Records(columns.offsets[part], columns.sent_ms[part], keys, values, columns.backfill[part], place)


class _Buffers:
    """Texts in Arrow's words."""

    def __init__(self, texts: Texts) -> None:
        self._bits, self._edges, self._data = map(pa.py_buffer, (texts.bits, texts.edges, texts.data))
        self.nulls = 0

    def array(self, first: int, last: int) -> pa.Array:
        bits = self._bits if self.nulls else None
        return pa.Array.from_buffers(pa.binary(), last - first, [bits, self._edges, self._data], offset=first)


class Rooms:
    """Finds room for the records of one partition: the same for as long as anybody holds records that lie there.

    So a room lasts for an intake, whose records then lie together, and goes with the last of them.
    """

    def __init__(self) -> None:
        self._last: ReferenceType[Room] | None = None

    def room(self, rows: int, size: int, likely_size: int) -> Room:
        """Give a room for some more rows, with so many bytes at most; a new one is for as many bytes as are likely to come."""
        room = self._last() if self._last else None
        if room is None or not room.fits(rows, size):
            times = max(1.0, likely_size / max(size, 1))
            room = Room(rows + int(rows * times * ROWS_TIMES), max(size, likely_size))
            self._last = ref(room)
        return room
