"""Keys are read all at once, and say of each record what reading them one by one says."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ingest.reduce.keyed import NO_ORIGIN, Keyed
from tests.ingest.conftest import intake_of, key

WHOLE = 2**64
SIGNED = 2**63
FEW = st.builds(key, st.integers(0, 5), st.sampled_from([0, 7, SIGNED, WHOLE - 1]))
ANY = st.builds(key, st.integers(0, WHOLE - 1), st.integers(0, WHOLE - 1))
FOREIGN = st.none() | st.binary(max_size=15) | st.binary(min_size=17, max_size=33)
KEYS = st.lists(FEW) | st.lists(FEW | ANY | FOREIGN) | st.lists(FOREIGN)
Keys = list[bytes | None]


def signed(half: bytes) -> int:
    number = int.from_bytes(half, "big")
    return number - WHOLE if number >= SIGNED else number


def plainly(keys: Keys, positions: dict[int, int]) -> tuple[list[tuple[int, int] | None], list[bool], dict[int, int]]:
    """Say for each record its origin and position, and whether it came before; then how far each file has come."""
    parts = [(signed(one[:8]), signed(one[8:])) if one is not None and len(one) == 16 else None for one in keys]
    seen: list[bool] = []
    reached: dict[int, int] = {}
    for part in parts:
        origin, position = part or (None, 0)
        seen.append(origin is not None and position < reached.get(origin, positions.get(origin, 0)))
        if origin is not None:
            reached[origin] = max(position + 1, reached.get(origin, positions.get(origin, 0)))
    return parts, seen, reached


@given(
    keys=KEYS, first=st.integers(0, 3), positions=st.dictionaries(st.integers(0, 5) | st.just(-1), st.integers(0, 9))
)
def test_keys_read_at_once_say_what_each_says(keys: Keys, first: int, positions: dict[int, int]) -> None:
    """Some records are cut off before: their keys still stand in memory before those of the intake."""
    intake = intake_of([None] * len(keys), keys)
    keyed = Keyed.of(replace(intake, offset_from=first, records=intake.records.since(first)))
    parts, seen, reached = plainly(keys[first:], positions)
    origins = keyed.origins.tolist()
    found = [
        None if number == NO_ORIGIN else (origins[number], position)
        for number, position in zip(keyed.origin.tolist(), keyed.position.tolist(), strict=True)
    ]
    assert found == parts
    assert origins == sorted({part[0] for part in parts if part})
    assert keyed.counts.tolist() == [
        found.count(None),
        *(sum(1 for one in found if one and one[0] == it) for it in origins),
    ]
    assert keyed.seen_before(positions).tolist() == seen
    assert keyed.reached(positions) == {**positions, **reached}
