"""Which days changed since a version: read from the actions in the Delta log, never guessed from a look-back."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

OPERATION: Final = "op"
COMPACT: Final = "compact"


def changed_days(root: Path, since: int, until: int) -> set[date] | None:
    """Name the days whose files were added or removed by the commits after `since` up to `until`.

    Compactions change no row and are skipped. None when a log file in between has been cleaned away: then nobody
    can tell, and every day must count as changed.
    """
    days: set[date] = set()
    for version in range(since + 1, until + 1):
        commit = root / "_delta_log" / f"{version:020d}.json"
        if not commit.is_file():
            return None
        actions = [json.loads(line) for line in commit.read_text().splitlines() if line]
        if any(action.get("commitInfo", {}).get(OPERATION) == COMPACT for action in actions):
            continue
        days.update(_days(actions))
    return days


def _days(actions: list[dict[str, Any]]) -> Iterator[date]:
    for action in actions:
        for kind in ("add", "remove"):
            if kind in action:
                values = action[kind].get("partitionValues") or {}
                if values.get("event_date"):
                    yield date.fromisoformat(values["event_date"])
