"""One intake of web-log lines, reduced in memory to what may be stored; every line is accounted for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ingest.errors import IngestError
from ingest.wire.records import Intake
from policy.schemas import arrow_schema
from transform.access_log import shape
from transform.batch import Batch
from transform.context import Context
from transform.reasons import Reason
from transform.steps import run_steps
from warehouse.registry import Origin

SOURCE: Final = "web_log"
KEY_BYTES: Final = 16
NO_ORIGIN: Final = -1
REASONS: Final = tuple(Reason)
KEPT: Final = -1


@dataclass(frozen=True, slots=True)
class Reduced:
    """What the sinks get of one intake, as tables in the policy's schemas.

    Attributes:
        hits: one row per line that was kept.
        dead_letters: one row per line that could not be used, without its content.
        intakes: one row per origin, with the accounting; at least one row.
        position_next: how far each origin has come now.
    """

    hits: pa.Table
    dead_letters: pa.Table
    intakes: pa.Table
    position_next: dict[int, int]


@dataclass(frozen=True, slots=True)
class _Lines:
    """Records of an intake beside their keys: `origin` numbers the entries of `origins`, -1 where there is no key."""

    intake: Intake
    origins: npt.NDArray[np.int64]
    origin: npt.NDArray[np.int64]
    position: npt.NDArray[np.int64]


def reduce_web_log(
    intake: Intake, context: Context, *, origins: Mapping[int, Origin], positions: Mapping[int, int], site: str
) -> Reduced:
    """Reduce one intake to rows of `hits`, `dead_letters` and `intakes`.

    Args:
        intake: records of one partition.
        context: the circumstances of the steps.
        origins: files known to the registry, by the first half of the record key.
        positions: how far each origin had come before this intake; lines before that are dropped.
        site: the site of lines that come without a key, from somebody else's shipper.
    """
    lines = _with_keys(intake)
    batch = _start(lines, origins, positions, site)
    hits, end = run_steps(batch, context)
    reasons = _reasons(end.left, len(intake.records))
    position_next = dict(positions)
    intakes = _accounts(lines, reasons, origins, context, site)
    kept = sum(intakes.column("kept").to_pylist())
    if kept != hits.num_rows:
        raise IngestError(
            f"intake {intake.id}: {kept} lines were kept, but {hits.num_rows} rows came out; nothing of it is stored"
        )
    for number, origin in enumerate(lines.origins.tolist()):
        reached = int(lines.position[lines.origin == number].max()) + 1
        position_next[origin] = max(reached, positions.get(origin, 0))
    return Reduced(hits, _dead_letters(lines, reasons, origins, context), intakes, position_next)


def _with_keys(intake: Intake) -> _Lines:
    """Read the record keys: 8 bytes of origin, 8 bytes of position, both big-endian."""
    keys, count = intake.records.keys, len(intake.records)
    origin = np.full(count, NO_ORIGIN, np.int64)
    position = np.zeros(count, np.int64)
    own = pc.fill_null(pc.equal(pc.binary_length(keys), KEY_BYTES), False)
    ours = own.to_numpy(zero_copy_only=False)
    if not ours.any():
        return _Lines(intake, np.empty(0, np.int64), origin, position)
    joined = pc.binary_join(pa.ListArray.from_arrays([0, int(ours.sum())], keys.filter(own)), b"")[0].as_py()
    numbers = np.frombuffer(joined, ">u8").reshape(-1, 2).astype(np.uint64).view(np.int64)
    origins, number = np.unique(numbers[:, 0], return_inverse=True)
    origin[ours] = number
    position[ours] = numbers[:, 1]
    return _Lines(intake, origins, origin, position)


def _start(lines: _Lines, origins: Mapping[int, Origin], positions: Mapping[int, int], site: str) -> Batch:
    """Give each line its number and its site, and let those go that are stored already or have no content."""
    records = lines.intake.records
    sites = [origins[origin].site if origin in origins else site for origin in lines.origins.tolist()]
    number = np.where(lines.origin == NO_ORIGIN, len(sites), lines.origin).astype(np.int32)
    rows = pa.table(
        {
            "row": pa.array(np.arange(len(records), dtype=np.int32)),
            "line": records.values,
            "site": pa.DictionaryArray.from_arrays(pa.array(number), pa.array([*sites, site])),
            "sent_ms": pa.array(records.sent_ms),
        }
    )
    batch = Batch.start(rows).leave(_seen_before(lines, positions), Reason.ALREADY_IMPORTED)
    return batch.leave(batch.rows.column("line").is_null().to_numpy(), Reason.NO_CONTENT)


def _seen_before(lines: _Lines, positions: Mapping[int, int]) -> npt.NDArray[np.bool_]:
    """Mark lines whose position is not beyond all earlier ones of their file: they were sent twice."""
    seen = np.zeros(len(lines.origin), bool)
    for number, origin in enumerate(lines.origins.tolist()):
        mine = np.flatnonzero(lines.origin == number)
        position = lines.position[mine]
        reached = np.maximum.accumulate(np.concatenate(([positions.get(origin, 0) - 1], position)))[:-1]
        seen[mine] = position <= reached
    return seen


def _reasons(left: pa.Table, count: int) -> npt.NDArray[np.int64]:
    """Give each line the number of its reason in `REASONS`, and `KEPT` to those that stayed."""
    reasons = np.full(count, KEPT, np.int64)
    names = left.column("reason").combine_chunks().dictionary_encode()
    numbers = np.array([REASONS.index(Reason(name)) for name in names.dictionary.to_pylist()], np.int64)
    reasons[left.column("row").to_numpy()] = numbers[names.indices.to_numpy()]
    return reasons


def _accounts(
    lines: _Lines, reasons: npt.NDArray[np.int64], origins: Mapping[int, Origin], context: Context, site: str
) -> pa.Table:
    rows = []
    for number in np.unique(lines.origin).tolist() or [NO_ORIGIN]:
        mine = lines.origin == number
        counts = np.bincount(reasons[mine] + 1, minlength=len(REASONS) + 1)
        left = {reason: int(count) for reason, count in zip(REASONS, counts[1:], strict=True) if count}
        positions = lines.position[mine]
        at = _named(lines, number, origins)
        rows.append(
            {
                **_coordinates(lines.intake, context),
                **at,
                "intake": lines.intake.id,
                "site": at["site"] or site,
                "position_from": int(positions.min()) if number != NO_ORIGIN else None,
                "position_next": int(positions.max()) + 1 if number != NO_ORIGIN else None,
                "offset_from": lines.intake.offset_from,
                "offset_next": lines.intake.offset_next,
                "lines_in": int(mine.sum()),
                "kept": int(counts[0]),
                "dropped": [(reason.value, count) for reason, count in left.items() if not reason.is_dead_letter],
                "dead_letters": [(reason.value, count) for reason, count in left.items() if reason.is_dead_letter],
            }
        )
    return _table(context, "intakes", rows)


def _dead_letters(
    lines: _Lines, reasons: npt.NDArray[np.int64], origins: Mapping[int, Origin], context: Context
) -> pa.Table:
    rows = []
    for row in np.flatnonzero(reasons != KEPT).tolist():
        reason = REASONS[int(reasons[row])]
        if not reason.is_dead_letter:
            continue
        at = _named(lines, int(lines.origin[row]), origins)
        rows.append(
            {
                **_coordinates(lines.intake, context),
                "offset": int(lines.intake.records.offsets[row]),
                "origin": at["origin"],
                "file": at["file"],
                "position": None if at["origin"] is None else int(lines.position[row]),
                "reason": reason.value,
                "shape": shape(lines.intake.records.values[row].as_py() or b""),
            }
        )
    return _table(context, "dead_letters", rows)


def _named(lines: _Lines, number: int, origins: Mapping[int, Origin]) -> dict[str, Any]:
    """Name an origin of the intake; all empty where lines came without a key."""
    origin = None if number == NO_ORIGIN else int(lines.origins[number])
    known = origins.get(origin) if origin is not None else None
    return {"origin": origin, "file": known.file if known else None, "site": known.site if known else None}


def _coordinates(intake: Intake, context: Context) -> dict[str, Any]:
    part = intake.partition
    return {
        "source": SOURCE,
        "topic": part.topic,
        "topic_id": part.topic_id,
        "partition": part.number,
        "taken_at": context.taken_at,
        "policy_version": context.policy.version,
    }


def _table(context: Context, name: str, rows: Iterable[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=arrow_schema(context.policy, name))
