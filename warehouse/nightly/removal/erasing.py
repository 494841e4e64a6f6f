"""What was queued for erasure leaves the facts: rows of people who were found to be children (R10)."""

from collections.abc import Collection
from datetime import datetime
from typing import Final, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from warehouse.lake import STAGED_AGE_MAX, Lake
from warehouse.lake.changes import DESTROY
from warehouse.nightly.closed import rows_let_go
from warehouse.registry import Erasure

ERASE: Final = "erase"
TABLES: Final = ("customer_events", "purchases")
QUEUED: Final = "queued"


class Queue(Protocol):
    """Whose rows must be erased."""

    def erasures(self) -> list[Erasure]:
        """Give what was ever queued, done or not."""

    def note_erased(self, customers: Collection[int]) -> None:
        """Note that nothing of these customers is left."""


def erase(lake: Lake, queue: Queue, now: datetime) -> int:
    """Take the rows of everybody who is queued out of the facts; say how many went.

    Somebody stays queued until a night finds nothing of theirs and no worker can still hold a file that was staged before
    they were queued. Models leave them out from the first moment, for they are not registered.
    """
    waiting = [one for one in queue.erasures() if one.state == QUEUED]
    if not waiting:
        return 0
    customers = pa.array([one.customer for one in waiting], pa.int64())
    before = erased_rows(lake)
    for name in TABLES:
        table = lake.table(name)
        for day in table.days():
            table.rewrite_day(
                day,
                keep=lambda rows: pc.invert(pc.is_in(rows.column("customer"), value_set=customers)),
                operation=ERASE,
            )
    gone = sum(erased_rows(lake).values()) - sum(before.values())
    settled = [one.customer for one in waiting if now - one.queued_at > STAGED_AGE_MAX]
    if settled and not gone:
        queue.note_erased(settled)
    return gone


def erased_rows(lake: Lake) -> dict[str, int]:
    """Say of each fact how many rows were ever erased, lost with their key, or let go when their time was over.

    The accounting takes them off.
    """
    tables = [lake.table(name) for name in ("hits", *TABLES)]
    return {one.name: one.rows_removed(ERASE) + one.rows_removed(DESTROY) + rows_let_go(one) for one in tables}
