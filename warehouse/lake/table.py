"""One Delta table: what the policy declares, how it is read, and the commits that move rows and marks together."""

from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, RemoveAction

from policy import Policy
from policy.schemas import arrow_schema, check_table
from warehouse.lake.changes import OPERATION, changed_days
from warehouse.lake.durable import make_folder, sync_file, sync_folder
from warehouse.lake.errors import FencedError, LakeError, told
from warehouse.lake.stage import PARTITION, Staged, stage

ATTEMPTS_MAX: Final = 20
ORPHAN_GRACE_H: Final = 24
READER_VERSION: Final = 1
WRITER_VERSION_MAX: Final = 2
CONFIGURATION: Final = {"delta.checkpointInterval": "20", "delta.logRetentionDuration": "interval 30 days"}


class LakeTable:
    """A table of the lake; it comes into being with its first row.

    Attributes:
        name: the table's name in the policy.
        schema: all columns that may be written, `event_date` included, with purpose and clause in the metadata.
        root: the table's folder.
    """

    def __init__(self, root: Path, name: str, policy: Policy, now: Callable[[], datetime]) -> None:
        self.name = name
        self.root = root
        self.schema = arrow_schema(policy, name)
        self._policy = policy
        self._now = now
        self._partition_by = [PARTITION] if PARTITION in policy.tables[name].partition_by else []
        self._handle: DeltaTable | None = None
        self.refresh()

    @property
    def exists(self) -> bool:
        """True once something has been committed to the table."""
        return self._handle is not None

    @property
    def version(self) -> int:
        """The newest version that this handle has seen; -1 before the first."""
        return self._handle.version() if self._handle else -1

    def refresh(self) -> None:
        """See what others have committed since."""
        with told(self.name, "read its log"):
            if self._handle is not None:
                self._handle.update_incremental()
            elif DeltaTable.is_deltatable(str(self.root)):
                self._handle = _opened(self.root)

    def mark(self, app_id: str) -> int | None:
        """Say how far the rows of `app_id` (cluster/topic/partition) have come: the next offset; None before the first."""
        return self._handle.transaction_version(app_id) if self._handle else None

    def watermark(self, source: str) -> int:
        """Version of the table `source` up to which this table was built; -1 before the first."""
        mark = self.mark(f"watermark/{source}")
        return -1 if mark is None else mark

    def files(self, days: Collection[date] | None = None) -> list[str]:
        """Absolute paths of the live Parquet files, of the given days or of all, in a fixed order."""
        return sorted(str(self.root / action["path"]) for action in self._actions(days))

    def days(self) -> list[date]:
        """Days that have rows, ascending."""
        return sorted({action[f"partition.{PARTITION}"] for action in self._actions(None)})

    def size(self) -> dict[str, int]:
        """Say how many `rows` in how many `files` and `bytes` the table has now."""
        actions = self._actions(None)
        return {
            "rows": sum(action["num_records"] for action in actions),
            "files": len(actions),
            "bytes": sum(action["size_bytes"] for action in actions),
        }

    def read(self, days: Collection[date] | None = None, columns: list[str] | None = None) -> pa.Table:
        """Read rows through pyarrow, `event_date` included; the order of rows is that of the files."""
        files = self.files(days)
        names = columns or self.schema.names
        if not files:
            return pa.schema([self.schema.field(name) for name in names]).empty_table()
        partitioning = (
            ds.partitioning(pa.schema([(PARTITION, pa.date32())]), flavor="hive") if self._partition_by else None
        )
        return ds.dataset(files, schema=self.schema, partitioning=partitioning, format="parquet").to_table(
            columns=names
        )

    def changed_days(self, since: int) -> set[date]:
        """Days touched by commits after version `since`, compactions apart; every day when nobody can tell."""
        days = changed_days(self.root, since, self.version) if since >= 0 else None
        return set(self.days()) if days is None else days

    def stage(self, rows: pa.Table) -> Staged:
        """Write `rows` as flushed files that nobody can see yet; a column that the policy does not declare is refused."""
        check_table(self._policy, self.name, rows)
        with told(self.name, f"make {self.root}"):
            make_folder(self.root)
        statistics = tuple(self._policy.tables[self.name].statistics)
        return stage(
            self.root, rows.select(self.schema.names), schema=self.schema, statistics=statistics, now=self._now()
        )

    def commit(self, staged: Staged, *, app_id: str, start: int, end: int) -> bool:
        """Add the rows and move the mark in one Delta commit; a crash before it changes nothing.

        The mark must stand at or below `start` (write) or at `end` (this very intake is already in: skip).

        Returns:
            True when the rows were written, False when they were there already.

        Raises:
            FencedError: the mark stands anywhere else, so another worker owns the partition.
        """
        for _ in range(ATTEMPTS_MAX):
            handle = self._open_or_create()
            mark = handle.transaction_version(app_id)
            if mark == end:
                self._sync_log(self._log.glob("*.json"))  # whoever wrote it may have died before its flush
                return False
            if mark is not None and mark > start:
                raise FencedError(self.name, app_id, mark, start, end)
            staged.check(self._now())
            if self._try(handle, list(staged.files), {app_id: end}, "ingest"):
                return True
        raise LakeError(f"{self.name}: {ATTEMPTS_MAX} commits in a row lost against other writers; nothing was written")

    def replace_days(self, rows: pa.Table, days: Collection[date] | None, *, watermarks: dict[str, int]) -> None:
        """Put `rows` in the place of all rows of `days` (of the whole table: None) and move the watermarks, in one commit.

        A day without rows becomes empty. The caller is the only writer of this table.
        """
        staged = self.stage(rows)
        handle = self._open_or_create()
        now_ms = int(self._now().timestamp() * 1000)
        gone: list[AddAction | RemoveAction] = [
            RemoveAction(
                action["path"],
                True,
                now_ms,
                action["size_bytes"],
                {name: str(action[f"partition.{name}"]) for name in self._partition_by},
            )
            for action in self._actions(days)
        ]
        marks = {f"watermark/{source}": version for source, version in watermarks.items()}
        if not self._try(handle, [*staged.files, *gone], marks, "rebuild"):
            raise LakeError(f"{self.name}: somebody else wrote to this table while its days were rebuilt; run it again")

    def vacuum(self) -> int:
        """Delete files that no version since a day ago needs, orphans included; say how many."""
        if self._handle is None:
            return 0
        self.refresh()
        with told(self.name, "remove what is no longer needed"):
            return len(self._handle.vacuum(ORPHAN_GRACE_H, dry_run=False, enforce_retention_duration=False, full=True))

    def _actions(self, days: Collection[date] | None) -> list[dict[str, Any]]:
        if self._handle is None:
            return []
        actions = pa.table(self._handle.get_add_actions(flatten=True))
        if days is not None:
            wanted = pa.array(sorted(days), pa.date32())
            actions = actions.filter(pc.is_in(actions.column(f"partition.{PARTITION}"), wanted))
        return actions.to_pylist()

    def _open_or_create(self) -> DeltaTable:
        self.refresh()
        if self._handle is None:
            statistics = ",".join(self._policy.tables[self.name].statistics)
            with told(self.name, "be made"):
                make_folder(self.root)
                DeltaTable.create(
                    str(self.root),
                    self.schema,
                    mode="ignore",
                    partition_by=self._partition_by,
                    configuration={**CONFIGURATION, "delta.dataSkippingStatsColumns": statistics},
                )
                self._sync_log([self._log / f"{0:020d}.json"])
                self._handle = _opened(self.root)
        return self._handle

    def _try(
        self, handle: DeltaTable, actions: list[AddAction | RemoveAction], marks: dict[str, int], operation: str
    ) -> bool:
        """Commit once, on the very handle that was compared; False when another commit came between."""
        before = handle.version()
        properties = CommitProperties(
            app_transactions=[Transaction(app_id, version) for app_id, version in marks.items()],
            custom_metadata={OPERATION: operation},
            max_commit_retries=0,
        )
        with told(self.name, "commit"):
            try:
                handle.create_write_transaction(
                    actions, "append", self.schema, self._partition_by, commit_properties=properties
                )
            except (DeltaError, OSError):
                self._handle = _opened(self.root)
                if self._handle.version() == before:
                    raise
                return False
            self._sync_log([self._log / f"{before + 1:020d}.json"])
        self.refresh()
        return True

    @property
    def _log(self) -> Path:
        return self.root / "_delta_log"

    def _sync_log(self, commits: Iterable[Path]) -> None:
        for commit in commits:
            sync_file(commit)
        sync_folder(self._log)


def _opened(root: Path) -> DeltaTable:
    """Open a table, or refuse one whose features we would read wrongly: deletion vectors would bring rows back."""
    handle = DeltaTable(str(root))
    protocol, settings = handle.protocol(), handle.metadata().configuration
    if (
        protocol.min_reader_version != READER_VERSION
        or protocol.min_writer_version > WRITER_VERSION_MAX
        or protocol.reader_features
        or "delta.columnMapping.mode" in settings
    ):
        raise LakeError(
            f"{root.name}: the table asks for reader {protocol.min_reader_version}, writer {protocol.min_writer_version}, "
            f"features {protocol.reader_features or []}; this lake stays at {READER_VERSION} and {WRITER_VERSION_MAX}. "
            "Did another engine alter it?"
        )
    return handle
