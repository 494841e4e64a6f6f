"""Queries without people: the few parameters that a site may keep, with values scrubbed like segments of a path (R13)."""

import re
from collections.abc import Callable
from functools import cache
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transform.urls.decoding import decoded, encoded
from transform.urls.paths import scrub_joined

VALUE_LENGTH_MAX: Final = 100
QUERY_LENGTH_MAX: Final = 512

_SEPARATOR: Final = "&"
_SECOND_SEPARATOR: Final = ";"
# No rule is about so few letters or digits alone; `scrub_joined` would say the same of them, ten times as slowly.
_HARMLESS: Final = re.compile(r"[A-Za-z]{1,11}|[0-9]{1,8}")

Parameter: TypeAlias = tuple[str, str]
"""Name and what stays of the parameter, such as ``page`` and ``page=2``."""


def scrub_queries(queries: pa.StringArray, allowed: frozenset[str]) -> pa.StringArray:
    """Keep allowed parameters, sorted by name, each once, with values scrubbed.

    Args:
        queries: n queries without the question mark, any text, without null.
        allowed: names of parameters in lower case; whatever stands here is kept.

    Returns:
        n queries of at most `QUERY_LENGTH_MAX` characters, null where nothing is left.
    """
    # What may not be kept goes first, for all queries at once: of many queries few distinct ones are left.
    lists = pc.split_pattern(pc.replace_substring(queries, _SECOND_SEPARATOR, _SEPARATOR), _SEPARATOR)
    parameters = lists.flatten()
    may_stay = pc.match_substring_regex(parameters, _names(allowed))
    before = np.concatenate([[0], np.cumsum(may_stay.to_numpy(zero_copy_only=False))])
    ends = pa.array(before[lists.offsets.to_numpy()].astype(np.int32))
    left = pc.binary_join(pa.ListArray.from_arrays(ends, parameters.filter(may_stay)), _SEPARATOR).dictionary_encode()

    @cache
    def scrubbed(parameter: str) -> Parameter | None:
        return _scrub_parameter(parameter, allowed)

    texts = [_scrub_query(query, scrubbed) for query in left.dictionary.to_pylist()]
    return pa.array(texts, pa.string()).take(left.indices)


def _names(allowed: frozenset[str]) -> str:
    """Make the pattern (RE2) of parameters that may be kept: with a value, and an allowed name or one to be decoded."""
    plain = "|".join(re.escape(name) for name in sorted(allowed) if name.isascii())
    return rf"(?s)^(?:(?i:{plain})|[^=]*(?:[^\x00-\x7F]|[%\\])[^=]*)=."


def _scrub_query(query: str, scrubbed: Callable[[str], Parameter | None]) -> str | None:
    kept: dict[str, str] = {}
    for parameter in query.split(_SEPARATOR):
        if one := scrubbed(parameter):
            kept.setdefault(*one)
    left = ""
    for name in sorted(kept):
        if len(left) + len(kept[name]) < QUERY_LENGTH_MAX:
            left += f"&{kept[name]}"
    return left[1:] or None


def _scrub_parameter(parameter: str, allowed: frozenset[str]) -> Parameter | None:
    name, _, value = parameter.partition("=")
    key = (decoded(name) or "").lower()
    scrubbed = _scrub_value(value) if key in allowed else ""
    return (key, f"{key}={scrubbed}") if scrubbed else None


def _scrub_value(value: str) -> str:
    """Scrub one value; of signs that nobody sees nothing is left."""
    if _HARMLESS.fullmatch(value):
        return value
    text = decoded(value.replace("+", " "))
    if text is None:
        return "{encoded}"
    if len(text) > VALUE_LENGTH_MAX:
        return "{long}"
    if not text:
        return ""
    scrubbed = scrub_joined(text)
    return value if scrubbed == text else encoded(scrubbed)
