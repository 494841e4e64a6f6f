"""Random partitions as a broker would send them, built with kafka-python's own builders, whole and damaged."""

import random
import struct
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import pyarrow as pa
from crc32c import crc32c
from kafka.consumer.fetcher import Fetcher
from kafka.record import MemoryRecords
from kafka.record.default_records import DefaultRecordBatchBuilder
from kafka.record.legacy_records import LegacyRecordBatchBuilder
from kafka.structs import TopicPartition

import kernels
from ingest.wire.fetch.aborted import Aborted, Transaction
from ingest.wire.fetch.check import rows_of
from ingest.wire.fetch.decode.errors import HoleError
from ingest.wire.fetch.decode.rows import Row, records_of
from ingest.wire.fetch.response import Response
from ingest.wire.records import BACKFILL, Records
from ingest.wire.room import Rooms
from kernels import is_ready

TP = TopicPartition("random", 0)
HEAD_BYTES = 61
SNAPPY = 2
PRODUCERS = (7, 8, 9)
TAKES_MAX = 10_000


@dataclass(frozen=True)
class Built:
    """One batch, as bytes in a partition, and the same without a compression that kafka-python cannot undo."""

    data: bytes
    plain: bytes
    offset: int
    offset_next: int


@dataclass(frozen=True)
class Asked:
    """What a reader asks of a broker, and what the broker says beside the batches."""

    offset: int
    read_committed: bool
    aborted: tuple[Transaction, ...]


class Maker:
    """Makes partitions from one seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def partition(self) -> list[Built]:
        """Make some batches, with gaps between them."""
        chance = self.chance
        offset = chance.choice((0, 0, chance.randrange(10**6), 2**40))
        codecs = chance.choice(((0,), (1,), (SNAPPY,), (3,), (4,), (0, 1, SNAPPY, 3, 4)))
        shape = chance.choice(("plain", "plain", "full", "full", "mixed"))
        old = chance.random() < 0.1
        batches = []
        for _ in range(chance.choice((1, 1, 3, 8, 16))):
            offset += chance.choice((0, 0, 0, chance.randrange(1, 50)))
            if old and chance.random() < 0.5:
                batches.append(self.messages(offset))
            else:
                count = chance.choice((1, 1, 2, 20, 100) if shape == "full" else (1, 1, 5, 50, 200))
                is_full = shape == "full" or (shape == "mixed" and chance.random() < 0.5)
                batches.append(self.batch(offset, chance.choice(codecs), count, is_full=is_full))
            offset = batches[-1].offset_next
        return batches

    def asked(self, batches: list[Built]) -> Asked:
        """Ask from somewhere, with some transactions given up."""
        chance, first, end = self.chance, batches[0].offset, batches[-1].offset_next
        listed = (
            Transaction(chance.randrange(first, end), chance.choice(PRODUCERS)) for _ in range(chance.choice((0, 2, 4)))
        )
        return Asked(chance.choice((first, first, chance.randrange(first, end))), chance.random() < 0.5, tuple(listed))

    def batch(self, offset: int, codec: int, count: int, *, is_full: bool) -> Built:
        """Make a batch of format 2: plain log lines, or records with everything that may be in one."""
        chance = self.chance
        producer = chance.choice((-1, -1, *PRODUCERS))
        is_transactional = producer >= 0 and chance.random() < 0.7
        is_control = is_full and is_transactional and chance.random() < 0.3
        rows: list[Any] = []
        delta, first_ms = 0, chance.choice((0, 1_790_000_000_000))
        for number in range(1 if is_control else count):
            sent_ms = first_ms + (chance.randrange(-5, 10 ** chance.randrange(1, 9)) if number else 0)
            if is_control:
                rows.append((delta, sent_ms, struct.pack(">hh", 0, chance.randrange(2)), b"\0" * 6, []))
            elif is_full:
                rows.append((delta, sent_ms, self._bytes(), self._bytes(), self._headers()))
            else:
                rows.append((delta, sent_ms, None, b"GET /" + b"p" * chance.randrange(30, 400), []))
            delta += 1 if not is_full or chance.random() < 0.8 else chance.randrange(1, 200)
        last = delta - 1 if not is_full or is_control else delta + chance.randrange(3)
        attributes = (32 if is_control else 0) | (8 if chance.random() < 0.15 else 0)
        packed = 0 if is_control else codec
        plain = _sealed(
            rows, 0 if packed == SNAPPY else packed, offset=offset, last=last, attributes=attributes,
            producer_id=producer, is_transactional=is_transactional,
        )  # fmt: skip
        return Built(as_snappy(plain) if packed == SNAPPY else plain, plain, offset, offset + last + 1)

    def messages(self, offset: int) -> Built:
        """Make messages of formats 0 or 1; all but the first format can be compressed."""
        chance = self.chance
        magic = chance.choice((0, 1))
        builder: Any = LegacyRecordBatchBuilder(magic, chance.choice((0, 1, 3) if magic else (0, 1)), 1 << 20)
        count = chance.randrange(1, 5)
        for number in range(count):
            # Before format 1 a set kept the offsets of the whole log, since then those of the set.
            builder.append(offset + number if not magic else number, 1_790_000_000_000, self._bytes(), self._bytes())
        data = bytearray(builder.build())
        if magic:
            at, number = 0, 0
            is_set = bool(data[17] & 7)
            while at < len(data):
                struct.pack_into(">q", data, at, offset + (count - 1 if is_set else number))
                at, number = at + 12 + struct.unpack_from(">i", data, at + 8)[0], number + 1
        return Built(bytes(data), bytes(data), offset, offset + count)

    def _bytes(self) -> bytes | None:
        chance = self.chance
        kind = chance.random()
        if kind < 0.1:
            return None
        if kind < 0.2:
            return b""
        if kind < 0.35:
            return bytes(chance.choices(range(256), k=chance.randrange(1, 200)))
        if kind < 0.36:  # lengths of three bytes, and bytes that look like the beginning of a record
            return bytes(chance.choices(b"ab\0\1\x80", k=chance.choice((8190, 8192, 20_000))))
        return chance.choice((b"x", b"line \0\0", b"GET /a?b=1 ")) * chance.randrange(1, 60)

    def _headers(self) -> list[tuple[str, bytes | None]]:
        chance = self.chance
        names, contents = ("h", "trace", "ü", "", BACKFILL), (None, b"", b"v" * chance.randrange(300))
        return [(chance.choice(names), chance.choice(contents)) for _ in range(chance.choice((0, 0, 0, 1, 2, 5)))]


def _sealed(
    rows: list[Any], codec: int, *, offset: int, last: int, attributes: int, producer_id: int, is_transactional: bool
) -> bytes:
    known = 0 if producer_id >= 0 else -1
    builder: Any = DefaultRecordBatchBuilder(2, codec, is_transactional, producer_id, known, known, 1 << 30)
    for row in rows:
        builder.append(*row)
    data = bytearray(builder.build())
    struct.pack_into(">q", data, 0, offset)
    struct.pack_into(">i", data, 12, offset % 5)
    struct.pack_into(">h", data, 21, struct.unpack_from(">h", data, 21)[0] | attributes)
    struct.pack_into(">i", data, 23, last)
    struct.pack_into(">q", data, 35, 1_790_000_009_999)
    return reseal(data)


def reseal(batch: bytearray) -> bytes:
    """Make the checksum right again."""
    struct.pack_into(">I", batch, 17, crc32c(memoryview(batch)[21:]))
    return bytes(batch)


def as_snappy(plain: bytes) -> bytes:
    """Compress a batch as Java's clients do, in blocks of 32 KiB behind a head."""
    records, codec = plain[HEAD_BYTES:], pa.Codec("snappy")
    blocks = [codec.compress(records[at : at + 32_768], asbytes=True) for at in range(0, len(records), 32_768)]
    packed = b"\x82SNAPPY\0" + struct.pack(">ii", 1, 1) + b"".join(struct.pack(">i", len(one)) + one for one in blocks)
    batch = bytearray(plain[:HEAD_BYTES] + packed)
    struct.pack_into(">i", batch, 8, len(batch) - 12)
    struct.pack_into(">h", batch, 21, struct.unpack_from(">h", batch, 21)[0] | SNAPPY)
    return reseal(batch)


