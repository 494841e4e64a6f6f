"""Events that a page reports, as the steps take them: read, shaped like a log's hit, and parted into the two facts.

One event goes to one fact: to `hits`, which are nobody's, or to `customer_events` when a customer was logged in who did not
ask to be left alone (R8, T2, T4).
"""

import re
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from transform import reasons
from transform.batch import Batch
from transform.columns import NO_VALUE, constant
from transform.context import Context
from transform.events.reading import read_events
from transform.urls.personal import PLACEHOLDERS
from transform.visits.kinds import event_kinds

SOURCE: Final = "clickstream"
OUTBOUND: Final = "outbound_click"
HERE: Final = r"^/"
NO_METHOD: Final = "-"
ANSWERED: Final = 200

_ORIGIN: Final = "^(?i:https?|android-app|ios-app)://[^/?#]*"
_PLACEHOLDER: Final = "|".join(re.escape(placeholder) for placeholder in sorted(PLACEHOLDERS))
_NEW_NAMES: Final = {"ip": "address", "user_agent": "agent"}
_KEPT: Final = [
    "row",
    "sent_ms",
    "is_backfill",
    "event_id",
    "event_time",
    "utc_offset_min",
    "site",
    "channel",
    "collected_via",
    "url",
    "ip",
    "user_agent",
    "kind",
    "referrer",
    "customer_id",
    "product",
    "gpc",
    "dnt",
]


def read_clicks(batch: Batch, context: Context) -> Batch:
    """Decode each event; of what it may say beyond the page and the visitor, nothing goes further (R24)."""
    read = read_events(batch, context, SOURCE)
    rows = read.rows.select(_KEPT).rename_columns([_NEW_NAMES.get(name, name) for name in _KEPT])
    return Batch(rows, read.left, read.fields_dropped).with_columns({"forwarded": constant(None, rows.num_rows)})


def find_page(batch: Batch, _context: Context) -> Batch:
    """Find the page of each event: its URL without the host.

    A click that leads away belongs to the page where it happened, if the event says so; where it leads is kept apart, of
    which only the host will stay (R34).
    """
    kind, url = (batch.rows.column(name).combine_chunks() for name in ("kind", "url"))
    away = _is(kind, OUTBOUND)
    if away.any():
        is_path = pc.match_substring_regex(url.dictionary, HERE).take(url.indices).to_numpy(zero_copy_only=False)
        batch = batch.leave(away & is_path, reasons.bad("url"))
        away = away[~(away & is_path)]
        url = batch.rows.column("url").combine_chunks()
    if not away.any():
        targets = pc.replace_substring_regex(url.dictionary, _ORIGIN, "").dictionary_encode()
        pages = pa.DictionaryArray.from_arrays(targets.indices.take(url.indices), targets.dictionary)
        nowhere = constant(None, batch.rows.num_rows)
        return batch.without_columns("url").with_columns({"target": pages, "outbound": nowhere})
    referrer = batch.rows.column("referrer").combine_chunks()
    mask = pa.array(away)
    page = pc.fill_null(pc.add(referrer.indices, len(url.dictionary)), len(url.dictionary) + len(referrer.dictionary))
    targets = pa.concat_arrays([url.dictionary, referrer.dictionary, pa.array(["/"])])
    targets = pc.replace_substring_regex(targets, _ORIGIN, "").dictionary_encode()
    codes = targets.indices.take(pc.if_else(mask, page.cast(pa.int32()), url.indices))
    return batch.without_columns("url").with_columns(
        {
            "target": pa.DictionaryArray.from_arrays(codes, targets.dictionary),
            "outbound": pa.DictionaryArray.from_arrays(pc.if_else(mask, url.indices, None), url.dictionary),
            "referrer": pa.DictionaryArray.from_arrays(pc.if_else(mask, None, referrer.indices), referrer.dictionary),
        }
    )


def name_event_kind(batch: Batch, _context: Context) -> Batch:
    """Say what each event is: a page, a resource, or another event; no server has answered it, so the rest is what is usual."""
    rows = batch.rows.num_rows
    kind, path = (batch.rows.column(name).combine_chunks() for name in ("kind", "path"))
    return batch.with_columns(
        {
            "kind": event_kinds(kind, path),
            "method": constant(NO_METHOD, rows),
            "status": pa.array(np.full(rows, ANSWERED, np.int16)),
            "bytes": pa.nulls(rows, pa.int64()),
        }
    )


def name_category(batch: Batch, context: Context) -> Batch:
    """Name the part of the site that a page belongs to: its path's first segment, or what the site calls it (R30)."""
    path, site = (batch.rows.column(name).combine_chunks() for name in ("path", "site"))
    segments = _first_segments(path.dictionary).dictionary_encode()
    names: list[str] = segments.dictionary.to_pylist()
    codes = pc.fill_null(segments.indices.take(path.indices), NO_VALUE).to_numpy().copy()
    for site_number, site_name in enumerate(site.dictionary.to_pylist()):
        renamed = {old: new for old, new in context.categories.get(site_name, {}).items() if old in names}
        here = site.indices.to_numpy() == site_number
        old_codes = codes.copy()
        for old, new in renamed.items():
            codes[here & (old_codes == names.index(old))] = len(names)
            names.append(new)
    entries = pa.array(names, pa.string()).dictionary_encode()
    places = pa.array(codes, mask=codes == NO_VALUE)
    return batch.with_columns(
        {"category": pa.DictionaryArray.from_arrays(entries.indices.take(places), entries.dictionary)}
    )


def visitors_of(batch: Batch, _context: Context) -> Batch:
    """Give the events that are nobody's."""
    return _part(batch, batch.rows.column("customer").is_null())


def customers_of(batch: Batch, _context: Context) -> Batch:
    """Give the events of customers, cut to the minute so that no line of a log matches one."""
    part = _part(batch, batch.rows.column("customer").is_valid())
    return part.with_columns({"event_time": pc.floor_temporal(part.rows.column("event_time"), unit="minute")})


def _part(batch: Batch, mask: pa.ChunkedArray) -> Batch:
    return Batch(batch.rows.filter(mask), batch.left)


def _first_segments(paths: pa.StringArray) -> pa.StringArray:
    """Give the first segment of each path, null where it is empty or was somebody's."""
    segments = pc.struct_field(pc.extract_regex(paths, "^/+(?P<segment>[^/]+)"), 0)
    return pc.if_else(pc.match_substring_regex(segments, _PLACEHOLDER), None, segments)


def _is(column: pa.DictionaryArray, value: str) -> npt.NDArray[np.bool_]:
    return pc.equal(column.dictionary, value).take(column.indices).to_numpy(zero_copy_only=False)
