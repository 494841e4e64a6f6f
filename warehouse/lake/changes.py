"""What the commits of a Delta log did: read from its actions, never guessed."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

OPERATION: Final = "op"
COMPACT: Final = "compact"
DESTROY: Final = "destroy"
RETENTION: Final = "retention"
UNCOUNTED: Final = frozenset({COMPACT, DESTROY, RETENTION})
"""What makes no day a changed one: no row is another, or nobody can count the day again and what was counted stays."""
ADD_COLUMNS: Final = "columns"


def changed_days(root: Path, since: int, until: int) -> set[date] | None:
    """Name the days whose files were added or removed by the commits after `since` up to `until`.

    Compactions change no row and are skipped; so is what was destroyed with its key or let go when its time was over, for nobody
    can count it again and what was counted before stays. None when a log file in between has been cleaned away: then nobody can
    tell, and every day must count as changed.
    """
    days: set[date] = set()
    for version in range(since + 1, until + 1):
        commit = root / "_delta_log" / f"{version:020d}.json"
        if not commit.is_file():
            return None
        actions = _read(commit)
        operations = {str(action.get("commitInfo", {}).get(OPERATION)).partition("/")[0] for action in actions}
        if operations & UNCOUNTED:
            continue
        days.update(_days(actions))
    return days


def of_day(operation: str, day: date | None) -> str:
    """Name an operation on one day, such as `retention/2026-11-01`; its rows are counted apart from those of other days."""
    return operation if day is None else f"{operation}/{day}"


def rows_mark(operation: str) -> str:
    """Name the application transaction that counts the rows which an operation has taken out of a table."""
    return f"rows/{operation}"


def rows_marks(operation: str) -> set[str]:
    """Name the counts that an operation moves: its own, and of an operation on one day that of all days."""
    return {rows_mark(operation), rows_mark(operation.partition("/")[0])}


def app_ids(root: Path) -> set[str]:
    """Name every application that has a transaction in the log: partitions, and sources of watermarks."""
    log = root / "_delta_log"
    last = log / "_last_checkpoint"
    found: set[str] = set()
    since = -1
    if last.is_file():
        since = int(json.loads(last.read_text())["version"])
        for part in log.glob(f"{since:020d}.checkpoint*.parquet"):
            named = pq.read_table(part, columns=["txn"]).column("txn").combine_chunks().field("appId")
            found.update(app_id for app_id in named.to_pylist() if app_id is not None)
    for commit in log.glob("*.json"):
        if commit.stem.isdecimal() and int(commit.stem) > since:
            found.update(action["txn"]["appId"] for action in _read(commit) if "txn" in action)
    return found


def _read(commit: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in commit.read_text().splitlines() if line]


def _days(actions: list[dict[str, Any]]) -> Iterator[date]:
    for action in actions:
        for kind in ("add", "remove"):
            if kind in action:
                values = action[kind].get("partitionValues") or {}
                if values.get("event_date"):
                    yield date.fromisoformat(values["event_date"])
