"""Request targets without people: the path of the page and the few parameters that a site may keep (R13)."""

import re
from functools import cache
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transform.columns import bytes_and_bounds
from transform.secrets import is_credential
from transform.urls.paths import SEGMENT_LENGTH_MAX, scrub_path
from transform.urls.personal import RUN, may_be_random
from transform.urls.queries import scrub_queries
from transform.urls.words import FORUMS, NUMBER_FOLLOWS, PERSON_FOLLOWS, SECRET_FOLLOWS

DEFAULT_ALLOWED: Final = frozenset({"category", "lang", "page", "sort", "utm_campaign", "utm_medium", "utm_source"})
"""Parameters that say which page or which campaign, never who; a site may allow others."""

_ORIGIN: Final = r"^[A-Za-z][A-Za-z0-9+.-]*://[^/?]*"
_NO_TARGET: Final = frozenset({"-", "*"})
"""What a log has for a request without a target, and the target that means the whole server."""

# A path that forgot its slash; anything else without one is a probe of another protocol, which may name its user.
_RELATIVE: Final = re.compile(r"[A-Za-z0-9._~%/+:@-]*")


def _any_of(words: frozenset[str]) -> str:
    return f"(?i:{'|'.join(sorted(words, key=lambda word: (-len(word), word)))})"


# What `scrub_path` could change has one of these marks, is long, or `may_be_random` finds it. They are for RE2.
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
# A first look, which nearly all paths pass: what has none of these and is not long is certainly left as it is.
_MARKS_OR_RUN: Final = f"{_MARKS}|{RUN}"


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
    is_more = _is_more_than_path(targets)
    paths, queries = _parts(targets.filter(is_more))
    scrubbed_queries = scrub_queries(queries, _kept(allowed))
    return (
        _scrubbed_paths(pc.replace_with_mask(targets, is_more, paths)),
        pc.replace_with_mask(pa.nulls(len(targets), pa.string()), is_more, scrubbed_queries),
    )


@cache
def _kept(allowed: frozenset[str]) -> frozenset[str]:
    return frozenset(name for name in allowed - PERSON_FOLLOWS if not is_credential(name))


def _is_more_than_path(targets: pa.StringArray) -> pa.BooleanArray:
    """Tell where a query or a fragment is, or perhaps an origin."""
    data, bounds = bytes_and_bounds(targets)
    data = data[bounds[0] : bounds[-1]]
    marks = bounds[0] + np.flatnonzero((data == ord("?")) | (data == ord("#")))
    found = np.zeros(len(targets), np.bool_)
    found[np.searchsorted(bounds, marks, side="right") - 1] = True
    return pc.or_(pa.array(found), pc.invert(pc.starts_with(targets, "/")))


def _parts(targets: pa.StringArray) -> tuple[pa.StringArray, pa.StringArray]:
    """Split targets into paths and queries."""
    paths, queries = _cut(_cut(targets, "#")[0], "?")
    elsewhere = pc.invert(pc.starts_with(paths, "/"))
    own = pc.replace_substring_regex(paths.filter(elsewhere), _ORIGIN, "")
    return pc.replace_with_mask(paths, elsewhere, own), queries


def _cut(texts: pa.StringArray, sign: str) -> tuple[pa.StringArray, pa.StringArray]:
    """Cut each text at the first `sign`; behind it is nothing where there is none."""
    lists = pc.split_pattern(texts, sign, max_splits=1)
    pieces, starts = lists.flatten(), lists.offsets.to_numpy()
    behind = pa.array(starts[:-1] + 1, mask=np.diff(starts) == 1)
    return pieces.take(lists.offsets[:-1]), pieces.take(behind).fill_null("")


def _scrubbed_paths(paths: pa.StringArray) -> pa.StringArray:
    is_near = pc.or_(pc.match_substring_regex(paths, _MARKS_OR_RUN), _is_long(paths))
    near = paths.filter(is_near)
    if not len(near):
        return paths
    is_marked = pc.or_(pc.or_(pc.match_substring_regex(near, _MARKS), _is_long(near)), pa.array(may_be_random(near)))
    scrubbed = pa.array([_scrubbed_path(path) for path in near.filter(is_marked).to_pylist()], pa.string())
    return pc.replace_with_mask(paths, is_near, pc.replace_with_mask(near, is_marked, scrubbed))


def _is_long(texts: pa.StringArray) -> pa.BooleanArray:
    return pc.greater(pc.binary_length(texts), SEGMENT_LENGTH_MAX)


def _scrubbed_path(path: str) -> str:
    if path in _NO_TARGET:
        return path
    return scrub_path(path) if path.startswith("/") or _RELATIVE.fullmatch(path) else "/{garbage}"
