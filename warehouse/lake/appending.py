"""A commit that only adds: put into the log as the Delta protocol asks, without reading the log for it.

delta-rs reads all commits since the last checkpoint again before it adds one, and again to see what it has added: four
milliseconds for one line. What the protocol asks of a writer who knows the newest version is a file of actions under the
next one's name, which is there as a whole or not at all, and which only one of two writers can make.
"""

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.transaction import AddAction

from warehouse.lake.changes import OPERATION
from warehouse.lake.files import PARTITION

DRAFT: Final = "#"
"""Stands between a commit's name and a number in the names of drafts."""
PARTITION_COLUMN: Final = f"partition.{PARTITION}"
NO_FILES: Final = pa.schema(
    [
        ("path", pa.string()),
        ("size_bytes", pa.int64()),
        ("num_records", pa.int64()),
        (PARTITION_COLUMN, pa.date32()),
    ]
).empty_table()


@dataclass(slots=True)
class Known:
    """What is known of one version of the log: the marks that were asked for, and all live files or None."""

    version: int
    marks: dict[str, int | None] = field(default_factory=dict)
    files: pa.Table | None = None

    def grown(self, added: Sequence[AddAction], marks: Mapping[str, int]) -> "Known":
        """Tell what is known of the next version, when all that it does is to add files and to move marks."""
        files = None if self.files is None else pa.concat_tables([self.files, _rows(added)])
        return Known(self.version + 1, {**self.marks, **marks}, files)


def files_of(handle: DeltaTable) -> pa.Table:
    """Give one row for each live file, with the columns of `NO_FILES`; a table without days has no day in them."""
    found = pa.table(handle.get_add_actions(flatten=True))
    if PARTITION_COLUMN not in found.column_names:
        found = found.append_column(PARTITION_COLUMN, pa.nulls(len(found), pa.date32()))
    return found.select(NO_FILES.column_names).cast(NO_FILES.schema)


def append(
    commit: Path,
    files: Sequence[AddAction],
    marks: Mapping[str, int],
    operation: str,
    *,
    partition_by: Sequence[str],
    now: datetime,
) -> bool:
    """Make the commit `commit`; False when another writer's has that name already. The caller flushes the folder.

    What it says is on the disk before it has its name: neither a reader nor a power cut leaves half of it.

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
    # delta-rs calls its drafts so too, and leaves them alone; what a crash leaves of either, `remove_drafts` takes away.
    draft = commit.with_name(f"{commit.name}{DRAFT}{uuid4().int}")
    try:
        with draft.open("x", encoding="utf-8") as file:
            file.writelines(json.dumps(action) + "\n" for action in actions)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, commit)
    except FileExistsError:
        return False
    finally:
        draft.unlink(missing_ok=True)
    return True


def remove_drafts(folder: Path, until: datetime) -> None:
    """Delete drafts of commits that were begun before `until`: whoever wrote them died before they had their name."""
    for draft in folder.glob(f"*{DRAFT}*"):
        with suppress(FileNotFoundError):  # its writer lives, and took it away himself
            if draft.stat().st_mtime < until.timestamp():
                draft.unlink()


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


def _rows(added: Sequence[AddAction]) -> pa.Table:
    days = [file.partition_values.get(PARTITION) for file in added]
    columns = [
        [file.path for file in added],
        [file.size for file in added],
        [json.loads(file.stats)["numRecords"] for file in added],
        [None if day is None else date.fromisoformat(day) for day in days],
    ]
    return pa.table(columns, schema=NO_FILES.schema)
