"""The head of a record batch: its layout in message format 2, and where one batch of a response ends and the next begins."""

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from crc32c import crc32c

from ingest.wire.fetch.decode.errors import MalformedError

LAYOUT: Final = struct.Struct(">qiibIhiqqqhii")
FRAME: Final = struct.Struct(">qi")  # what every message format begins with: offset, bytes that follow
MAGIC_AT: Final = 16
ATTRIBUTES_AT: Final = 21  # the checksum covers the batch from here on
BYTES_MIN: Final = MAGIC_AT + 1
MAGIC: Final = 2

CODEC_MASK: Final = 0x07
APPEND_TIME: Final = 0x08
TRANSACTIONAL: Final = 0x10
CONTROL: Final = 0x20


class Header(NamedTuple):
    """The fields before the records of a batch; times in milliseconds."""

    base_offset: int
    length: int
    leader_epoch: int
    magic: int
    checksum: int
    attributes: int
    last_offset_delta: int
    first_ms: int
    last_ms: int
    producer_id: int
    producer_epoch: int
    base_sequence: int
    records: int

    @property
    def offset_next(self) -> int:
        """Return the offset after the batch, also when compaction removed its last record."""
        return self.base_offset + self.last_offset_delta + 1

    @property
    def codec(self) -> int:
        """Return the number of the compression: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd."""
        return self.attributes & CODEC_MASK


class Frame(NamedTuple):
    """Where a batch, or a message of formats 0 and 1, lies in a response: data[start:end]."""

    offset: int
    start: int
    end: int


def frames(data: bytes, start: int = 0) -> Iterator[Frame]:
    """Walk the batches of a response; what a broker cut short at its end is left out.

    A length that reaches nowhere ends the walk with a frame of what is left, which no reader accepts.
    """
    while len(data) - start >= FRAME.size:
        offset, length = FRAME.unpack_from(data, start)
        end = start + FRAME.size + length
        if end > len(data):
            return
        if end < start + BYTES_MIN:
            yield Frame(offset, start, len(data))
            return
        yield Frame(offset, start, end)
        start = end


def read_header(batch: memoryview, *, check_crcs: bool) -> Header:
    """Read the head of a batch of format 2.

    Raises:
        MalformedError: it is none, or its checksum is wrong.
    """
    if len(batch) < LAYOUT.size:
        raise MalformedError(f"a batch of {len(batch)} bytes is shorter than its own head")
    header = Header._make(LAYOUT.unpack_from(batch))
    if header.magic != MAGIC:  # the checksum does not cover this byte
        raise MalformedError(f"message format {header.magic} is unknown")
    if header.length + FRAME.size != len(batch):
        raise MalformedError("the length of the batch is out of range")
    if check_crcs and crc32c(batch[ATTRIBUTES_AT:]) != header.checksum:
        raise MalformedError("its checksum does not match")
    if header.last_offset_delta < 0:
        raise MalformedError("it ends before it begins")
    return header
