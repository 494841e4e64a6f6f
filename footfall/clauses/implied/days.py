"""Late events, retention and the night."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from footfall.clauses.evidence import Evidence
from footfall.clauses.finding import Finding, judged, not_applicable
from policy.model import Retention, Table
from transform.reasons import Reason
from warehouse.nightly.closed import rows_let_go
from warehouse.nightly.removal.retention import BY_DAY, REGISTRATION, days_alone, oldest_kept, unseen_since

NIGHT_GRACE_H: Final = 26
"""A night comes once a day, and takes its time."""


def late_events_counted(evidence: Evidence) -> Finding:
    """R55: events beyond the window are counted and not stored; each rewriting of a day is one commit, and every live file is there."""
    late_h = evidence.house.policy.windows.late_h
    dropped = evidence.ask("select sum(coalesce(dropped['too_late'], 0)) as late from intakes")[0]["late"] or 0
    defects = []
    rewritten = files = 0
    for name in evidence.house.policy.tables:
        table = evidence.house.lake.table(name)
        for commit in _commits(table.root):
            removed = {_day(action["remove"]) for action in commit if "remove" in action}
            added = {_day(action["add"]) for action in commit if "add" in action}
            rewritten += bool(removed)
            operation = next((action["commitInfo"].get("op") for action in commit if "commitInfo" in action), "")
            if removed and operation == "ingest":
                defects.append(f"{name}: a worker took files away while it added some ({len(removed - added)} days)")
        sizes = _live_sizes(table.root)
        for file in map(Path, table.files()):
            files += 1
            if not file.is_file():
                defects.append(f"{name}: a live file of {file.parent.name} is gone")
            elif sizes.get(file.name, file.stat().st_size) != file.stat().st_size:
                defects.append(f"{evidence.shown(file)} has another size than its commit says")
    return judged(
        f"window of {late_h} h for events, {int(dropped):,} beyond it counted as {Reason.TOO_LATE.value}; {rewritten} rewritings, each one "
        f"commit; {files:,} live files, all there as committed",
        defects,
    )


def nothing_kept_too_long(evidence: Evidence) -> Finding:
    """R56: every table's retention is stated with its reason, and no row, no registration and no entry is older than it says."""
    policy, lake = evidence.house.policy, evidence.house.lake
    # Nothing but a night lets rows go, so what turned too old since the last one is not held against it.
    today = (evidence.now - timedelta(hours=NIGHT_GRACE_H)).date()
    defects, told, gone = [], [], 0
    for name, table in policy.tables.items():
        entry = policy.retention[table.retention]
        gone += rows_let_go(lake.table(name))
        if not evidence.sizes()[name]:
            continue
        if entry.kept_with is not None:
            if alone := days_alone(lake, name):
                defects.append(f"{name} has {len(alone)} days that {entry.kept_with} no longer has")
            continue
        oldest, first = _oldest(evidence, name, table, entry), oldest_kept(entry, today)
        if oldest is not None and first is not None and oldest < first:
            defects.append(f"{name} has rows of {oldest}, and keeps {_said(entry)}")
        told.append(f"{name} {_said(entry)}")
    defects += [*_accounts_too_old(evidence, today), *_entries_too_old(evidence, today)]
    return judged(
        f"kept: {', '.join(told) or 'nothing yet'}; {len(policy.retention)} periods stated with reasons; {gone:,} rows let go so far; "
        "nothing is older",
        defects,
    )


def _accounts_too_old(evidence: Evidence, today: date) -> Iterator[str]:
    entry = evidence.house.policy.retention.get(REGISTRATION)
    first = None if entry is None else oldest_kept(entry, today)
    if entry is None or first is None:
        return
    before = datetime.combine(first, time(), UTC)
    people = evidence.registry("select count(*) from subjects")[0][0]
    unseen = len(unseen_since(evidence.house.lake, evidence.house.subjects, before)) if people else 0
    if unseen:
        yield f"{unseen} of {people} registered people were not seen since {first}, and are kept {_said(entry)}"


def _entries_too_old(evidence: Evidence, today: date) -> Iterator[str]:
    oldest = evidence.registry("select min(at) from audit")[0][0]
    first = oldest_kept(evidence.house.policy.retention["audit"], today)
    if oldest is not None and first is not None and _as_date(oldest) < first:
        yield f"the audit has entries of {_as_date(oldest)}"


def night_is_done(evidence: Evidence) -> Finding:
    """R57: the last night is dated, and every day with hits that came before it has its marts; its accounting found nothing."""
    nights = evidence.registry("select max(at), count(*) from audit where who = 'nightly'")[0]
    if not nights[1]:
        return not_applicable("no night has run yet; `footfall nightly`")
    house = evidence.house
    last = _as_datetime(nights[0])
    defects = []
    # One mart counts every hit, the other every line of a log.
    made, made_of_logs = (frozenset(house.lake.table(name).days()) for name in ("bot_layers_daily", "status_daily"))
    before = f"min(taken_at) < timestamp '{last:%Y-%m-%d %H:%M:%S.%f}'"
    asked = f"select event_date as day, bool_or(collected_via = 'log_file') as has_lines from hits group by day having {before}"  # noqa: S608 - a time
    taken = evidence.ask(asked)
    came = {_as_date(row["day"]): row["has_lines"] for row in taken}
    missing = {day for day, has_lines in came.items() if day not in made or (has_lines and day not in made_of_logs)}
    if missing:
        defects.append(f"{len(missing)} days of hits have no statistics, though a night passed since they came")
    open_findings = [
        finding for finding in house.registry.findings() if finding.kind == "accounting" and finding.detail
    ]
    defects += [f"the night found: {finding.detail}" for finding in open_findings]
    overdue = evidence.now - last > timedelta(hours=NIGHT_GRACE_H)
    told = f", {(evidence.now - last).days} days ago" if overdue else ""
    return judged(
        f"last night at {last:%Y-%m-%d %H:%M} UTC{told}; statistics of {len(made)} days, none missing; no open finding of its accounting",
        defects,
    )


def _oldest(evidence: Evidence, name: str, table: Table, entry: Retention) -> date | None:
    if entry.counted_from in BY_DAY and "event_date" in table.partition_by:
        return min(evidence.house.lake.table(name).days(), default=None)
    purpose = next(
        (purpose for reader in table.readers if reader.role == "privacy" for purpose in reader.purposes), "operations"
    )
    found = evidence.ask(f"select cast(min({entry.counted_from}) as date) as oldest from {name}", purpose)  # noqa: S608 - the policy's names
    oldest = found[0]["oldest"]
    return oldest if isinstance(oldest, date) else None


def _said(entry: Retention) -> str:
    return f"{entry.days} days" if entry.days is not None else f"{entry.months} months"


def _as_datetime(value: Any) -> datetime:
    at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _as_date(value: Any) -> date:
    return value if isinstance(value, date) and not isinstance(value, datetime) else _as_datetime(value).date()


def _commits(root: Path) -> Iterator[list[dict[str, Any]]]:
    for commit in sorted((root / "_delta_log").glob("*.json")):
        yield [json.loads(line) for line in commit.read_text().splitlines() if line]


def _live_sizes(root: Path) -> dict[str, int]:
    """Give the sizes that commits state, by file name, as far as the commits are still there."""
    return {
        Path(action["add"]["path"]).name: action["add"]["size"]
        for commit in _commits(root)
        for action in commit
        if "add" in action
    }


def _day(action: dict[str, Any]) -> str:
    return str((action.get("partitionValues") or {}).get("event_date", ""))
