"""Request targets without people: the path of the page and the few parameters that a site may keep (R13)."""

import re
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from transform.secrets import is_credential
from transform.urls.decoding import decoded, encoded
from transform.urls.paths import SEGMENT_LENGTH_MAX, scrub_joined, scrub_path
from transform.urls.personal import may_be_random
from transform.urls.words import FORUMS, NUMBER_FOLLOWS, PERSON_FOLLOWS, SECRET_FOLLOWS

DEFAULT_ALLOWED: Final = frozenset({"category", "lang", "page", "sort", "utm_campaign", "utm_medium", "utm_source"})
"""Parameters that say which page or which campaign, never who; a site may allow others."""

VALUE_LENGTH_MAX: Final = 100
QUERY_LENGTH_MAX: Final = 512

_ORIGIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?]*")
_SEPARATOR: Final = re.compile(r"[&;]")
_NO_TARGET: Final = frozenset({"-", "*"})
"""What a log has for a request without a target, and the target that means the whole server."""

# A path that forgot its slash; anything else without one is a probe of another protocol, which may name its user.
_RELATIVE: Final = re.compile(r"[A-Za-z0-9._~%/+:@-]*")


def _any_of(words: frozenset[str]) -> str:
    return f"(?i:{'|'.join(sorted(words, key=lambda word: (-len(word), word)))})"


# What `scrub_path` could change has one of these marks, or `may_be_random` finds it. They are for RE2.
_MARKS: Final = "|".join(
    (
        "^[^/]|^$|//",
        "[^A-Za-z0-9/._-]",  # encoded or other alphabets, a query, mail, somebody's home page
        "[0-9](?:[._-]{0,2}[0-9]){8}",  # telephone, card, long number
        "[0-9][._-][0-9]{1,3}[._-][0-9]{1,3}[._-][0-9]|0[Xx][0-9A-Fa-f]{8}",
        "[0-9A-Fa-f]{16}|[0-9A-Fa-f]{8}[-_][0-9A-Fa-f]{4}[-_]|(?:[0-9A-Fa-f]{2}-){5}|eyJ",
        f"{_any_of(SECRET_FOLLOWS)}[^/]*/.",
        rf"/{_any_of(PERSON_FOLLOWS | NUMBER_FOLLOWS)}(?:\.[A-Za-z0-9]+)?/.",
        "/(?i:(?:user|member|profile|author)s?[-_.]?[0-9]|space-u)",
        rf"/{_any_of(FORUMS)}(?:\.[A-Za-z0-9]+)?/(?:.*/)?(?i:user|member|profile|author|poster)s?[-_]",
        "(?i:[spr]k_(?:live|test)_|gh[opsu]_|glpat-|xox[abprs]-|akia)",
    )
)


def scrub_targets(distinct: pa.StringArray, allowed: frozenset[str]) -> tuple[pa.StringArray, pa.StringArray]:
    """Reduce each request target to the path and the parameters that may be kept.

    Origin (``http://user@host``) and fragment go. The path keeps its spelling but for what is personal, which becomes a
    short placeholder such as ``{email}``; see `transform.urls.paths` and `transform.urls.personal`. Of the query only
    allowed parameters stay, sorted by name, each once, with values scrubbed by the same rules. Scrubbing what was
    scrubbed changes nothing.

    Args:
        distinct: n targets as they stand in the requests (any text), null where there was none.
        allowed: names of parameters, in lower case; one that names a credential or a person is never kept.

    Returns:
        n paths without null (``-`` for no target, ``*`` for the whole server, else from ``/`` on, ``/{garbage}`` for what
        is no path, at most 1,024 characters), and n queries (without ``?``, at most 512 characters), null where nothing is left.
    """
    targets = distinct.fill_null("-")
    marked = _is_marked(targets)
    parts = [_parts(target) for target in targets.filter(marked).to_pylist()]
    paths = _scrubbed_paths(pa.array([path for path, _ in parts], pa.string()))
    kept = frozenset(name for name in allowed - PERSON_FOLLOWS if not is_credential(name))
    scrubbed = {query: _scrub_query(query, kept) for query in {query for _, query in parts}}
    queries = pa.array([scrubbed[query] for _, query in parts], pa.string())
    return (
        pc.replace_with_mask(targets, marked, paths),
        pc.replace_with_mask(pa.nulls(len(targets), pa.string()), marked, queries),
    )


def _is_marked(targets: pa.StringArray) -> pa.BooleanArray:
    long = pc.greater(pc.binary_length(targets), SEGMENT_LENGTH_MAX)
    return pc.or_(pc.or_(pc.match_substring_regex(targets, _MARKS), long), pa.array(may_be_random(targets)))


def _parts(target: str) -> tuple[str, str]:
    """Split a target into path and query."""
    path, _, query = target.partition("#")[0].partition("?")
    return (_ORIGIN.sub("", path, count=1) if _ORIGIN.match(path) else path), query


def _scrubbed_paths(paths: pa.StringArray) -> pa.StringArray:
    marked = _is_marked(paths)
    scrubbed = [_scrubbed_path(path) for path in paths.filter(marked).to_pylist()]
    return pc.replace_with_mask(paths, marked, pa.array(scrubbed, pa.string()))


def _scrubbed_path(path: str) -> str:
    if path in _NO_TARGET:
        return path
    return scrub_path(path) if path.startswith("/") or _RELATIVE.fullmatch(path) else "/{garbage}"


def _scrub_query(query: str, allowed: frozenset[str]) -> str | None:
    kept: dict[str, str] = {}
    for parameter in _SEPARATOR.split(query):
        name, _, value = parameter.partition("=")
        key = (decoded(name) or "").lower()
        if value and key in allowed:
            kept.setdefault(key, f"{key}={_scrub_value(value)}")
    left = ""
    for key in sorted(kept):
        if len(left) + len(kept[key]) < QUERY_LENGTH_MAX:
            left += f"&{kept[key]}"
    return left[1:] or None


def _scrub_value(value: str) -> str:
    text = decoded(value.replace("+", " "))
    if text is None:
        return "{encoded}"
    if len(text) > VALUE_LENGTH_MAX:
        return "{long}"
    scrubbed = scrub_joined(text)
    return value if scrubbed == text else encoded(scrubbed)
