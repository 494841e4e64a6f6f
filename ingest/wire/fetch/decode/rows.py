"""The slow way: records that are Python objects already → columns."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from ingest.wire.records import Records

NO_TIME_MS = -1


class Row(NamedTuple):
    """One record; `sent_ms` is None in the oldest message format."""

    offset: int
    sent_ms: int | None
    key: bytes | None
    value: bytes | None
    backfill: bool


def records_of(rows: Iterable[Row]) -> Records:
    """Put rows side by side; a missing time becomes -1."""
    listed = list(rows)
    return Records(
        np.array([row.offset for row in listed], np.int64),
        np.array([NO_TIME_MS if row.sent_ms is None else row.sent_ms for row in listed], np.int64),
        pa.array([row.key for row in listed], pa.binary()),
        pa.array([row.value for row in listed], pa.binary()),
        np.array([row.backfill for row in listed], np.bool_),
    )