def theirs(data: bytes, asked: Asked) -> tuple[list[Row], Exception | None, int, int]:
    """Read with kafka-python's decoder: rows, what it raised, next offset, leader epoch."""
    records: Any = Fetcher.PartitionRecords(
        asked.offset, TP, MemoryRecords(data), check_crcs=True, isolation_level=int(asked.read_committed),
        aborted_transactions=list(asked.aborted),
    )  # fmt: skip
    rows: list[Row] = []
    try:
        while records and (taken := records.take(1000)):
            rows += rows_in(records_of(rows_of(taken)))
    except Exception as error:  # noqa: BLE001 it may be anything
        return rows, error, records.next_fetch_offset, records.leader_epoch
    return rows, None, records.next_fetch_offset, records.leader_epoch


def ours(data: bytes, asked: Asked) -> tuple[list[Row], HoleError | None, int, int]:
    """Read with ours, asking again from the next offset until nothing new comes, as a consumer does.

    With the kernel and with numpy alone: both give the same.
    """
    compiled = is_ready()
    with patch.object(kernels, "is_ready", lambda: False):
        read = _read(data, asked)
    if compiled:
        assert _plain(*_read(data, asked)) == _plain(*read)
    return read


def _read(data: bytes, asked: Asked) -> tuple[list[Row], HoleError | None, int, int]:
    rows: list[Row] = []
    offset, epoch = asked.offset, -1
    rooms = Rooms()
    for _ in range(TAKES_MAX):
        aborted = Aborted(asked.aborted) if asked.read_committed else None
        response = Response(data, offset, aborted=aborted, rooms=rooms)
        try:
            for chunk in response.chunks():
                rows += rows_in(chunk)
        except HoleError as hole:
            return rows, hole, response.offset_next, response.leader_epoch
        if response.offset_next == offset:
            return rows, None, offset, epoch
        offset, epoch = response.offset_next, response.leader_epoch
    raise AssertionError("the decoder does not come to an end")


def _plain(rows: list[Row], hole: HoleError | None, offset: int, epoch: int) -> tuple[object, ...]:
    return rows, hole and (hole.offset_from, hole.offset_next), offset, epoch


def rows_in(records: Records) -> list[Row]:
    """Turn columns into rows, having proved them sound."""
    records.keys.validate(full=True)
    records.values.validate(full=True)
    columns = (records.offsets.tolist(), records.sent_ms.tolist(), records.keys.to_pylist(), records.values.to_pylist())
    return [Row(*fields) for fields in zip(*columns, records.backfill.tolist(), strict=True)]
