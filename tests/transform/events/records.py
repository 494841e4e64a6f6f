"""Good records of each JSON source, the circumstances in which they are taken, and what becomes of them."""

import json
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from policy import load_policy
from transform.batch import Batch
from transform.context import Context
from transform.geography import Places
from transform.steps import Outcome, run_source

POLICY = load_policy()
TAKEN_AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
SENT_MS = int(TAKEN_AT.timestamp() * 1000)
DEFECTS: dict[str, Any] = tomllib.loads(
    (Path(__file__).parents[2] / "data" / "event_defects.toml").read_text(encoding="utf-8")
)
GOOD: dict[str, dict[str, Any]] = {source: json.loads(text) for source, text in DEFECTS["good"].items()}

CONTEXT = Context(
    policy=POLICY,
    places=Places.shipped(),
    geography_level="region",
    trusted_proxies=(),
    query_parameters=frozenset({"page"}),
    day_key=lambda day: day.isoformat().encode().ljust(16, b"."),
    intake="topic/0/0",
    taken_at=TAKEN_AT,
    tally=lambda _: None,
    customer_key=b"customers' key, 16+",
    event_key=b"events' key, 16 or more",
    is_child=lambda customers: np.zeros(len(customers), bool),
    is_seen=lambda events: np.zeros(len(events), bool),
    sites=frozenset(),
    products=frozenset(),
    categories={},
)


def event_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012x}"


def record(source: str, number: int = 0, **fields: Any) -> bytes:
    """Make a good record of a source with some fields of its own; None takes a field out."""
    named = {**GOOD[source], "event_id": event_id(number), **fields}
    return json.dumps({name: value for name, value in named.items() if value is not None}).encode()


def take(
    source: str,
    values: Sequence[bytes | None],
    *,
    sent_ms: Sequence[int] | None = None,
    is_backfill: Sequence[bool] | None = None,
    **changed: Any,
) -> Outcome:
    """Run records of a source through its steps, in circumstances of which some may be changed."""
    count = len(values)
    rows = pa.table(
        {
            "row": pa.array(range(count), pa.int32()),
            "value": pa.array(values, pa.binary()),
            "sent_ms": pa.array(sent_ms or [SENT_MS] * count, pa.int64()),
            "is_backfill": pa.array(is_backfill or [False] * count, pa.bool_()),
        }
    )
    return run_source(source, Batch.start(rows), replace(CONTEXT, **changed))


def reasons(outcome: Outcome) -> dict[int, str]:
    """Give the reason of each record that left, by its number."""
    return {left["row"]: left["reason"] for left in outcome.left.to_pylist()}


def stored(outcome: Outcome, table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = outcome.stored[table].to_pylist()
    return rows


def kept(outcome: Outcome) -> list[int]:
    """Give the numbers of all records kept, wherever they went."""
    return sorted(int(row) for rows in outcome.rows.values() for row in rows)
