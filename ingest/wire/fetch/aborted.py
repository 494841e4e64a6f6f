"""Which batches belong to transactions that were given up, for a reader of what is committed."""

import struct
from collections import deque
from collections.abc import Iterable
from typing import Final, NamedTuple

from ingest.wire.fetch.decode.columns import Piece
from ingest.wire.fetch.decode.compiled import decode
from ingest.wire.fetch.decode.errors import MalformedError
from ingest.wire.fetch.decode.headers import CONTROL, LAYOUT, TRANSACTIONAL, Header

MARKER: Final = struct.Struct(">hh")  # version, kind
ABORT: Final = 0


class Transaction(NamedTuple):
    """A transaction that was given up, as the broker's answer lists it."""

    first_offset: int
    producer_id: int


class Aborted:
    """Follows the batches of one response; ask for each batch, in order."""

    def __init__(self, transactions: Iterable[Transaction]) -> None:
        self._coming = deque(sorted(transactions))
        self._open: set[int] = set()

    def hides(self, header: Header, batch: memoryview) -> bool:
        """Say whether a batch was never committed.

        Raises:
            MalformedError: it marks the end of a transaction, and cannot be read.
        """
        if header.producer_id < 0:
            return False
        while self._coming and self._coming[0].first_offset < header.offset_next:
            self._open.add(self._coming.popleft().producer_id)
        if header.attributes & CONTROL:
            if _kind(header, batch) == ABORT:
                self._open.discard(header.producer_id)
            return False
        return bool(header.attributes & TRANSACTIONAL) and header.producer_id in self._open


def _kind(header: Header, batch: memoryview) -> int:
    marker = decode(batch, [Piece(header, LAYOUT.size, len(batch))], header.base_offset)
    key = marker.keys[0].as_py() if marker else None
    if key is None or len(key) != MARKER.size:
        raise MalformedError("the end of a transaction cannot be read")
    kind: int = MARKER.unpack(key)[1]
    return kind
