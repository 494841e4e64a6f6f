"""A finished record batch: head, compressed records, and the producer's number once it is known."""

import struct
from collections.abc import Callable, Mapping
from typing import Final

import lz4.frame
import zstandard
from crc32c import crc32c

LAYOUT: Final = struct.Struct(">qiibIhiqqqhii")  # see ingest.wire.fetch.decode.headers
FRAME_BYTES: Final = 12
CHECKSUM_AT: Final = 17
ATTRIBUTES_AT: Final = 21
PRODUCER_AT: Final = 43
CHECKSUM: Final = struct.Struct(">I")
PRODUCER: Final = struct.Struct(">qhi")
MAGIC: Final = 2
ZSTD_LEVEL: Final = 1

Bytes = bytes | memoryview


def _lz4(records: Bytes) -> bytes:
    packed: bytes = lz4.frame.compress(records, block_linked=False)  # Java's reader knows independent blocks only
    return packed


def _zstd(records: Bytes) -> bytes:
    return zstandard.ZstdCompressor(level=ZSTD_LEVEL).compress(records)


CODECS: Final[Mapping[str, tuple[int, Callable[[Bytes], Bytes]]]] = {
    "none": (0, lambda records: records),
    "lz4": (3, _lz4),
    "zstd": (4, _zstd),
}


class Sealed:
    """A batch that takes no more records, in the shape of what kafka-python's sender holds: it only numbers and sends it."""

    def __init__(self, records: Bytes, count: int, sent_ms: int, compression: str) -> None:
        """Compress the records and write their head; all have the time `sent_ms`."""
        codec, pack = CODECS[compression]
        packed = pack(records)
        self._data = bytearray(LAYOUT.size + len(packed))
        self._data[LAYOUT.size :] = packed
        length = len(self._data) - FRAME_BYTES
        LAYOUT.pack_into(
            self._data, 0, 0, length, 0, MAGIC, 0, codec, count - 1, sent_ms, sent_ms, -1, -1, -1, count
        )  # fmt: skip
        self._count = count
        self._records_bytes = len(records)
        self.producer_id = -1
        self.producer_epoch = -1
        self.base_sequence = -1

    def set_producer_state(
        self,
        producer_id: int,
        producer_epoch: int,
        base_sequence: int,
        is_transactional: bool,  # noqa: FBT001 the caller's
    ) -> None:
        """Write who sends the batch, and as which of its records; the sender does so once, before the first attempt."""
        if is_transactional:
            raise NotImplementedError("columns are not sent in transactions")
        self.producer_id, self.producer_epoch, self.base_sequence = producer_id, producer_epoch, base_sequence
        PRODUCER.pack_into(self._data, PRODUCER_AT, producer_id, producer_epoch, base_sequence)
        CHECKSUM.pack_into(self._data, CHECKSUM_AT, crc32c(memoryview(self._data)[ATTRIBUTES_AT:]))

    def append(self, *_: object) -> None:
        """Take nothing: None tells the sender that the batch is full."""

    def is_full(self) -> bool:
        """Say that the batch need not wait for more."""
        return True

    def close(self) -> None:
        """Do nothing: the batch was closed when it was made."""

    def buffer(self) -> bytearray:
        """Return the bytes to send."""
        return self._data

    def size_in_bytes(self) -> int:
        """Return how many they are."""
        return len(self._data)

    def next_offset(self) -> int:
        """Return the number of records."""
        return self._count

    def compression_rate(self) -> float:
        """Return the share of bytes that compression left."""
        return len(self._data) / max(self._records_bytes, 1)
