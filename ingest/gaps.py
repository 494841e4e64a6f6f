"""What nobody can read any more, accounted for: as many lines in as offsets are missing, all of them dropped (R58)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from ingest.gathering import Hole
from ingest.reduce import Reduced
from ingest.wire.records import Intake
from policy.schemas import arrow_schema
from transform.context import Context


def with_holes(reduced: Reduced, intake: Intake, holes: Sequence[Hole], context: Context) -> Reduced:
    """Add to the accounts of an intake one row for the holes in it; as many lines came in there as offsets are missing."""
    if not holes:
        return reduced
    dropped: dict[str, int] = {}
    for hole in holes:
        dropped[hole.reason] = dropped.get(hole.reason, 0) + hole.offset_next - hole.offset_from
    row: dict[str, Any] = {
        "intake": intake.id,
        "source": intake.partition.source,
        "topic": intake.partition.topic,
        "topic_id": intake.partition.topic_id,
        "partition": intake.partition.number,
        "offset_from": intake.offset_from,
        "offset_next": intake.offset_next,
        "lines_in": sum(dropped.values()),
        "kept": 0,
        "dropped": sorted(dropped.items()),
        "dead_letters": [],
        "stored": [],
        "fields_dropped": [],
        "taken_at": context.taken_at,
        "policy_version": context.policy.version,
    }
    lost = pa.Table.from_pylist([row], schema=arrow_schema(context.policy, "intakes"))
    read = reduced.tables["intakes"] if len(intake.records) else lost.slice(0, 0)
    return replace(reduced, tables={**reduced.tables, "intakes": pa.concat_tables([read, lost])})
