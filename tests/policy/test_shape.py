"""The finder of defects agrees with msgspec on what is well shaped, and says more about the rest."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.shape import label, misshapen

Short = Annotated[str, msgspec.Meta(max_length=2)]


class Leaf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Short
    colour: Literal["red", "green"] | None = None


class Tree(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    leaves: tuple[Leaf, ...]
    by_name: Mapping[Short, Leaf]
    age: int = 0


KEYS = st.sampled_from(["name", "colour", "leaves", "by_name", "age", "a", "abc"])
VALUES = st.recursive(
    st.none() | st.integers(0, 2) | st.sampled_from(["red", "blue", "a", "abc"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
LEAVES = st.fixed_dictionaries({"name": VALUES}, optional={"colour": VALUES, "a": VALUES})
TREES = st.fixed_dictionaries(
    {"leaves": st.lists(LEAVES, max_size=2) | VALUES, "by_name": st.dictionaries(KEYS, LEAVES, max_size=2) | VALUES},
    optional={"age": VALUES, "a": VALUES},
)


@settings(deadline=None)
@given(TREES | VALUES)
def test_defects_are_found_exactly_where_msgspec_refuses(value: Any) -> None:
    try:
        msgspec.convert(value, Tree)
    except msgspec.ValidationError:
        assert list(misshapen(value, Tree))
    else:
        assert list(misshapen(value, Tree)) == []


def test_every_defect_is_found_in_the_order_of_the_file() -> None:
    value = {
        "leaves": [{"name": "a"}, {"name": "long"}, {"colour": "blue", "name": "b"}],
        "by_name": {"long": {"name": "c", "size": 3}},
        "age": "old",
    }
    assert list(misshapen(value, Tree)) == [
        "leaves[long].name: expected `str` of length <= 2, got 'long'",
        "leaves[b].colour: expected one of red, green, got 'blue'",
        "by_name.long (its name): expected `str` of length <= 2, got 'long'",
        "by_name.long.size: not a known key; expected one of name, colour",
        "age: expected `int`, got `str`",
    ]


def test_a_document_that_is_no_table() -> None:
    assert list(misshapen([], Tree)) == ["the document: expected `object`, got `array`"]


@pytest.mark.parametrize(
    ("item", "called"), [({"name": "a", "id": "b"}, "a"), ({"id": "b"}, "b"), ({"name": 3}, "7"), ("text", "7")]
)
def test_entries_are_called_by_name_or_id_or_number(item: object, called: str) -> None:
    assert label(item, 7) == called
