"""What a hit is: its method, and whether it is a page, a resource of a page, a redirect, an error or another event."""

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from transform.urls import is_static
from transform.urls.words import set_of

METHODS: Final = set_of(
    "ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT CONNECT COPY DELETE GET HEAD LABEL LINK LOCK MERGE MKACTIVITY MKCALENDAR "
    "MKCOL MKREDIRECTREF MKWORKSPACE MOVE OPTIONS ORDERPATCH PATCH POST PRI PROPFIND PROPPATCH PURGE PUT QUERY REBIND REPORT "
    "SEARCH TRACE TRACK UNBIND UNCHECKOUT UNLINK UNLOCK UPDATE UPDATEREDIRECTREF VERSION-CONTROL -"
)
"""The registered methods and two that are in use (PURGE, TRACK); ``-`` is a request without one."""
OTHER_METHOD: Final = "OTHER"
KINDS: Final = pa.array(["page", "resource", "redirect", "error", "event"])
PAGE_VIEW: Final = "page_view"
PAGE, RESOURCE, REDIRECT, ERROR, EVENT = range(5)
NOT_MODIFIED: Final = 304
ANSWERED: Final = (200, 206, NOT_MODIFIED)
REDIRECTS_FROM: Final = 300
ERRORS_FROM: Final = 400


def known_methods(method: pa.DictionaryArray) -> pa.DictionaryArray:
    """Give each row its method; what is no registered one, and so anybody's free text, is ``OTHER``."""
    known = pc.is_in(method.dictionary, pa.array(sorted(METHODS), method.dictionary.type))
    distinct = pc.if_else(known, method.dictionary, OTHER_METHOD).dictionary_encode()
    return pa.DictionaryArray.from_arrays(distinct.indices.take(method.indices), distinct.dictionary)


def _by_status() -> npt.NDArray[np.int8]:
    """Make the table of what each status says of a GET of a page; statuses below zero stand at its end."""
    kinds = np.full(1 << 16, EVENT, np.int8)
    kinds[REDIRECTS_FROM:ERRORS_FROM] = REDIRECT
    kinds[ERRORS_FROM : 1 << 15] = ERROR
    kinds[list(ANSWERED)] = PAGE
    return kinds


_BY_STATUS: Final = _by_status()


def hit_kinds(method: pa.DictionaryArray, path: pa.DictionaryArray, status: pa.Array) -> pa.DictionaryArray:
    """Name the kind of each hit: one value a row; a page is a GET answered 200, 206 or 304 whose path is no static file.

    Args:
        method, path: without null.
        status: int16 without null.
    """
    by_status = _BY_STATUS[status.to_numpy().view(np.uint16)]
    is_get = pc.equal(method.dictionary, "GET").to_numpy(zero_copy_only=False)[method.indices.to_numpy()]
    of_a_get = np.where(is_static(path.dictionary), np.int8(RESOURCE), np.int8(PAGE))[path.indices.to_numpy()]
    answered = np.where(is_get, of_a_get, np.int8(EVENT))
    kind = np.where(by_status == PAGE, answered, by_status)
    return pa.DictionaryArray.from_arrays(pa.array(kind.astype(np.int32)), KINDS)


def event_kinds(kind: pa.DictionaryArray, path: pa.DictionaryArray) -> pa.DictionaryArray:
    """Name the kind of each event that a page reported: a page view is a page, or a resource when its path is a static file."""
    is_view = pc.equal(kind.dictionary, PAGE_VIEW).to_numpy(zero_copy_only=False)[kind.indices.to_numpy()]
    of_a_view = np.where(is_static(path.dictionary), np.int8(RESOURCE), np.int8(PAGE))[path.indices.to_numpy()]
    named = np.where(is_view, of_a_view, np.int8(EVENT)).astype(np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(named), KINDS)
