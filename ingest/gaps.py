"""What nobody can read any more, accounted for: as many lines in as offsets are missing, all of them dropped (R58).

And what a crash left half written, where taking it again would give other accounts than what is stored: Kafka may have
removed its records since, or a customer may have been found to be a child.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import pyarrow as pa

from ingest.gathering import Hole
from ingest.reduce import Reduced
from ingest.wire.records import Intake
from policy.schemas import arrow_schema
from transform.context import Context
from transform.reasons import Reason

DEAD_LETTERS: Final = "dead_letters"
EVENT_IDS: Final = "event_ids"
MAY_CHANGE: Final = (Reason.LOST_TO_RETENTION.value, Reason.CORRUPT_BATCH.value, Reason.CHILD.value)
"""Why a record that was stored before a crash may leave when it is taken again."""


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


def as_written(reduced: Reduced, context: Context, written: Mapping[str, int], dead: Mapping[int, str]) -> Reduced:
    """Let the accounts of an intake say what is stored of it, where a crash came between sinks that have it and sinks that have not.

    Args:
        reduced: what the intake came out as now.
        context: the circumstances.
        written: tables that have the intake already → rows of it that they have.
        dead: the dead letters of it that stand already, offset → reason; looked at where `written` has their table.
    """
    more = {
        name: rows - reduced.tables[name].num_rows if name in reduced.tables else rows
        for name, rows in written.items()
        if name not in {DEAD_LETTERS, EVENT_IDS}
    }
    letters: list[str] = []
    if DEAD_LETTERS in written:
        again = set(reduced.tables[DEAD_LETTERS].column("offset").to_pylist())
        letters = [reason for offset, reason in sorted(dead.items()) if offset not in again]
    if not letters and not any(count > 0 for count in more.values()):
        return reduced
    rows = reduced.tables["intakes"].to_pylist()
    for why in MAY_CHANGE:
        for row in rows:
            _move(row, why, more, letters)
    intakes = pa.Table.from_pylist(rows, schema=arrow_schema(context.policy, "intakes"))
    return replace(reduced, tables={**reduced.tables, "intakes": intakes})


def _move(row: dict[str, Any], why: str, more: dict[str, int], letters: list[str]) -> None:
    """Move lines of one row of `intakes`, as many as left for this reason, to where they are stored already."""
    dropped, stored, dead = dict(row["dropped"]), dict(row["stored"]), dict(row[DEAD_LETTERS])
    for name in sorted(more):
        count = max(0, min(more[name], dropped.get(why, 0)))
        if not count:
            continue
        more[name] -= count
        dropped[why] -= count
        row["kept"] += count
        stored[name] = stored.get(name, 0) + count
    while letters and dropped.get(why):
        dropped[why] -= 1
        reason = letters.pop()
        dead[reason] = dead.get(reason, 0) + 1
    row["dropped"] = sorted((name, count) for name, count in dropped.items() if count)
    row["stored"], row[DEAD_LETTERS] = sorted(stored.items()), sorted(dead.items())
