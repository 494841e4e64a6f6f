"""What a broker answers for one partition → columns, some megabytes at a time.

A damaged batch is refused whole. What lies before it is given first, and the response ends there; only when the damaged
batch is the very next to be read it is an error. So the error is the same however the broker cuts its answers.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

import kernels
from ingest.wire.fetch.aborted import Aborted
from ingest.wire.fetch.decode.columns import Piece
from ingest.wire.fetch.decode.compiled import decode
from ingest.wire.fetch.decode.compression import decompressed
from ingest.wire.fetch.decode.errors import HoleError, MalformedError
from ingest.wire.fetch.decode.headers import (
    BYTES_MIN,
    CONTROL,
    LAYOUT,
    MAGIC,
    MAGIC_AT,
    Frame,
    Header,
    frames,
    read_header,
)
from ingest.wire.fetch.decode.legacy import read_messages
from ingest.wire.fetch.decode.rows import Row, records_of
from ingest.wire.records import Records
from ingest.wire.room import Rooms

CHUNK_BYTES: Final = 4 * 1024 * 1024  # decoded bytes that are given at once
STEP_BYTES: Final = 2 * 1024 * 1024
"""Decoded bytes of a step without the kernel: many batches share its cost, and it fits the cache."""
RECORDS_A_BYTE_MAX: Final = 1000  # of a batch as it was sent: what compression can do
LIKELY_TIMES: Final = 16  # what is sent of a partition unfolds to some times its size, and lies with what comes next
LIKELY_BYTES_MAX: Final = 48 * 1024 * 1024


class Opened(NamedTuple):
    """A batch whose head is read; `records` is None when nobody is to see them."""

    frame: Frame
    header: Header
    records: bytes | memoryview | None


class Response:
    """The batches that a broker sent of one partition.

    Args:
        data: batches, one after the other.
        offset_from: records below it were read before.
        aborted: the transactions to leave out; None to read what is not committed, too.
        check_crcs: whether to prove the checksums.
        is_boundary: whether a batch that was read before ended at `offset_from`, so that the next cannot begin below.
        rooms: where the records of the partition are put.

    Attributes:
        offset_end: no offset can be there or behind it; None when that is not known.
        offset_next: the next offset to ask for, after what was given so far.
        leader_epoch: that of the last batch read; -1 before.
        bytes_read: decoded bytes of the records given so far.
    """

    def __init__(
        self,
        data: bytes,
        offset_from: int,
        *,
        aborted: Aborted | None,
        check_crcs: bool = True,
        is_boundary: bool = False,
        rooms: Rooms | None = None,
    ) -> None:
        self._data = data
        self._view = memoryview(data)
        self._offset_from = offset_from
        self._aborted = aborted
        self._check_crcs = check_crcs
        self._ended = False
        self._offset_min = offset_from if is_boundary else -1
        self._rooms = rooms or Rooms()
        self._opened: list[Opened] = []
        self._opened_bytes = 0
        self._ready: list[Records] = []
        self.offset_end: int | None = None
        self.offset_next = offset_from
        self.leader_epoch = -1
        self.bytes_read = 0

    def chunks(self) -> Iterator[Records]:
        """Give the records, in order of their offsets.

        Raises:
            HoleError: the batch at `offset_next` is damaged.
        """
        if self._data and next(frames(self._data), None) is None:
            raise HoleError(self.offset_next, None, "its length is out of range")
        given = 0
        for frame in frames(self._data):
            self._take_in(frame)
            if self._ended:
                break
            # What lies in one room is joined there; all else is given as it comes.
            if self._ready and (self._ready[-1].place is None or self.bytes_read - given >= CHUNK_BYTES):
                given = self.bytes_read
                yield self._handed_over()
        self._read(self._emptied())
        if self._ready:
            yield self._handed_over()

    def _handed_over(self) -> Records:
        """Give what is ready; while its receiver works, nothing of it is held here."""
        records = Records.joined(self._ready)
        self._ready = []
        return records

    def _take_in(self, frame: Frame) -> None:
        """Open a batch, and read it with those before it when these are enough for a step."""
        try:
            batch = self._open(frame)
        except MalformedError as error:
            self._read(self._emptied())
            self._refuse(frame, error)
            return
        if not isinstance(batch, Opened):
            self._read(self._emptied())
            self._add_messages(batch)
            return
        self._opened.append(batch)
        self._opened_bytes += len(batch.records or b"")
        if self._opened_bytes >= (1 if kernels.is_ready() else STEP_BYTES):
            self._read(self._emptied())

    def _emptied(self) -> list[Opened]:
        opened, self._opened, self._opened_bytes = self._opened, [], 0
        return opened

    def _open(self, frame: Frame) -> Opened | list[Row]:
        """Read the head of a batch and unfold its records; old messages are read whole."""
        batch = self._view[frame.start : frame.end]
        if len(batch) < BYTES_MIN:
            raise MalformedError(f"{len(batch)} bytes are no batch")
        if batch[MAGIC_AT] < MAGIC:
            rows = read_messages(batch, check_crcs=self._check_crcs)
            self._ascend(frame, rows[0].offset, rows[-1].offset)
            return rows
        header = read_header(batch, check_crcs=self._check_crcs)
        hidden = self._aborted is not None and self._aborted.hides(header, batch)
        records = None
        if not hidden and not header.attributes & CONTROL:
            records = decompressed(header.codec, batch[LAYOUT.size :])
        self._ascend(frame, header.base_offset, header.offset_next - 1)
        return Opened(frame, header, records)

    def _ascend(self, frame: Frame, first: int, last: int) -> None:
        """Prove that a batch follows the one before it; no checksum covers its offset.

        Gaps are usual, so a batch that jumps ahead is believed unless the next one has lower offsets.
        """
        if first < self._offset_min:
            raise MalformedError("its offsets do not ascend")
        if self.offset_end is not None and last >= self.offset_end:
            raise MalformedError(f"its offsets lie behind the partition's end, {self.offset_end}")
        if first > self._offset_min >= 0:
            following = next(frames(self._data, frame.end), None)
            if following is not None and self._offset_min <= following.offset <= last:
                raise MalformedError("its offsets lie behind those of the next batch")
        self._offset_min = last + 1

    def _read(self, opened: Sequence[Opened]) -> None:
        """Read the records of batches; with the kernel that is one, which the cache still holds."""
        if self._ended or not opened:
            return
        shown = [(batch, batch.records) for batch in opened if batch.records is not None]
        try:
            records = self._decoded(shown) if shown else None
        except MalformedError as error:
            if len(opened) == 1:
                self._refuse(opened[0].frame, error)
            else:
                for one in opened:  # those before the damaged one are good
                    self._read([one])
            return
        last = opened[-1].header
        self.leader_epoch, self.offset_next = last.leader_epoch, max(self.offset_next, last.offset_next)
        if records is not None:
            self.bytes_read += sum(len(unfolded) for _, unfolded in shown)
            self._ready.append(records)

    def _decoded(self, shown: Sequence[tuple[Opened, bytes | memoryview]]) -> Records | None:
        buffer, pieces = self._join(shown)
        likely_size = min(len(self._data) * LIKELY_TIMES, LIKELY_BYTES_MAX)
        return decode(buffer, pieces, self._offset_from, self._rooms, likely_size)

    def _join(self, shown: Sequence[tuple[Opened, bytes | memoryview]]) -> tuple[bytes | memoryview, list[Piece]]:
        """Put the records of batches into one buffer; those that are not compressed lie in one already."""
        if not any(batch.header.codec for batch, _ in shown):
            return self._data, [Piece(one.header, one.frame.start + LAYOUT.size, one.frame.end) for one, _ in shown]
        parts = [records for _, records in shown]
        edges = pairwise(accumulate((len(part) for part in parts), initial=0))
        pieces = [Piece(batch.header, *edge) for (batch, _), edge in zip(shown, edges, strict=True)]
        return parts[0] if len(parts) == 1 else b"".join(parts), pieces

    def _add_messages(self, rows: Sequence[Row]) -> None:
        if self._ended:
            return
        new = records_of(row for row in rows if row.offset >= self._offset_from)
        self.offset_next = max(self.offset_next, rows[-1].offset + 1)
        if len(new):
            self.bytes_read += new.bytes
            self._ready.append(new)

    def _refuse(self, frame: Frame, error: MalformedError) -> None:
        """Pass over a damaged batch whose records were read before; end the response at one that comes later."""
        if self._ended:
            return
        offset_next = self._offset_behind(frame)
        if offset_next is not None and offset_next <= self._offset_from:
            return
        self._ended = True
        if self.offset_next == self._offset_from:
            raise HoleError(self.offset_next, offset_next, str(error))

    def _offset_behind(self, frame: Frame) -> int | None:
        """Say where the records behind a damaged batch begin.

        That is what the next batch says, when it is whole; else what the damaged one says, when two of its fields agree.
        """
        following = next(frames(self._data, frame.end), None)
        if following is not None and following.offset >= min(frame.offset + 1, self._offset_from):
            try:
                return read_header(self._view[following.start : following.end], check_crcs=True).base_offset
            except MalformedError:
                pass
        batch = self._view[frame.start : frame.end]
        if len(batch) < LAYOUT.size or batch[MAGIC_AT] != MAGIC:
            return None
        header = Header._make(LAYOUT.unpack_from(batch))
        is_likely = 0 < header.records == header.last_offset_delta + 1 <= len(batch) * RECORDS_A_BYTE_MAX
        if is_likely and self.offset_next < header.offset_next <= (self.offset_end or header.offset_next):
            return header.offset_next
        return None
