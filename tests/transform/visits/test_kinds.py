"""Kinds of hits and events are those of the rule that README states, for every status that a line can have."""

from typing import Final

import numpy as np
import pyarrow as pa

from transform.visits.kinds import event_kinds, hit_kinds

METHODS: Final = ["GET", "HEAD", "POST", "-"]
PATHS: Final = ["/", "/logo.PNG", "/shop/index.php", "-"]
STATIC: Final = {"/logo.PNG"}


def rule(method: str, path: str, status: int) -> str:
    """Say what one hit is."""
    if status >= 400:
        return "error"
    if 300 <= status < 400 and status != 304:
        return "redirect"
    if method == "GET" and status in {200, 206, 304}:
        return "resource" if path in STATIC else "page"
    return "event"


def test_the_kind_of_a_hit_follows_from_method_path_and_status() -> None:
    statuses = [*range(-1, 1000), -32768, 32767]
    rows = [(method, path, status) for method in METHODS for path in PATHS for status in statuses]
    methods, paths = (pa.array([row[at] for row in rows]).dictionary_encode() for at in (0, 1))
    kinds = hit_kinds(methods, paths, pa.array([status for *_, status in rows], pa.int16()))
    assert kinds.type == pa.dictionary(pa.int32(), pa.string())
    assert kinds.to_pylist() == [rule(*row) for row in rows]


def test_no_hits_have_no_kinds() -> None:
    nothing = pa.array([], pa.string()).dictionary_encode()
    assert hit_kinds(nothing, nothing, pa.array(np.empty(0, np.int16))).to_pylist() == []


def test_the_kind_of_an_event_follows_from_its_name_and_path() -> None:
    names, paths = (
        pa.array(texts).dictionary_encode() for texts in (["page_view", "page_view", "basket"], ["/", "/a.css", "/"])
    )
    assert event_kinds(names, paths).to_pylist() == ["page", "resource", "event"]
