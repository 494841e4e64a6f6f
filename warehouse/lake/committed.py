"""What one commit brought: asked when an intake that was written in part is taken again, and may come out another way."""

import json
from pathlib import Path
from typing import Final

OPERATION: Final = "op"
INGEST: Final = "ingest"


def rows_committed(root: Path, until: int, app_id: str, mark: int) -> int | None:
    """Say how many rows came with the intake that moved the mark of `app_id` to `mark`.

    Args:
        root: the table's folder.
        until: the newest version; the search goes back from there.
        app_id: cluster, topic and partition of the intake.
        mark: where it ends.

    Returns:
        The number of rows; None when the commit's file is not there any more.
    """
    for version in range(until, -1, -1):
        commit = root / "_delta_log" / f"{version:020d}.json"
        if not commit.is_file():
            return None
        actions = [json.loads(line) for line in commit.read_text().splitlines() if line]
        moved = any((one["txn"]["appId"], one["txn"]["version"]) == (app_id, mark) for one in actions if "txn" in one)
        # Erasure repeats marks unchanged, to fence stale writers; such a commit is no intake's.
        if moved and any(one.get("commitInfo", {}).get(OPERATION) == INGEST for one in actions):
            return sum(json.loads(one["add"]["stats"])["numRecords"] for one in actions if "add" in one)
    return None
