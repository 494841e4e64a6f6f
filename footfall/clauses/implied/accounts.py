"""Offsets, lines and files: each once."""

from collections import defaultdict
from itertools import pairwise
from typing import Any

from footfall.clauses.evidence import Evidence
from footfall.clauses.finding import Finding, judged, not_applicable
from transform.reasons import Reason
from warehouse.nightly.closed import rows_let_go

NOTHING = "nothing has come in yet"


def offsets_once(evidence: Evidence) -> Finding:
    """R53: for each partition the intakes follow one another without gap or overlap, and no row belongs to an intake that is not there."""
    ranges: defaultdict[tuple[str, int], set[tuple[int, int]]] = defaultdict(set)
    for row in evidence.ask("select topic, topic_id, partition, offset_from, offset_next from intakes"):
        ranges[f"{row['topic']} {row['topic_id']}", row["partition"]].add((row["offset_from"], row["offset_next"]))
    if not ranges:
        return not_applicable(NOTHING)
    defects = []
    offsets = 0
    for (topic, partition), parts in ranges.items():
        name = f"{topic.split()[0]}/{partition}"
        ordered = sorted(parts)
        offsets += sum(end - start for start, end in ordered)
        for (_, end), (start, _) in pairwise(ordered):
            if start != end:
                what = "are in no intake" if start > end else "are in two intakes"
                defects.append(f"{name}: {abs(start - end):,} offsets from {min(start, end)} on {what}")
    marks = _marks(
        evidence,
        {(topic.split()[1], partition): max(end for _, end in parts) for (topic, partition), parts in ranges.items()},
    )
    defects += marks
    stray = evidence.number(
        "select count(distinct intake) as n from hits where intake not in (select intake from intakes)"
    )
    if stray > len(ranges):
        defects.append(
            f"hits have rows of {stray} intakes that are not there, and {len(ranges)} at most can be in progress"
        )
    doubled = evidence.number("select count(*) - count(distinct (source, event)) as n from event_ids")
    return judged(
        f"{offsets:,} offsets of {len(ranges)} partitions in {sum(map(len, ranges.values()))} intakes, each offset once, marks at their ends; "
        f"{stray} intakes in progress; {doubled:,} doubled event ids stored",
        [*defects, *([f"{doubled} event ids are stored twice"] if doubled else [])],
    )


def _marks(evidence: Evidence, ends: dict[tuple[str, int], int]) -> list[str]:
    """Compare the marks of `intakes` with the intakes themselves."""
    from warehouse.lake.changes import app_ids  # noqa: PLC0415 - reads the log's files

    table = evidence.house.lake.table("intakes")
    defects = []
    for app_id in app_ids(table.root):
        _, topic_id, partition = (*app_id.split("/"), "", "")[:3]
        if partition.isdecimal():
            mark, end = table.mark(app_id), ends.get((topic_id, int(partition)))
            # Of a partition at rest all intakes may have gone, for their time was over.
            if mark != end and not (end is None and rows_let_go(table)):
                defects.append(f"the mark of partition {partition} stands at {mark}, and its intakes end at {end}")
    return defects


def lines_accounted(evidence: Evidence) -> Finding:
    """R58: lines in are kept, dropped or dead letters, for each intake, file and partition, and what was kept is there."""
    rows = evidence.ask(
        "select intake, file, topic, partition, lines_in, kept, dropped, dead_letters, stored from intakes"
    )
    if not rows:
        return not_applicable(NOTHING)
    hits = {
        row["intake"]: row["hits"] for row in evidence.ask("select intake, count(*) as hits from hits group by intake")
    }
    due: defaultdict[str, int] = defaultdict(int)
    totals = dict.fromkeys(("lines_in", "kept", "dropped", "dead letters"), 0)
    defects = []
    for row in rows:
        dropped, dead = sum(row["dropped"].values()), sum(row["dead_letters"].values())
        if row["lines_in"] != row["kept"] + dropped + dead:
            defects.append(f"{row['lines_in']:,} lines of {_file(row)} are {row['kept']:,} + {dropped:,} + {dead:,}")
        stored = {"hits": row["kept"]} if row["stored"] is None else row["stored"]
        if sum(stored.values()) != row["kept"]:
            defects.append(f"{row['kept']:,} lines of {_file(row)} were kept and {sum(stored.values()):,} stored")
        due[row["intake"]] += stored.get("hits", 0)
        for name, number in zip(totals, (row["lines_in"], row["kept"], dropped, dead), strict=True):
            totals[name] += number
    short = {intake: number - hits.get(intake, 0) for intake, number in due.items() if hits.get(intake, 0) < number}
    # Hits whose time was over are gone from their intakes, and counted.
    gone = rows_let_go(evidence.house.lake.table("hits"))
    off = [intake for intake, number in due.items() if hits.get(intake, 0) > number]
    off += short if sum(short.values()) > gone else []
    defects += (
        [f"{len(off)} intakes have {sum(hits.get(one, 0) - due[one] for one in off):+,} hits against their accounts"]
        if off
        else []
    )
    return judged(
        f"{totals['lines_in']:,} lines in = {totals['kept']:,} kept + {totals['dropped']:,} dropped + {totals['dead letters']:,} dead "
        f"letters, and so for each of {len(rows)} intakes and files; the rows kept are there{f', but for {gone:,} whose time is over' * bool(gone)}",
        defects,
    )


def files_once(evidence: Evidence) -> Finding:
    """R59: no position of a file was taken twice, each file is registered, and repeated lines were dropped and counted."""
    rows = evidence.ask(
        "select origin, file, position_from, position_next, offset_from, kept, dropped from intakes "
        "where origin is not null and lines_in > 0"
    )
    if not rows:
        return not_applicable("nothing came from a file yet")
    origins = evidence.house.registry.origins()
    parts: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        parts[row["origin"]].append(row)
    defects = [f"a file of {len(parts[origin])} intakes is not registered" for origin in parts if origin not in origins]
    repeated = sum(row["dropped"].get(Reason.ALREADY_IMPORTED, 0) for row in rows)
    for origin, taken in parts.items():
        fresh = sorted(
            (row for row in taken if row["kept"]), key=lambda row: (row["position_from"], row["position_next"])
        )
        for before, after in pairwise(fresh):
            known = after["dropped"].get(Reason.ALREADY_IMPORTED, 0) + before["dropped"].get(Reason.ALREADY_IMPORTED, 0)
            if after["position_from"] < before["position_next"] and not known:
                name = origins[origin].file if origin in origins else "a file"
                defects.append(
                    f"{name}: positions {after['position_from']:,} to {before['position_next']:,} were taken twice"
                )
    return judged(
        f"{len(parts)} files in {len(rows)} intakes, no position twice, each registered by its fingerprint; {repeated:,} lines that came "
        "again dropped and counted",
        defects,
    )


def _file(row: dict[str, Any]) -> str:
    return row["file"] or f"{row['topic']}/{row['partition']}"
