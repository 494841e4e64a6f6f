"""The decoded bytes of some batches → the columns of their records: by the kernel where there is one, else by numpy."""

import warnings
from collections.abc import Sequence

import numpy as np

import kernels
from ingest.wire.fetch.decode import columns
from ingest.wire.fetch.decode.columns import RECORD_BYTES_MIN, Piece
from ingest.wire.fetch.decode.errors import MalformedError
from ingest.wire.fetch.decode.headers import APPEND_TIME
from ingest.wire.records import Records
from ingest.wire.room import Rooms
from kernels.library import KernelError
from kernels.records import FAULTS, RecordsError


def decode(
    buffer: bytes | memoryview,
    pieces: Sequence[Piece],
    offset_from: int,
    rooms: Rooms | None = None,
    likely_size: int = 0,
) -> Records | None:
    """Read the records at or above `offset_from`; None when there are none.

    Args:
        buffer: what the pieces are in.
        pieces: the records of batches, in the order of their offsets.
        offset_from: records below it are proved, and left out.
        rooms: where the kernel puts the records.
        likely_size: how many bytes are likely to come behind these, where they may lie together.

    Raises:
        MalformedError: the bytes are no records, or not those that the head of their batch tells of.
    """
    if not kernels.is_ready():
        return columns.decode(bytes(buffer), pieces, offset_from)
    rows, size = 0, 0
    for header, start, end in pieces:
        if not 0 <= header.records * RECORD_BYTES_MIN <= end - start:  # before memory is taken for as many
            raise MalformedError(FAULTS[-1])
        rows, size = rows + header.records, size + end - start
    told = [
        (start, end, head.records, head.base_offset, head.last_offset_delta, head.first_ms, head.last_ms,
         head.attributes & APPEND_TIME)
        for head, start, end in pieces
    ]  # fmt: skip
    room = (rooms or Rooms()).room(rows, size, likely_size)
    try:
        return room.read(np.frombuffer(buffer, np.uint8), np.array(told, np.int64).ravel(), offset_from)
    except RecordsError as error:
        raise MalformedError(str(error)) from error
    except KernelError as error:  # else the same bytes would stop each worker, one start after the other
        warnings.warn(str(error), RuntimeWarning, stacklevel=2)
        return columns.decode(bytes(buffer), pieces, offset_from)
