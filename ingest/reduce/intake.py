"""One intake of records, reduced in memory to what may be stored; every record is accounted for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.errors import IngestError
from ingest.reduce.accounts import Accounts
from ingest.reduce.isolating import run_isolating
from ingest.reduce.keyed import NO_ORIGIN, Keyed
from ingest.wire.records import Intake
from policy.schemas import arrow_schema
from transform.batch import Batch
from transform.columns import constant
from transform.context import Context
from transform.reasons import Reason
from transform.steps import Outcome
from warehouse.registry import Origin

WEB_LOG: Final = "web_log"


@dataclass(frozen=True, slots=True)
class Reduced:
    """What the sinks get of one intake.

    Attributes:
        tables: rows of each lake table, in the policy's schema; `intakes` has one row at least.
        registrations: people who signed up or changed their account; None for other sources.
        children: profile pseudonyms of people found to be children.
        event_ids: hashes of the events that were kept.
        position_next: how far each file has come now.
        outcome: what became of each record.
        fault: how many records a step failed on, and where, as one line for people; empty when none.
    """

    tables: Mapping[str, pa.Table]
    registrations: pa.Table | None
    children: npt.NDArray[np.int64]
    event_ids: npt.NDArray[np.int64]
    position_next: dict[int, int]
    outcome: Outcome
    fault: str


def reduce_intake(
    intake: Intake, context: Context, *, origins: Mapping[int, Origin], positions: Mapping[int, int], site: str
) -> Reduced:
    """Reduce one intake to rows of the tables of its source, and of `event_ids`, `dead_letters` and `intakes`.

    Args:
        intake: records of one partition.
        context: the circumstances of the steps.
        origins: files known to the registry, by the first half of the record key.
        positions: how far each file had come before this intake; records before that are dropped.
        site: the site of log lines that come without a key, from somebody else's shipper.
    """
    keyed = Keyed.of(intake)
    outcome, fault = run_isolating(intake.partition.source, _start(keyed, origins, positions, site), context)
    _check(intake, outcome)
    accounts = Accounts(keyed, outcome, origins, context, site if intake.partition.source == WEB_LOG else "")
    tables = {
        **outcome.stored,
        "event_ids": _event_ids(intake, outcome, context),
        "dead_letters": accounts.dead_letters(),
        "intakes": accounts.intakes(),
    }
    reached = keyed.reached(positions)
    return Reduced(tables, outcome.registrations, outcome.children, outcome.event_ids, reached, outcome, fault)


def _start(keyed: Keyed, origins: Mapping[int, Origin], positions: Mapping[int, int], site: str) -> Batch:
    """Give each record its number, and let those go that are stored already or have no content."""
    records = keyed.intake.records
    rows = pa.table({"row": pa.array(np.arange(len(records), dtype=np.int32)), "sent_ms": pa.array(records.sent_ms)})
    if keyed.intake.partition.source == WEB_LOG:
        content = "line"
        rows = rows.append_column(content, records.values).append_column("site", _sites(keyed, origins, site))
    else:
        content = "value"
        rows = rows.append_column(content, records.values)
        rows = rows.append_column("is_backfill", pa.array(records.backfill))
    batch = Batch.start(rows).leave(keyed.seen_before(positions), Reason.ALREADY_IMPORTED)
    if not records.values.null_count:
        return batch
    return batch.leave(batch.rows.column(content).is_null().to_numpy(), Reason.NO_CONTENT)


def _sites(keyed: Keyed, origins: Mapping[int, Origin], site: str) -> pa.DictionaryArray:
    """Give each line the site of its file, or `site`; as a rule an intake has one file."""
    sites = [origins[origin].site if origin in origins else site for origin in keyed.origins.tolist()]
    if len(sites) == 1 and not keyed.counts[0]:
        return constant(sites[0], len(keyed.origin))
    number = np.where(keyed.origin == NO_ORIGIN, len(sites), keyed.origin).astype(np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(number), pa.array([*sites, site]))


def _check(intake: Intake, outcome: Outcome) -> None:
    """Refuse an outcome in which a record has no place, or two."""
    came_out = sum(table.num_rows for table in outcome.stored.values())
    came_out += outcome.registrations.num_rows if outcome.registrations is not None else 0
    kept = len(intake.records) - outcome.left.num_rows
    if kept != came_out or kept != sum(len(rows) for rows in outcome.rows.values()):
        raise IngestError(
            f"intake {intake.id}: {kept} records were kept, but {came_out} rows came out; nothing of it is stored"
        )


def _event_ids(intake: Intake, outcome: Outcome, context: Context) -> pa.Table:
    count = len(outcome.event_ids)
    columns = {
        "event": pa.array(outcome.event_ids, pa.int64()),
        "source": constant(intake.partition.source, count),
        "intake": constant(intake.id, count),
        "policy_version": constant(context.policy.version, count),
        "event_date": pa.repeat(pa.scalar(context.taken_at.date(), pa.date32()), count),
    }
    return pa.table(columns).select(arrow_schema(context.policy, "event_ids").names)
