"""Whatever stands in a field, a worker takes the record or leaves it for a reason: nobody can stop it with one."""

import json
from typing import Any, Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.transform.events.records import GOOD, POLICY, kept, reasons, take

FIELDS: Final = sorted((source, field.name) for source in GOOD for field in POLICY.sources[source].fields)
NEARLY: Final = (
    # Every one is read by some library as what it is not.
    *("2024-W01-1", "2024W01-12", "20240229", "2846011322", "0000-01-01", "9999-12-31", "2023-02-29", "2024-02-29\n", "2024-060"),
    *("2024-02-29T24:00:00Z", "2024-02-29T23:59:60Z", "2024-02-29t10:00:00z", "9999-12-31T23:59:59-23:59", "1000-01-01T00:00:00+23:59"),
    *("1e400", "-1e400", "NaN", "Infinity", "0x1F", "1_000", "-0", "00.10", "9" * 40, "0." + "0" * 40 + "1", "١٢٣", "½"),
    *("{00000000-0000-4000-8000-000000000001}", "00000000000040008000000000000001", "urn:uuid:00000000-0000-4000-8000-000000000001"),
    *("http://[::1", "http://[2001:db8::1]:99999/", "//host/p", "javascript:alert(1)", "http://a b/", "https://exa\u2024mple.com/%zz"),
    *("1.2.3.4.5", "::ffff:1.2.3.4", "fe80::1%eth0", "01.02.03.04", "1.2.3", "::", "1::2::3"),
    *("\ud800", "\0", "\u202egnp", "e\u0301", "İ", "ß", " DE ", "de", "DE\u200b", "EUR ", "true", "null", "[]", "{}", "@", "a@b", "a@b.c@d"),
)  # fmt: skip
SCALARS: Final = st.one_of(
    st.sampled_from(NEARLY),
    st.text(max_size=12),
    st.from_regex(r"[0-9]{4}-?[0-9W]{2,3}-?[0-9]{1,2}([Tt ][0-9:]{5,8}(\.[0-9]+)?([Zz]|[+-][0-9:]{2,5})?)?", fullmatch=True),
    st.from_regex(r"-?[0-9]{1,22}([.,][0-9]{0,12})?([eE][+-]?[0-9]{1,3})?", fullmatch=True),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.none(),
    st.booleans(),
)  # fmt: skip
VALUES: Final = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=5,
)


def records_of(source: str, field: str, values: list[Any]) -> list[bytes]:
    return [json.dumps({**GOOD[source], field: value}).encode() for value in values]


@pytest.mark.parametrize(("source", "field"), FIELDS)
def test_what_is_nearly_right(source: str, field: str) -> None:
    """All in one column, for what one value does to its neighbours counts too."""
    outcome = take(source, records_of(source, field, list(NEARLY)))
    assert sorted([*kept(outcome), *reasons(outcome)]) == list(range(len(NEARLY)))


@example(("registration", "birth_date"), ["2024-W01-1"])
@given(st.sampled_from(FIELDS), st.lists(VALUES, min_size=1, max_size=6))
@settings(max_examples=400)
def test_any_values(place: tuple[str, str], values: list[Any]) -> None:
    outcome = take(place[0], records_of(*place, values))
    assert sorted([*kept(outcome), *reasons(outcome)]) == list(range(len(values)))
