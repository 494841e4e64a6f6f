"""An event that was stored is known wherever and whenever it comes again, but an intake never finds itself (R53)."""

from datetime import date

import numpy as np
import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import event_ids
from ingest.event_ids import EventIds
from policy.schemas import arrow_schema
from warehouse.lake import Lake

TABLE = "event_ids"


def keep(lake: Lake, intake: str, events: list[int], start: int) -> None:
    """Commit the hashes of one intake, as the worker does."""
    table = lake.table(TABLE)
    rows = [
        {"event": event, "source": "clickstream", "intake": intake, "policy_version": "1.4", "event_date": day}
        for event, day in zip(events, [date(2026, 11, 22), date(2026, 11, 23)] * len(events), strict=False)
    ]
    staged = table.stage(pa.Table.from_pylist(rows, arrow_schema(lake.policy, TABLE)))
    table.commit(staged, app_id="cluster/topic/0", start=start, end=start + 1)


def test_events_of_other_intakes_are_known(lake: Lake) -> None:
    known = EventIds(lake)
    known.refresh()
    asked = np.array([-5, 7, 9, 2**62], np.int64)
    assert not known.seen("b")(asked).any()
    keep(lake, "a", [7, -5], 0)
    known.refresh()
    assert known.seen("b")(asked).tolist() == [True, True, False, False]
    keep(lake, "c", [9], 1)
    assert known.seen("b")(asked).tolist() == [True, True, False, False], "until it is told to look"
    known.refresh()
    assert known.seen("b")(asked).tolist() == [True, True, True, False]


def test_an_intake_that_is_taken_again_does_not_find_itself(lake: Lake) -> None:
    """After a crash between `event_ids` and `intakes` the same records come again."""
    keep(lake, "a", [1, 2], 0)
    keep(lake, "b", [3, 4], 1)
    known = EventIds(lake)
    known.refresh(frozenset({"b", "never written"}))
    asked = np.array([1, 2, 3, 4], np.int64)
    assert known.seen("b")(asked).tolist() == [True, True, False, False]
    assert known.seen("c")(asked).tolist() == [True, True, True, True]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(parts=st.lists(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=8), max_size=12), asked=st.data())
def test_many_small_parts_answer_as_one_set(parts: list[list[int]], asked: st.DataObject) -> None:
    events = [event for part in parts for event in part]
    known = EventIds.__new__(EventIds)
    known._parts, known._unfinished = [np.unique(np.array(part, np.int64)) for part in parts if part], {}
    chosen = asked.draw(st.lists(st.one_of(st.integers(-(2**63), 2**63 - 1), *map(st.just, events[:5])), max_size=10))
    found = known.seen("x")(np.array(chosen, np.int64))
    assert found.tolist() == [event in set(events) for event in chosen]


def test_parts_are_joined_before_they_are_many(lake: Lake) -> None:
    known = EventIds(lake)
    for number in range(event_ids.PARTS_MAX + 2):
        keep(lake, f"intake {number}", [number], number)
        known.refresh()
    assert len(known._parts) <= event_ids.PARTS_MAX
    assert known.seen("x")(np.arange(event_ids.PARTS_MAX + 3)).sum() == event_ids.PARTS_MAX + 2


def test_what_a_half_written_intake_claimed_stays_its_own(lake: Lake) -> None:
    """Its rows may be stored already, so it must come out as it did, whoever stored a copy or compacted meanwhile."""
    known = EventIds(lake)
    keep(lake, "half", [1, 2], 0)
    known.refresh()
    asked = np.array([1, 2, 3, 4], np.int64)
    assert known.seen("half")(asked).tolist() == [True, True, False, False], "nobody knows yet that it is half written"
    keep(lake, "other", [2, 3], 1)
    known.refresh(frozenset({"half"}))
    assert known.seen("half")(asked).tolist() == [False, False, True, False]
    assert known.seen("third")(asked).tolist() == [True, True, True, False]
    lake.table(TABLE).compact(date(2027, 1, 1))
    known.refresh()
    assert known.seen("half")(asked).tolist() == [False, False, True, False]
