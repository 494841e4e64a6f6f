"""Records that were read one after the other lie together: joined without a copy, and let go with the last who holds them."""

import gc
from weakref import ref

import numpy as np
import pyarrow as pa
import pytest

from ingest.wire.fetch import response as response_module
from ingest.wire.fetch.response import Response
from ingest.wire.records import Records
from ingest.wire.room import Rooms
from kernels import is_ready
from kernels.records import LARGE_BYTES, RecordsError
from tests.ingest.wire.partitions import Maker, rows_in

pytestmark = pytest.mark.skipif(not is_ready(), reason="there is no compiled library")
RECORD = bytes([26, 0, 0, 0, 2, 107, 12, 97, 98, 99, 100, 101, 102, 0])
KEYLESS = bytes([12, 0, 0, 0, 1, 1, 0])
LIKELY = 4096


def put(rooms: Rooms, offset: int, record: bytes = RECORD, likely_size: int = LIKELY) -> Records:
    """Read one record, as that of a batch at `offset`."""
    room = rooms.room(1, len(record), likely_size)
    piece = np.array([0, len(record), 1, offset, 0, 1000 + offset, 0, 0], np.int64)
    records = room.read(np.frombuffer(record, np.uint8), piece, 0)
    assert records is not None
    return records


def address(records: Records) -> int:
    """Say where the first offset of the values lies."""
    edges: pa.Buffer = records.values.buffers()[1]
    return int(edges.address)


def test_records_are_joined_where_they_lie() -> None:
    rooms = Rooms()
    parts = [put(rooms, offset) for offset in (3, 4, 8)]
    joined = Records.joined(parts)
    assert joined.offsets.tolist() == [3, 4, 8]
    assert joined.sent_ms.tolist() == [1003, 1004, 1008]
    assert rows_in(joined) == [row for part in parts for row in rows_in(part)]
    assert address(joined) == address(parts[0]) == address(parts[2])
    assert np.shares_memory(joined.offsets, parts[1].offsets)


def test_pieces_of_records_are_joined_too() -> None:
    rooms = Rooms()
    whole = Records.joined([put(rooms, offset) for offset in range(10)])
    before, since = whole.before(4), whole.since(4)
    again = Records.joined([before.since(1), since, put(rooms, 10)])
    assert again.offsets.tolist() == list(range(1, 11))
    assert np.shares_memory(again.offsets, whole.offsets)
    gap = Records.joined([before, since.since(6)])
    assert gap.offsets.tolist() == [0, 1, 2, 3, 6, 7, 8, 9]
    assert rows_in(gap) == rows_in(whole)[:4] + rows_in(whole)[6:]
    assert not np.shares_memory(gap.offsets, whole.offsets)


def test_chosen_records_lie_nowhere() -> None:
    rooms = Rooms()
    whole = Records.joined([put(rooms, offset) for offset in range(4)])
    chosen = whole.only(np.array([True, False, True, True]))
    assert chosen.place is None
    joined = Records.joined([chosen, put(rooms, 4)])
    assert joined.offsets.tolist() == [0, 2, 3, 4]
    assert rows_in(joined)[1:3] == rows_in(whole)[2:]


def test_a_null_that_comes_later_is_none_before() -> None:
    rooms = Rooms()
    first = put(rooms, 0)
    assert first.keys.buffers()[0] is None
    later = put(rooms, 1, KEYLESS)
    joined = Records.joined([first, later, put(rooms, 2)])
    assert joined.keys.to_pylist() == [b"k", None, b"k"]
    assert joined.values.to_pylist() == [b"abcdef", None, b"abcdef"]
    assert first.keys.null_count == 0
    assert (later.keys.null_count, joined.keys.null_count) == (1, 1)


def test_a_room_goes_with_the_last_who_holds_its_records() -> None:
    rooms = Rooms()
    parts = [put(rooms, offset) for offset in range(3)]
    assert parts[0].place is not None
    room = ref(parts[0].place.room)
    joined = Records.joined(parts)
    rest, values = joined.since(2), joined.values
    del parts, joined
    assert room() is not None
    assert put(rooms, 3).place == (room(), 3, 4)
    del rest
    gc.collect()
    assert room() is None
    assert values.to_pylist() == [b"abcdef"] * 3  # whoever has an array keeps the memory under it
    fresh = put(rooms, 4).place
    assert fresh is not None
    assert fresh[1:] == (0, 1)


def test_a_full_room_is_followed_by_another() -> None:
    rooms = Rooms()
    parts = [put(rooms, offset) for offset in range(1000)]
    assert len({id(part.place.room) for part in parts if part.place is not None}) > 1
    joined = Records.joined(parts)
    assert joined.place is None
    assert joined.offsets.tolist() == list(range(1000))
    assert rows_in(joined) == [row for part in parts for row in rows_in(part)]


@pytest.mark.parametrize("size", [LARGE_BYTES, 40 << 20])
def test_large_rooms_hold_records_as_well(size: int) -> None:
    rooms = Rooms()
    parts = [put(rooms, offset, likely_size=size) for offset in range(3)]
    assert rows_in(Records.joined(parts)) == [row for part in parts for row in rows_in(part)]


def test_bytes_that_are_no_records_leave_nothing_behind() -> None:
    rooms = Rooms()
    first = put(rooms, 0)
    room = rooms.room(2, 100, LIKELY)
    data = np.frombuffer(RECORD + KEYLESS[:-1] + b"\2", np.uint8)
    with pytest.raises(RecordsError):
        room.read(data, np.array([0, len(data), 2, 1, 9, 0, 0, 0], np.int64), 0)
    joined = Records.joined([first, put(rooms, 1)])
    assert joined.place == (room, 0, 2)
    assert joined.keys.to_pylist() == [b"k", b"k"]
    assert joined.keys.null_count == 0


def test_a_response_holds_nothing_that_it_has_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(response_module, "CHUNK_BYTES", 1)
    maker = Maker(11)
    batches = [maker.batch(50 * place, 0, 50, is_full=False) for place in range(4)]
    rooms = Rooms()
    response = Response(b"".join(one.data for one in batches), 0, aborted=None, rooms=rooms)
    places = []
    for records in response.chunks():
        assert records.place is not None
        places.append((ref(records.place.room), records.place.first))
        del records
    assert [first for _, first in places] == [0, 0, 0, 0]  # each chunk was let go before the next was read
    assert all(room() is None for room, _ in places)
    together = Records.joined(list(Response(response._data, 0, aborted=None, rooms=rooms).chunks()))
    assert together.place is not None
    assert together.offsets.tolist() == list(range(200))
