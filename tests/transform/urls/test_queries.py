"""The fast way through queries is the rule-by-rule way: what may not be kept goes first, and the same is not asked twice."""

import re
from typing import Final

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transform.urls import queries, words
from transform.urls.decoding import decoded
from transform.urls.paths import scrub_joined
from transform.urls.personal import PLACEHOLDERS
from transform.urls.queries import scrub_queries

ALLOWED: Final = frozenset({"page", "sort", "utm_source", "größe", "a=b", "k", ""})
NOTHING: Final = re.compile(r"(?!)")
ANNOUNCING: Final = sorted(
    words.SECRET_FOLLOWS | words.PERSON_LATER | words.NUMBER_FOLLOWS | words.FORUMS | words.PERSON_COMPANIONS
)
SPELLED: Final = [r"PAGE", r"p%61ge", r"pa%2567e", r"\x70age", r"gr%C3%B6%C3%9Fe", r"a%3Db", r"uid", r"id"]
NAMES: Final = st.sampled_from([*sorted(ALLOWED), *SPELLED, "\u017fort", "\u212a", "page "]) | st.text(max_size=4)
VALUES: Final = st.lists(
    st.one_of(
        st.text(max_size=8),
        st.text(alphabet="abyzABYZ0189", max_size=12),
        st.text(alphabet="%25406aAfF/@.:;=&?+# \\{}~-_\u00ad\u200b\u0130\n", max_size=10),
        st.sampled_from([*ANNOUNCING, *sorted(PLACEHOLDERS), "User:Jane", "Cookie:", "space-uid-9", "jo@mail.example"]),
        st.integers(0, 10**17).map(str),
    ),
    max_size=3,
).map("".join)
PARAMETERS: Final = st.tuples(NAMES, st.sampled_from(["=", "=", "=", "==", ""]), VALUES).map("".join)
QUERIES: Final = st.lists(st.tuples(PARAMETERS, st.sampled_from("&&;")).map("".join), max_size=5).map("".join)


def rule_by_rule(query: str) -> str | None:
    """Scrub one query without a shortcut."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queries, "_HARMLESS", NOTHING)
        return queries._scrub_query(query.replace(";", "&"), lambda one: queries._scrub_parameter(one, ALLOWED))


@settings(max_examples=400)
@given(st.lists(QUERIES, max_size=4))
def test_all_at_once_is_as_rule_by_rule(many: list[str]) -> None:
    assert scrub_queries(pa.array(many, pa.string()), ALLOWED).to_pylist() == [rule_by_rule(query) for query in many]


@settings(max_examples=400)
@given(st.from_regex(queries._HARMLESS, fullmatch=True))
def test_no_rule_is_about_what_is_called_harmless(value: str) -> None:
    assert scrub_joined(value) == value == decoded(value)


def test_nor_is_one_about_a_word_that_announces_something_when_it_stands_alone() -> None:
    for word in ANNOUNCING:
        for spelled in (word, word.upper(), word.title()):
            if queries._HARMLESS.fullmatch(spelled):
                assert scrub_joined(spelled) == spelled


def test_a_parameter_is_scrubbed_once_in_an_intake(monkeypatch: pytest.MonkeyPatch) -> None:
    scrubbed: list[str] = []
    exact = queries._scrub_parameter

    def noted(parameter: str, allowed: frozenset[str]) -> queries.Parameter | None:
        scrubbed.append(parameter)
        return exact(parameter, allowed)

    monkeypatch.setattr(queries, "_scrub_parameter", noted)
    many = [f"id={number}&page={number % 2};sort=up" for number in range(100)]
    assert scrub_queries(pa.array(many), ALLOWED).to_pylist() == ["page=0&sort=up", "page=1&sort=up"] * 50
    assert sorted(scrubbed) == ["page=0", "page=1", "sort=up"]
