"""Orders, as the steps take them: read, and cut to the minute."""

from typing import Final

import pyarrow.compute as pc

from transform.batch import Batch
from transform.context import Context
from transform.events.reading import read_events

SOURCE: Final = "transaction"

_KEPT: Final = [
    "row",
    "sent_ms",
    "is_backfill",
    "event_id",
    "event_time",
    "channel",
    "collected_via",
    "customer_id",
    "product",
    "vendor",
    "amount",
    "currency",
]


def read_orders(batch: Batch, context: Context) -> Batch:
    """Decode each order; its number, its coupon and the rest that nobody reads later go no further."""
    read = read_events(batch, context, SOURCE)
    return Batch(read.rows.select(_KEPT), read.left, read.fields_dropped)


def cut_to_minute(batch: Batch, _context: Context) -> Batch:
    """Keep an order's time to the minute only, so that no line of a log matches it (R8)."""
    minute = pc.floor_temporal(batch.rows.column("event_time"), unit="minute")
    return batch.without_columns("event_time").with_columns({"order_time": minute})
