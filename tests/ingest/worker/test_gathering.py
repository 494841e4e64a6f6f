"""When gathered records are enough, whose turn it is, and that nothing gathered is lost or taken twice."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.settings import Settings
from ingest.gathering import FAR_BEHIND, Flush, Gathering, Hole, due, full, gathered_bytes_max, turn
from ingest.wire.records import Partition, Records
from kernels import is_ready

MIB = 1024 * 1024


def part(number: int, source: str = "web_log") -> Partition:
    return Partition("cluster", source, "topic-id", number, source)


def records(first: int, count: int, size: int = 1) -> Records:
    offsets = np.arange(first, first + count, dtype=np.int64)
    values = pa.array([b"x" * size] * count, pa.binary())
    return Records(offsets, offsets, pa.nulls(count, pa.binary()), values, np.zeros(count, np.bool_))


def gathered(count: int, size: int = 1, at_s: float = 0.0, cut_at: int | None = None) -> Gathering:
    one = Gathering(0, cut_at)
    if count:
        one.add(records(0, count, size), at_s)
    return one


@pytest.mark.parametrize(("at_s", "is_full"), [(100.0, False), (101.9, False), (102.0, True), (500.0, True)])
def test_a_record_waits_no_longer_than_the_age_allows(at_s: float, *, is_full: bool) -> None:
    one = gathered(1, at_s=100.0)
    one.add(records(1, 1), 101.5)  # a later one does not make it young again
    assert one.is_full(Flush(age_max_s=2.0), at_s) == is_full


def test_a_record_is_asked_for_within_five_seconds_by_default() -> None:
    """A poll may take half a second, and a commit of a few records less than two."""
    assert Settings().ingest.age_max_s == Flush().age_max_s <= 2.0


def test_nothing_is_never_too_old() -> None:
    assert not Gathering(0, None).is_full(Flush(age_max_s=1.0), 1e9)


def test_a_hole_alone_is_taken_in_time() -> None:
    one = Gathering(5, None)
    one.add_hole(Hole(5, 9, "lost_to_retention"), 100.0)
    assert not one.is_full(Flush(age_max_s=2.0), 101.0)
    assert one.is_full(Flush(age_max_s=2.0), 102.0)


def test_all_together_stay_within_the_memory() -> None:
    """The largest are taken until the rest is little enough, however young they are."""
    sizes = {part(0): 3, part(1): 9, part(2): 5, part(3): 1}
    gatherings = {one: gathered(1, size * MIB) for one, size in sizes.items()}
    limit = Flush(age_max_s=60, gathered_bytes_max=9 * MIB + 1000)
    assert full(gatherings, limit, 0.0) == {part(1)}
    assert full(gatherings, Flush(age_max_s=60, gathered_bytes_max=5 * MIB), 0.0) == {part(1), part(2)}
    assert full(gatherings, Flush(age_max_s=60, gathered_bytes_max=99 * MIB), 0.0) == set()


def test_the_memory_of_a_worker_leaves_room_for_an_intake() -> None:
    assert gathered_bytes_max(Settings().ingest.memory_mib) == (32 if is_ready() else 16) * MIB
    assert gathered_bytes_max(480) >= 8 * MIB


def test_partitions_far_behind_come_one_by_one() -> None:
    """With those that are nearly through, whose records have come already; when nobody is behind everybody is heard."""
    first, second, third, form = part(0), part(1), part(2), part(0, "registration")
    gatherings = {one: gathered(1) for one in (first, second, third, form)}
    far, near = FAR_BEHIND, FAR_BEHIND - 1
    assert list(turn(gatherings, {first: far, second: far + 1, third: 0, form: 0})) == [first]
    assert set(turn(gatherings, {first: near, second: far, third: far, form: 0})) == {first, second}
    assert set(turn(gatherings, {first: near, second: 1, third: 0, form: 0})) == {first, second}
    assert set(turn(gatherings, {first: 0, second: 0, third: 0, form: 0})) == {first, second, third, form}
    assert list(turn(gatherings, {first: far, second: far, third: far, form: 1})) == [form]
    gatherings[second] = gathered(1, cut_at=3)
    assert list(turn(gatherings, {first: far, second: far, third: far, form: 0})) == [second]


def test_turns() -> None:
    log, form, other = part(0), part(0, "registration"), part(1)
    gatherings = {log: gathered(1), form: gathered(1), other: gathered(1)}
    assert list(turn(gatherings, {log: 0, form: 0})) == [log, form, other]
    assert list(turn(gatherings, {log: 5, form: 1})) == [form]
    assert due(gatherings, {log}, done=False) == [form, log]
    gatherings[other] = gathered(1, cut_at=3)
    assert list(turn(gatherings, {log: 5, form: 1})) == [other]
    assert due(gatherings, {log}, done=False) == [other]
    assert due(gatherings, {log, other, form}, done=True) == [other, form, log]


@given(
    counts=st.lists(st.integers(0, 5), max_size=6),
    holes=st.lists(st.integers(0, 4), max_size=6),
    cuts=st.lists(st.integers(0, 40), max_size=4),
)
def test_cuts_take_each_offset_once(counts: list[int], holes: list[int], cuts: list[int]) -> None:
    """Records and holes of [0, end) in any order of lengths, cut anywhere: each offset is in one intake, once."""
    one, end, lost = Gathering(0, None), 0, set[int]()
    for count, hole in zip(counts, holes, strict=False):
        if count:
            one.add(records(end, count), 0.0)
        end += count
        if hole:
            one.add_hole(Hole(end, end + hole, "corrupt_batch"), 0.0)
            lost.update(range(end, end + hole))
        end += hole
    read, missing, at = [], [], 0
    for cut in [*sorted(cut for cut in cuts if cut < end), end]:
        intake, found = one.cut(part(0), cut)
        assert (intake.offset_from, intake.offset_next) == (at, cut)
        read += intake.records.offsets.tolist()
        missing += [offset for hole in found for offset in range(hole.offset_from, hole.offset_next)]
        one.done(cut)
        at = cut
    assert sorted(read + missing) == list(range(end))
    assert set(missing) == lost
    assert (one.rows, one.bytes, one.holes) == (0, 0, [])
