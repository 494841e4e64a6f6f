"""The columnar decoder gives what kafka-python's gives, with the kernel and without; of damaged bytes the same, or its own error."""

import gzip
import random
import struct
from collections.abc import Callable

import lz4.frame
import pyarrow as pa
import pytest
import zstandard

from ingest.wire.fetch import response as response_module
from ingest.wire.fetch.decode import starts
from ingest.wire.fetch.decode.errors import HoleError
from ingest.wire.fetch.decode.rows import Row
from tests.ingest.wire.partitions import HEAD_BYTES, Asked, Built, Maker, ours, reseal, theirs

BLOCKS = 10
SEEDS_A_BLOCK = 60
LONG_BLOCKS = 52
LONG_SEEDS_A_BLOCK = 100


@pytest.mark.parametrize("block", range(BLOCKS))
def test_random_partitions_read_like_with_kafka_python(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(block * SEEDS_A_BLOCK, (block + 1) * SEEDS_A_BLOCK):
        _compare(seed, monkeypatch)


@pytest.mark.long
@pytest.mark.parametrize("block", range(LONG_BLOCKS))
def test_many_random_partitions_read_like_with_kafka_python(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(10_000 + block * LONG_SEEDS_A_BLOCK, 10_000 + (block + 1) * LONG_SEEDS_A_BLOCK):
        _compare(seed, monkeypatch)


def _compare(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read one partition both ways; every second one is damaged."""
    maker = Maker(seed)
    for name in ("CHUNK_BYTES", "STEP_BYTES"):
        monkeypatch.setattr(response_module, name, maker.chance.choice((1, 3000, 4 << 20)))
    monkeypatch.setattr(starts, "STRIDE_BYTES", maker.chance.choice((600, 2000, 16_384)))
    batches = maker.partition()
    asked = maker.asked(batches)
    plain, packed = (b"".join(getattr(batch, name) for batch in batches) for name in ("plain", "data"))
    if seed % 2:
        _check_damaged(maker.chance, batches, asked, seed)
        return
    expected = theirs(plain, asked)
    assert expected[1] is None, (seed, expected[1])
    got = ours(packed, asked)
    assert got == expected, seed


def _check_damaged(chance: random.Random, batches: list[Built], asked: Asked, seed: int) -> None:
    at = chance.randrange(len(batches))
    damaged = _damage(chance, batches, at)
    rows, hole, offset, _ = ours(damaged, asked)
    if hole is not None:
        assert hole.offset_from == offset, seed
        assert hole.offset_next is None or hole.offset_next > offset, seed
    if any(batch.data is not batch.plain for batch in batches):
        return  # kafka-python cannot read snappy here
    expected, error, *_ = theirs(damaged, asked)
    if hole is None and error is not None:  # we need not read a batch whose records were read before
        assert batches[at].offset_next <= asked.offset, seed
        assert rows == theirs(b"".join(batch.data for batch in batches), asked)[0], seed
    elif hole is None:
        assert rows == expected, seed
    else:
        assert rows == expected[: len(rows)], seed


def _damage(chance: random.Random, batches: list[Built], at: int) -> bytes:
    """Cut the end off, spoil a length, flip bits, or spoil a batch so that its checksum is right all the same."""
    data = [bytearray(batch.data) for batch in batches]
    kind = chance.random()
    if kind < 0.2:
        whole = b"".join(data)
        return whole[: len(whole) - chance.randrange(1, len(data[-1]))]
    if kind < 0.3:
        struct.pack_into(">i", data[at], 8, chance.choice((-1, 0, 13, 48, 49, len(data[at]), 1 << 30, -(1 << 31))))
    elif kind < 0.45:
        for _ in range(chance.choice((1, 1, 20))):
            data[at][chance.randrange(len(data[at]))] ^= 1 << chance.randrange(8)
    elif data[at][16] == 2:
        for _ in range(chance.choice((1, 1, 3))):
            place = chance.choice((chance.randrange(21, len(data[at])), chance.randrange(HEAD_BYTES, len(data[at]))))
            data[at][place] = chance.choice((0, 1, 127, 128, 255, data[at][place] ^ (1 << chance.randrange(8))))
        data[at] = bytearray(reseal(data[at]))
    else:
        data[at][chance.randrange(12, len(data[at]))] ^= 1 << chance.randrange(8)
    return b"".join(data)


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_batch_costs_no_record_of_another(seed: int) -> None:
    maker = Maker(seed)
    batches = [maker.batch(offset, codec, 50, is_full=False) for offset, codec in ((0, 3), (50, 0), (100, 4), (150, 3))]
    at = seed % len(batches)
    data = [bytearray(batch.data) for batch in batches]
    data[at][maker.chance.randrange(17, len(data[at]))] ^= 1 << maker.chance.randrange(8)
    rows, hole, *_ = ours(b"".join(data), asked := Asked(0, read_committed=False, aborted=()))
    assert isinstance(hole, HoleError)
    assert [row.offset for row in rows] == list(range(at * 50))
    assert hole.offset_from == at * 50
    if hole.offset_next is not None:  # unless nothing behind the batch says where it ended
        assert hole.offset_next == (at + 1) * 50
        sent = data if at < len(batches) - 1 else []  # a broker sends nothing when nothing is behind it
        rest, hole, *_ = ours(b"".join(sent), Asked(hole.offset_next, asked.read_committed, asked.aborted))
        assert hole is None
        assert [row.offset for row in rest] == list(range((at + 1) * 50, 200))
    else:
        assert at == len(batches) - 1


def test_offsets_that_go_back_are_refused() -> None:
    maker = Maker(1)
    first, second = (maker.batch(offset, 3, 10, is_full=False) for offset in (100, 105))
    rows, hole, *_ = ours(first.data + second.data, Asked(100, read_committed=False, aborted=()))
    assert len(rows) == first.offset_next - first.offset
    assert hole is not None
    assert "ascend" in str(hole)


PACKERS: dict[int, Callable[[bytes], bytes]] = {
    1: gzip.compress,
    2: lambda data: pa.Codec("snappy").compress(data, asbytes=True),
    3: lz4.frame.compress,
    4: lambda data: zstandard.ZstdCompressor().compress(data),
    5: bytes,
}


@pytest.mark.parametrize(
    ("codec", "why"), [*((codec, "unfolds to more than") for codec in (1, 2, 3, 4)), (5, "unknown")]
)
def test_a_bomb_is_refused(codec: int, why: str) -> None:
    packed = PACKERS[codec](bytes(70 << 20))
    head = bytearray(Maker(1).batch(0, 0, 1, is_full=False).data[:HEAD_BYTES])
    struct.pack_into(">h", head, 21, codec)
    struct.pack_into(">i", head, 8, HEAD_BYTES + len(packed) - 12)
    rows, hole, *_ = ours(reseal(bytearray(head + packed)), Asked(0, read_committed=False, aborted=()))
    assert rows == []
    assert hole is not None
    assert why in str(hole)


def test_a_key_that_is_empty_is_not_null() -> None:
    maker = Maker(3)
    for _ in range(200):
        batch = maker.batch(0, 3, 30, is_full=True)
        rows, *_ = ours(batch.data, Asked(0, read_committed=False, aborted=()))
        if any(row.key == b"" for row in rows) and any(row.key is None for row in rows):
            return
    raise AssertionError("the maker makes no such keys")


def test_rows_tell_what_was_sent() -> None:
    maker = Maker(5)
    batch = maker.batch(7, 4, 3, is_full=False)
    rows, hole, offset, epoch = ours(batch.data, Asked(7, read_committed=True, aborted=()))
    assert hole is None
    assert isinstance(rows[0], Row)
    assert [row.offset for row in rows] == [7, 8, 9]
    assert (offset, epoch) == (10, 2)
    assert all(row.value is not None and row.value.startswith(b"GET /p") for row in rows)
