from collections.abc import Callable, Sequence
from datetime import date
from itertools import product
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kernels
from transform.visits.visitors import visitor_numbers

DAY = date(2015, 5, 17)
NEXT_DAY = date(2015, 5, 18)

Row = tuple[str | None, str | None, str | None, date]


def key(day: date) -> bytes:
    return day.isoformat().encode() * 2


def numbers(rows: Sequence[Row], day_key: Callable[[date], bytes] = key) -> list[int]:
    texts = [pa.array([row[at] for row in rows], pa.string()).dictionary_encode() for at in range(3)]
    days = pa.array([row[3] for row in rows], pa.date32())
    answer = visitor_numbers(texts[0], texts[1], texts[2], days, day_key)
    assert answer.type == pa.int64()
    assert answer.null_count == 0
    return list(answer.to_pylist())


def test_every_part_makes_another_visitor_t1() -> None:
    rows = list(product(["192.0.2.1", "192.0.2.2", "2001:db8::1"], ["one", "two", ""], ["a", "b"], [DAY, NEXT_DAY]))
    assert len(set(numbers(rows))) == len(rows)


def test_parts_are_not_interchangeable() -> None:
    rows = [
        *[("x", "y", "z", DAY), ("y", "x", "z", DAY), ("z", "y", "x", DAY)],
        ("xy", "", "z", DAY),
        ("x", "x", "x", DAY),
    ]
    assert len(set(numbers(rows))) == len(rows)


def test_another_key_gives_another_number_t1() -> None:
    row = [("192.0.2.1", "one", "a", DAY)]
    assert numbers(row) == numbers(row)
    assert numbers(row) != numbers(row, lambda _: b"another key, 16+")


def test_a_missing_agent_is_an_empty_one() -> None:
    first, second = numbers([("192.0.2.1", None, "a", DAY), ("192.0.2.1", "", "a", DAY)])
    assert first == second


def test_forms_of_one_address_are_one_visitor() -> None:
    forms = ["2001:db8::1", "2001:DB8:0:0:0:0:0:1", "2001:0db8::0001", "[2001:db8::1]"]
    assert len(set(numbers([(form, "one", "a", DAY) for form in forms]))) == 1
    assert len(set(numbers([(form, "one", "a", DAY) for form in ("::ffff:192.0.2.1", "192.0.2.1")]))) == 1


def test_each_day_is_asked_for_its_key_once() -> None:
    asked: list[date] = []

    def day_key(day: date) -> bytes:
        asked.append(day)
        return key(day)

    numbers([("192.0.2.1", "one", "a", day) for day in (NEXT_DAY, DAY, NEXT_DAY, DAY)], day_key)
    assert asked == [DAY, NEXT_DAY]


def test_the_number_does_not_depend_on_the_company_of_other_rows() -> None:
    rows: list[Row] = [
        (f"192.0.2.{at % 200}", f"agent {at % 7}", "a", (DAY, NEXT_DAY)[at % 3 == 0]) for at in range(20_000)
    ]
    together = numbers(rows)
    assert len(set(together)) == len(set(rows))
    for at in (0, 1, 8191, 8192, 19_999):
        assert numbers([rows[at]]) == [together[at]]


def test_known_numbers_stay_the_same_over_versions_and_machines() -> None:
    rows: list[Row] = [
        ("192.0.2.1", "one", "a", DAY),
        (None, None, None, DAY),
    ]
    assert numbers(rows) == [-2603618807000646802, -7853603942248960140]


def test_chunks_and_no_rows() -> None:
    chunks = [pa.array(texts).dictionary_encode() for texts in (["192.0.2.1"], ["192.0.2.2", "192.0.2.1"])]
    address, days = pa.chunked_array(chunks), pa.array([DAY] * 3, pa.date32())
    same = pa.array(["x"] * 3).dictionary_encode()
    first, second, third = visitor_numbers(address, same, same, days, key).to_pylist()
    assert first == third != second
    assert numbers([]) == []


def test_a_key_that_could_be_guessed_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 16 bytes, this one has 3"):
        numbers([("192.0.2.1", "one", "a", DAY)], lambda _: b"abc")


def test_a_row_without_a_date_is_refused() -> None:
    text = pa.array(["x", "x"]).dictionary_encode()
    with pytest.raises(ValueError, match="1 rows have no event_date"):
        visitor_numbers(text, text, text, pa.array([DAY, None], pa.date32()), key)


def test_no_relation_between_numbers_shows_who_shares_an_address() -> None:
    """Sums, differences and exclusive-or of four numbers that form a rectangle are as random as any others."""
    rows: list[Row] = [
        (address, agent, "a", DAY) for address in ("192.0.2.1", "192.0.2.2") for agent in map(str, range(500))
    ]
    words = np.array(numbers(rows)).view(np.uint64).reshape(2, 500)
    assert len(np.unique(words[0] - words[1])) == 500
    assert len(np.unique(words[0] ^ words[1])) == 500
    bits = np.unpackbits((words[0] ^ words[1]).view(np.uint8)).mean()
    assert 0.48 < bits < 0.52


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_any_text_makes_a_visitor(address: str, agent: str, site: str) -> None:
    first, second = numbers([(address, agent, site, DAY), (address, agent, site, NEXT_DAY)])
    assert first != second


TEXT = st.none() | st.text(max_size=6) | st.sampled_from(["192.0.2.1", "2001:db8::1", "2001:DB8:0::1"])


@pytest.mark.skipif(not kernels.is_ready(), reason="there is no compiled library")
@given(st.lists(st.tuples(TEXT, TEXT, TEXT, st.sampled_from([DAY, NEXT_DAY])), max_size=12))
def test_kernels_make_no_difference(rows: list[Row]) -> None:
    with_kernels = numbers(rows)
    with patch.object(kernels, "is_ready", lambda: False):
        assert numbers(rows) == with_kernels
