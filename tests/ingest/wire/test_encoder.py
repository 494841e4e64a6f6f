"""What is encoded from columns decodes with kafka-python to the same records, whatever they are."""

import random
from typing import Any

import pyarrow as pa
import pytest
from kafka.record.memory_records import MemoryRecords

from ingest.wire.fetch.response import Response
from ingest.wire.produce.batch import CODECS, Sealed
from ingest.wire.produce.body import encode_headers, encode_records, sizes_of, slices
from tests.ingest.wire.partitions import rows_in

SENT_MS = 1_790_000_000_000
COUNTS = (1, 1, 2, 63, 64, 65, 300, 9000)
LENGTHS = (0, 1, 30, 63, 64, 127, 128, 8191, 8192)


def _column(chance: random.Random, count: int, kind: str) -> pa.Array:
    """Make keys or values: none, some or all of them null, of many lengths, and perhaps a part of a longer array."""
    share = {"null": 1.0, "some": 0.2, "all": 0.0}[kind]
    most = 6 if count > 1000 else len(LENGTHS)
    listed = [
        None if chance.random() < share else bytes(chance.choices(b"ab\0\x80", k=chance.choice(LENGTHS[:most])))
        for _ in range(count + 3)
    ]
    return pa.array(listed, pa.binary())[3:]


def _decoded(batch: Sealed) -> list[tuple[Any, ...]]:
    records: Any = MemoryRecords(bytes(batch.buffer()))
    listed = []
    while (found := records.next_batch()) is not None:
        assert found.validate_crc()
        listed += [(one.offset, one.timestamp, one.key, one.value, one.headers) for one in found]
    return listed


@pytest.mark.parametrize("codec", sorted(CODECS))
@pytest.mark.parametrize("seed", range(30))
def test_a_batch_reads_back(seed: int, codec: str) -> None:
    chance = random.Random(seed)
    count = chance.choice(COUNTS)
    keys, values = (_column(chance, count, chance.choice(("null", "some", "all"))) for _ in range(2))
    headers = chance.choice(({}, {"footfall-backfill": b"1"}, {"ü": b"", "long": b"v" * 200}))
    batch = Sealed(encode_records(keys, values, encode_headers(headers)), count, SENT_MS, codec)
    batch.set_producer_state(77, 3, 2**31 - 5, is_transactional=False)
    expected = [
        (number, SENT_MS, key, value, list(headers.items()))
        for number, (key, value) in enumerate(zip(keys.to_pylist(), values.to_pylist(), strict=True))
    ]
    assert _decoded(batch) == expected
    response = Response(bytes(batch.buffer()), 0, aborted=None)
    rows = [row for chunk in response.chunks() for row in rows_in(chunk)]
    assert [(row.offset, row.sent_ms, row.key, row.value) for row in rows] == [row[:4] for row in expected]
    assert {row.backfill for row in rows} == {"footfall-backfill" in headers}


@pytest.mark.parametrize("seed", range(30))
def test_slices_are_whole_and_within_the_bound(seed: int) -> None:
    chance = random.Random(seed)
    keys, values = (_column(chance, 500, "some") for _ in range(2))
    headers = encode_headers({"h": b"v"})
    sizes = sizes_of(keys, values, headers)
    bytes_max = chance.choice((1, 10_000, 100_000, 10**9))
    cut = list(slices(sizes, bytes_max))
    assert [place for part in cut for place in range(part.start, part.stop)] == list(range(500))
    for part in cut:
        length = len(encode_records(keys[part], values[part], headers))
        assert length <= int(sizes[part].sum())
        assert length <= bytes_max or part.stop - part.start == 1


def test_no_records_have_no_slices() -> None:
    nothing = pa.array([], pa.binary())
    assert list(slices(sizes_of(nothing, nothing, b"\0"), 100)) == []
