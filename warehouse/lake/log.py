"""The Delta log of one table: opened, brought up to the policy, asked, and added to by one commit at a time."""

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import CommitProperties, DeltaTable, Schema, Transaction
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, RemoveAction

from warehouse.lake.appending import NO_FILES, PARTITION_COLUMN, Known, append, files_of, remove_drafts
from warehouse.lake.changes import ADD_COLUMNS, OPERATION
from warehouse.lake.errors import LakeError, told
from warehouse.lake.files import make_folder, sync_file, sync_folder

READER_VERSION: Final = 1
WRITER_VERSION_MAX: Final = 2
CHECKPOINT_INTERVAL: Final = "delta.checkpointInterval"
CONFIGURATION: Final = {CHECKPOINT_INTERVAL: "20", "delta.logRetentionDuration": "interval 30 days"}


class Log:
    """The log of the table in `root`; there is none before the table's first row.

    Args:
        root: the table's folder.
        schema: the columns of the policy.
        partition_by: the columns by which the folder is cut.
        statistics: the columns whose bounds may stand in the log.

    Attributes:
        folder: where the commits lie.
    """

    def __init__(self, root: Path, schema: pa.Schema, partition_by: list[str], statistics: Sequence[str]) -> None:
        self.folder = root / "_delta_log"
        self._root = root
        self._name = root.name
        self._schema = schema
        self._partition_by = partition_by
        self._statistics = statistics
        self._handle: DeltaTable | None = None
        self._version = -1
        self._checkpoint_every = 1
        self._is_fitting = False
        self._known = Known(-1)
        self.refresh()

    @property
    def exists(self) -> bool:
        """True once something has been committed to the table."""
        return self._handle is not None

    @property
    def version(self) -> int:
        """The newest version that this handle has seen; -1 before the first."""
        return self._version

    def refresh(self) -> None:
        """See what others have committed since."""
        with told(self._name, "read its log"):
            if self._handle is None:
                if self.folder.is_dir() and DeltaTable.is_deltatable(str(self._root)):
                    self._reopen()
            elif not self._is_newest():
                self._handle.update_incremental()
                self._seen(self._handle)

    def mark(self, app_id: str) -> int | None:
        """Give the version of an application transaction; None before the first."""
        if self._handle is None:
            return None
        marks = self._know().marks
        if app_id not in marks:
            # Should the handle lag, then by our own commits only, whose marks are known.
            marks[app_id] = self._handle.transaction_version(app_id)
        return marks[app_id]

    def files(self, days: Collection[date] | None) -> pa.Table:
        """Give one row for each live file, of the given days or of all, with the columns of `NO_FILES`."""
        if self._handle is None:
            return NO_FILES
        known = self._know()
        if known.files is None:
            known.files = files_of(self._present(self._handle))
        if days is None:
            return known.files
        wanted = pa.array(sorted(days), pa.date32())
        return known.files.filter(pc.is_in(known.files.column(PARTITION_COLUMN), wanted))

    def actions(self, days: Collection[date] | None) -> list[dict[str, Any]]:
        """Give one entry for each live file, of the given days or of all."""
        return self.files(days).to_pylist()

    def open_or_create(self) -> None:
        """Make the table when it is not there, and add to it the columns that only the present policy declares."""
        self.refresh()
        if self._handle is None:
            with told(self._name, "be made"):
                make_folder(self.folder)
                DeltaTable.create(
                    str(self._root),
                    self._schema,
                    mode="ignore",
                    partition_by=self._partition_by,
                    configuration={**CONFIGURATION, "delta.dataSkippingStatsColumns": ",".join(self._statistics)},
                )
                self._sync([self._commit(0)])
                self._reopen()
        elif not self._is_fitting:
            with told(self._name, "flush its log"):
                sync_folder(self._root)  # whoever made the table may have died before its flush
                self.sync_all()
        if not self._is_fitting:
            self._fit()

    def commit(self, actions: Sequence[AddAction | RemoveAction], marks: Mapping[str, int], operation: str) -> bool:
        """Commit once, on the very version that was compared; False when another commit came between."""
        if self._handle is None:
            raise LakeError(f"{self._name}: nothing can be committed to a table that is not there")
        before = self.version
        properties = CommitProperties(
            app_transactions=[Transaction(app_id, version) for app_id, version in marks.items()],
            custom_metadata={OPERATION: operation},
            max_commit_retries=0,
        )
        with told(self._name, "commit"):
            try:
                self._present(self._handle).create_write_transaction(
                    list(actions), "append", self._schema, self._partition_by, commit_properties=properties
                )
            except (DeltaError, OSError):
                self._reopen()
                if self.version == before:
                    raise
                return False
            self._sync([self._commit(before + 1)])
        self.refresh()
        return True

    def append(self, files: Sequence[AddAction], marks: Mapping[str, int], operation: str, now: datetime) -> bool:
        """Commit as `commit` does what only adds, in a tenth of the time.

        Those behind which a checkpoint is due go the other way: delta-rs makes it, and cleans old commits away.
        """
        if self._handle is None or (self.version + 2) % self._checkpoint_every == 0:
            return self.commit(files, marks, operation)
        commit = self._commit(self.version + 1)
        with told(self._name, "commit"):
            if not append(commit, files, marks, operation, partition_by=self._partition_by, now=now):
                self.refresh()
                return False
            sync_folder(self.folder)
        self._known = self._know().grown(files, marks)
        self._version += 1
        return True

    def sync_all(self) -> None:
        """Flush every commit: whoever wrote one may have died before its flush."""
        self._sync(self.folder.glob("*.json"))

    def vacuum(self, grace_h: int, now: datetime) -> int:
        """Delete files that no version since `grace_h` hours ago needs, orphans included; say how many. Old drafts go too."""
        self.refresh()
        if self._handle is None:
            return 0
        with told(self._name, "remove what is no longer needed"):
            remove_drafts(self.folder, now - timedelta(hours=grace_h))
            if not self._has_others():
                return 0
            return len(
                self._present(self._handle).vacuum(grace_h, dry_run=False, enforce_retention_duration=False, full=True)
            )

    def _fit(self) -> None:
        """Add the columns that the policy has and the table lacks; rows from before read as empty in them.

        Raises:
            LakeError: such a column may not be empty, or a column has changed its type.
        """
        if self._handle is None:
            return
        stored = {field.name: field for field in self._handle.schema().fields}
        declared = Schema.from_arrow(self._schema).fields
        for column in declared:
            if column.name in stored and column.type != stored[column.name].type:
                raise LakeError(
                    f"{self._name}: the column {column.name} is stored with another type than the policy declares. "
                    "Give the new one another name, or start a new warehouse"
                )
        missing = [field for field in declared if field.name not in stored]
        if hard := [field.name for field in missing if not field.nullable]:
            raise LakeError(
                f"{self._name}: the policy declares {', '.join(hard)}, which may not be empty and which the rows stored "
                "before do not have. Declare it nullable, or start a new warehouse"
            )
        if missing:
            with told(self._name, "be given the columns that the policy has gained"):
                try:
                    self._handle.alter.add_columns(
                        missing, commit_properties=CommitProperties(custom_metadata={OPERATION: ADD_COLUMNS})
                    )
                except DeltaError:  # another worker may have been first
                    self._reopen()
                    if {field.name for field in missing} - {field.name for field in self._handle.schema().fields}:
                        raise
            self.sync_all()
            self.refresh()
        self._is_fitting = True

    def _is_newest(self) -> bool:
        """Say whether nobody has committed since: the newest commit that was seen is there, and none after it.

        Two looks into the folder, where delta-rs takes thirty times as long to find nothing. Commits are cleaned away from the
        oldest on, so none after ours can have gone while ours is there.
        """
        return self._commit(self.version).exists() and not self._commit(self.version + 1).exists()

    def _has_others(self) -> bool:
        """Say whether the table's folder has files that are not live."""
        live = {str(self._root / path) for path in self.files(None).column("path").to_pylist()}
        folders = (root for root in os.walk(self._root) if not root[0].startswith(str(self.folder)))
        return any(f"{root}/{name}" not in live for root, _, names in folders for name in names)

    def _commit(self, version: int) -> Path:
        return self.folder / f"{version:020d}.json"

    def _reopen(self) -> None:
        self._handle, self._known = DeltaTable(str(self._root)), Known(-1)
        self._seen(self._handle)

    def _seen(self, handle: DeltaTable) -> None:
        """Take what a handle has read of others' commits for the newest, unless we would read it wrongly."""
        self._checkpoint_every = _checkpoint_every(self._root.name, handle)
        self._version = handle.version()

    def _present(self, handle: DeltaTable) -> DeltaTable:
        """Give the handle as of our version, and no later one: what was asked before must be of that very version too."""
        if handle.version() != self._version:
            with told(self._name, "read its log"):
                handle.load_as_version(self._version)
        return handle

    def _know(self) -> Known:
        """Give what was read of the present version: delta-rs reads the commits anew for each question."""
        if self._known.version != self.version:
            self._known = Known(self.version)
        return self._known

    def _sync(self, commits: Iterable[Path]) -> None:
        for commit in commits:
            sync_file(commit)
        sync_folder(self.folder)


def _checkpoint_every(name: str, handle: DeltaTable) -> int:
    """Refuse a table whose features we would read wrongly, for deletion vectors would bring rows back; else give its interval."""
    protocol, settings = handle.protocol(), handle.metadata().configuration
    if (
        protocol.min_reader_version != READER_VERSION
        or protocol.min_writer_version > WRITER_VERSION_MAX
        or protocol.reader_features
        or "delta.columnMapping.mode" in settings
    ):
        raise LakeError(
            f"{name}: the table asks for reader {protocol.min_reader_version}, writer {protocol.min_writer_version}, "
            f"features {protocol.reader_features or []}; this lake stays at {READER_VERSION} and {WRITER_VERSION_MAX}. "
            "Did another engine alter it?"
        )
    interval = settings.get(CHECKPOINT_INTERVAL) or ""
    return max(1, int(interval)) if interval.isdecimal() else 1
