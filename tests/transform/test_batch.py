"""Rows leave a batch only with a reason, and columns come and go without touching rows."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transform.batch import Batch
from transform.reasons import DROPPED, Reason


def batch(count: int) -> Batch:
    return Batch.start(
        pa.table({"row": pa.array(range(count), pa.int32()), "name": [f"n{number}" for number in range(count)]})
    )


def test_rows_leave_with_a_reason_and_the_rest_stays_in_order() -> None:
    left = batch(4).leave(np.array([False, True, False, True]), Reason.BLANK_LINE)
    assert left.rows.column("name").to_pylist() == ["n0", "n2"]
    assert left.left.to_pylist() == [{"row": 1, "reason": "blank_line"}, {"row": 3, "reason": "blank_line"}]


def test_rows_leave_together_each_with_its_own_reason() -> None:
    reasons = pa.array([None, "bad_url", None, "missing_ip"]).dictionary_encode()
    left = batch(4).leave_each(reasons)
    assert left.rows.column("name").to_pylist() == ["n0", "n2"]
    assert left.left.to_pylist() == [{"row": 1, "reason": "bad_url"}, {"row": 3, "reason": "missing_ip"}]
    nobody = pa.DictionaryArray.from_arrays(pa.nulls(4, pa.int32()), pa.array(["child"]))
    assert batch(4).leave_each(nobody).left.num_rows == 0


@given(st.lists(st.tuples(st.lists(st.booleans(), min_size=30, max_size=30), st.sampled_from(Reason)), max_size=5))
def test_no_row_is_lost_or_doubled(exits: list[tuple[list[bool], Reason]]) -> None:
    """Whatever leaves in whatever order: each row is in, or out once."""
    now = batch(30)
    for marks, reason in exits:
        now = now.leave(np.array(marks[: now.rows.num_rows], bool), reason)
    both = now.rows.column("row").to_pylist() + now.left.column("row").to_pylist()
    assert sorted(both) == list(range(30))


def test_a_column_is_added_or_replaced_in_its_place() -> None:
    changed = batch(2).with_columns({"name": pa.array(["x", "y"]), "size": pa.array([1, 2])})
    assert changed.rows.column_names == ["row", "name", "size"]
    assert changed.rows.column("name").to_pylist() == ["x", "y"]


def test_a_forgotten_column_is_gone_and_forgetting_again_is_no_error() -> None:
    assert batch(1).without_columns("name", "name", "never there").rows.column_names == ["row"]


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_is_dropped_or_a_dead_letter(reason: Reason) -> None:
    assert reason.is_dead_letter == (reason not in DROPPED)
    assert reason.value == reason.name.lower()
