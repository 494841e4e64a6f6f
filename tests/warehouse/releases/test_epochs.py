"""Which changes of a published day are too small to be shown before the month ends (R43)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from warehouse.releases.epochs import month_number, small_changes, too_small

DAY, NEXT = date(2026, 11, 1), date(2026, 11, 2)
PLACES = ("country", "region")
Rows = Mapping[tuple[str, str], tuple[int, int]]


def _table(rows: Rows, on: date = DAY, site: str = "s") -> pa.Table:
    schema = pa.schema(
        [
            ("event_date", pa.date32()),
            ("site", pa.string()),
            ("country", pa.string()),
            ("region", pa.string()),
            ("views", pa.int64()),
            ("visitors", pa.int64()),
        ]
    )
    made: list[dict[str, Any]] = [
        {"event_date": on, "site": site, "country": a, "region": b, "views": views, "visitors": visitors}
        for (a, b), (views, visitors) in rows.items()
    ]
    return pa.Table.from_pylist(made, schema)


BEFORE: Rows = {
    ("DE", "BE"): (40, 30),
    ("DE", "other"): (12, 12),
    ("FR", "IDF"): (25, 20),
    ("other", "other"): (38, 38),
}


@pytest.mark.parametrize(
    ("why", "change", "waits"),
    [
        ("nothing changes", {}, False),
        ("one visitor more", {("DE", "BE"): (41, 31)}, True),
        ("one visitor less", {("FR", "IDF"): (24, 19)}, True),
        ("one view more of those who are there", {("DE", "BE"): (41, 30)}, True),
        ("nine visitors", {("DE", "BE"): (49, 39)}, True),
        ("ten visitors", {("DE", "BE"): (50, 40)}, False),
        ("ten in one row and one in another", {("DE", "BE"): (50, 40), ("FR", "IDF"): (26, 21)}, True),
        ("a few in a row for the rest", {("DE", "other"): (14, 14)}, True),
        ("a new country of ten", {("JP", "13"): (10, 10)}, False),
        ("a cell of nine leaves the rest by one more", {("JP", "13"): (10, 10), ("other", "other"): (29, 29)}, True),
        (
            "by one more, and another is pulled: each row changes much, their sum by one",
            {("JP", "13"): (10, 10), ("other", "other"): (54, 54), ("FR", "IDF"): None},
            True,
        ),
        (
            "the same among the regions of a country",
            {("DE", "BY"): (10, 10), ("DE", "BE"): None, ("DE", "other"): (33, 33)},
            True,
        ),
        (
            "one moves from member to member, and the sum stays",
            {("JP", "13"): (10, 10), ("other", "other"): (48, 48), ("FR", "IDF"): None},
            True,
        ),
        ("much changes, and so does the sum", {("JP", "13"): (20, 20), ("other", "other"): (50, 50)}, False),
        ("a country goes", {("FR", "IDF"): None}, False),
    ],
)
def test_small_changes(why: str, change: Mapping[tuple[str, str], tuple[int, int] | None], waits: bool) -> None:  # noqa: FBT001
    after = {names: figures for names, figures in {**BEFORE, **change}.items() if figures}
    for one, other in ((BEFORE, after), (after, BEFORE)):
        found = small_changes(_table(one), _table(other), PLACES, {}, 10)
        assert found == ({(DAY, "s")} if waits else set()), why


def test_days_sites_and_days_of_two_keys_are_judged_for_themselves() -> None:
    before = pa.concat_tables([_table(BEFORE, DAY), _table(BEFORE, NEXT), _table(BEFORE, DAY, "t")])
    more = {**BEFORE, ("DE", "BE"): (55, 45)}
    after = pa.concat_tables(
        [_table(more, DAY), _table(more, NEXT), _table({**BEFORE, ("DE", "BE"): (40, 31)}, DAY, "t")]
    )
    assert small_changes(before, after, PLACES, {NEXT: 20}, 10) == {(NEXT, "s"), (DAY, "t")}


def test_a_day_is_new_or_gone_at_once() -> None:
    nothing = _table({})
    assert small_changes(nothing, _table(BEFORE), PLACES, {}, 10) == set()
    assert small_changes(_table(BEFORE), nothing, PLACES, {}, 10) == set()


def test_rows_below_the_limit_of_today_are_found() -> None:
    assert too_small(_table(BEFORE), {}, 10) == set()
    assert too_small(_table(BEFORE), {}, 13) == too_small(_table(BEFORE), {DAY: 20}, 10) == {(DAY, "s")}


def test_months_have_numbers_in_their_order() -> None:
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 31), date(2026, 12, 1), date(2027, 1, 1)]
    numbers = [month_number(one) for one in days]
    assert numbers == sorted(numbers)
    assert [number - numbers[0] for number in numbers] == [0, 1, 1, 12, 13]
