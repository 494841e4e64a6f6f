"""What a hit is: its method, and whether it is a page, a resource of a page, a redirect, an error or another event."""

from typing import Final

import numpy as np
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


def hit_kinds(method: pa.DictionaryArray, path: pa.DictionaryArray, status: pa.Array) -> pa.DictionaryArray:
    """Name the kind of each hit: one value a row; a page is a GET answered 200, 206 or 304 whose path is no static file."""
    codes = status.to_numpy()
    is_get = pc.equal(method.dictionary, "GET").to_numpy(zero_copy_only=False)[method.indices.to_numpy()]
    static = is_static(path.dictionary).to_numpy(zero_copy_only=False)[path.indices.to_numpy()]
    got = is_get & np.isin(codes, ANSWERED)
    kind = np.full(len(codes), EVENT, np.int32)
    kind[got] = np.where(static[got], RESOURCE, PAGE)
    kind[(codes >= REDIRECTS_FROM) & (codes < ERRORS_FROM) & (codes != NOT_MODIFIED)] = REDIRECT
    kind[codes >= ERRORS_FROM] = ERROR
    return pa.DictionaryArray.from_arrays(pa.array(kind), KINDS)


def event_kinds(kind: pa.DictionaryArray, path: pa.DictionaryArray) -> pa.DictionaryArray:
    """Name the kind of each event that a page reported: a page view is a page, or a resource when its path is a static file."""
    is_view = pc.equal(kind.dictionary, PAGE_VIEW).to_numpy(zero_copy_only=False)[kind.indices.to_numpy()]
    static = is_static(path.dictionary).to_numpy(zero_copy_only=False)[path.indices.to_numpy()]
    named = np.where(is_view, np.where(static, RESOURCE, PAGE), EVENT).astype(np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(named), KINDS)
