"""What may come in: records of a possible time, in time, once only, and of a site and product that are ours."""

from datetime import UTC, datetime
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transform.batch import Batch
from transform.context import Context
from transform.pseudonyms import event_hashes
from transform.reasons import Reason

HOUR_US: Final = 3600 * 1_000_000


def check_times(batch: Batch, context: Context) -> Batch:
    """Let records go whose time cannot be true: before the web, or well after they were sent."""
    oldest_us = datetime(context.policy.limits.year_min, 1, 1, tzinfo=UTC).timestamp() * 1_000_000
    ahead_us = context.policy.windows.ahead_h * HOUR_US
    times_us = batch.rows.column("event_time").cast(pa.int64()).to_numpy()
    sent_us = batch.rows.column("sent_ms").to_numpy() * 1000
    impossible = (times_us < oldest_us) | (times_us > sent_us + ahead_us)
    kept = batch.leave(impossible, Reason.TIME_OUT_OF_RANGE)
    return kept.with_columns({"event_date": kept.rows.column("event_time").cast(pa.date32())})


def leave_late(batch: Batch, context: Context) -> Batch:
    """Let events go that came after the window, but no historic ones: those are late on purpose (R55)."""
    late_us = context.policy.windows.late_h * HOUR_US
    times_us = batch.rows.column("event_time").cast(pa.int64()).to_numpy()
    sent_us = batch.rows.column("sent_ms").to_numpy() * 1000
    live = ~batch.rows.column("is_backfill").to_numpy(zero_copy_only=False)
    return batch.leave(live & (times_us < sent_us - late_us), Reason.TOO_LATE)


def leave_repeated(batch: Batch, context: Context) -> Batch:
    """Let events go that came before, in this intake or in an earlier one; the first of several stays (R53).

    Adds `event` (int64): the keyed hash by which the event will be known.
    """
    event = event_hashes(batch.rows.column("event_id").combine_chunks(), context.event_key)
    again = context.is_seen(event)
    in_order = np.sort(event)
    if (in_order[1:] == in_order[:-1]).any():  # seldom; and finding who came first takes ten times as long
        first = np.unique(event, return_index=True)[1]
        again = again | ~np.isin(np.arange(len(event)), first)
    return batch.with_columns({"event": pa.array(event)}).leave(again, Reason.REPEATED_EVENT)


def check_sites(batch: Batch, context: Context) -> Batch:
    """Let records go that name a site which is not registered, once any is (R4)."""
    return _check_known(batch, "site", context.sites, Reason.UNKNOWN_SITE)


def check_products(batch: Batch, context: Context) -> Batch:
    """Let records go that name a product which is not registered, once any is (R4)."""
    return _check_known(batch, "product", context.products, Reason.UNKNOWN_PRODUCT)


def _check_known(batch: Batch, name: str, registered: frozenset[str], reason: Reason) -> Batch:
    if not registered:
        return batch
    column = batch.rows.column(name).combine_chunks()
    unknown = pc.invert(pc.is_in(column.dictionary, pa.array(sorted(registered), pa.string())))
    return batch.leave(pc.fill_null(unknown.take(column.indices), False).to_numpy(zero_copy_only=False), reason)
