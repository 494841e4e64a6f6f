"""A commit that only adds: put into the log as the Delta protocol asks, without reading the log for it.

delta-rs reads all commits since the last checkpoint again before it adds one, and again to see what it has added: four
milliseconds for one line. What the protocol asks of a writer who knows the newest version is a file of actions under the
next one's name, which is there as a whole or not at all, and which only one of two writers can make.
"""

import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from deltalake.transaction import AddAction

from warehouse.lake.changes import OPERATION


def append(
    commit: Path,
    files: Sequence[AddAction],
    marks: Mapping[str, int],
    operation: str,
    *,
    partition_by: Sequence[str],
    now: datetime,
) -> bool:
    """Make the commit `commit`; False when another writer's has that name already. The caller flushes it.

    Raises:
        OSError: the disk is full or read-only; there is no commit then.
    """
    about = {
        "timestamp": int(now.timestamp() * 1000),
        "operation": "WRITE",
        "operationParameters": {"mode": "Append", "partitionBy": json.dumps(list(partition_by))},
        "engineInfo": "Footfall",
        OPERATION: operation,
    }
    moved = [{"txn": {"appId": app_id, "version": version}} for app_id, version in marks.items()]
    actions = [{"commitInfo": about}, *map(_added, files), *moved]
    # Names that end in "#" and a number are drafts, which delta-rs leaves alone; its own are called so too.
    draft = commit.with_name(f"{commit.name}#{uuid4().int}")
    try:
        draft.write_text("".join(json.dumps(action) + "\n" for action in actions))
        os.link(draft, commit)
    except FileExistsError:
        return False
    finally:
        draft.unlink(missing_ok=True)
    return True


def _added(file: AddAction) -> dict[str, Any]:
    return {
        "add": {
            "path": file.path,
            "partitionValues": file.partition_values,
            "size": file.size,
            "modificationTime": file.modification_time,
            "dataChange": file.data_change,
            "stats": file.stats,
        }
    }
