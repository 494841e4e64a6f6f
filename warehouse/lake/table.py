"""One Delta table: what the policy declares, how it is read, and the commits that move rows and marks together."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.dataset as ds

from policy import Policy
from policy.schemas import arrow_schema, check_table
from warehouse.lake.appending import PARTITION_COLUMN
from warehouse.lake.changes import COMPACT, changed_days, of_day, rows_mark, rows_marks
from warehouse.lake.errors import FencedError, LakeError, told
from warehouse.lake.files import PARTITION, FileKeys, Sealing, Staged, Staging, file_format, make_folder, unlock
from warehouse.lake.log import Log
from warehouse.lake.lost import Lost
from warehouse.lake.rewrite import FILE_BYTES_MAX, FILES_MIN, Compacted, Keep, Rewriting, in_order, removals

ATTEMPTS_MAX: Final = 20
ORPHAN_GRACE_H: Final = 24
COMPACT_ORDER: Final = {"hits": ("country", "region", "path", "event_time")}
"""How compacted files are sorted, where not by the columns whose bounds the log shows; never by a personal one."""


class LakeTable:
    """A table of the lake; it comes into being with its first row.

    Attributes:
        name: the table's name in the policy.
        schema: all columns that may be written, `event_date` included, with purpose and clause in the metadata.
        root: the table's folder.
        personal: the columns that are encrypted; empty where nobody's data are in the table.
    """

    def __init__(
        self, root: Path, name: str, policy: Policy, now: Callable[[], datetime], keys: FileKeys | None = None
    ) -> None:
        declared = policy.tables[name]
        self.name = name
        self.root = root
        self.schema = arrow_schema(policy, name)
        self.personal = tuple(column.name for column in declared.columns if column.personal)
        self._policy = policy
        self._now = now
        self._keys = keys
        partition_by = [PARTITION] if PARTITION in declared.partition_by else []
        self._partitioning = (
            ds.partitioning(pa.schema([(PARTITION, pa.date32())]), flavor="hive") if partition_by else None
        )
        self._log = Log(root, self.schema, partition_by, declared.statistics)

    @property
    def exists(self) -> bool:
        """True once something has been committed to the table."""
        return self._log.exists

    @property
    def version(self) -> int:
        """The newest version that this handle has seen; -1 before the first."""
        return self._log.version

    def refresh(self) -> None:
        """See what others have committed since."""
        self._log.refresh()

    def mark(self, app_id: str) -> int | None:
        """Say how far the rows of `app_id` (cluster/topic/partition) have come: the next offset; None before the first."""
        return self._log.mark(app_id)

    def watermark(self, source: str) -> int:
        """Version of the table `source` up to which this table was built; -1 before the first."""
        mark = self.mark(f"watermark/{source}")
        return -1 if mark is None else mark

    def files(self, days: Collection[date] | None = None) -> list[str]:
        """Absolute paths of the live Parquet files, of the given days or of all, in a fixed order."""
        return sorted(str(self.root / path) for path in self._log.files(days).column("path").to_pylist())

    def days(self) -> list[date]:
        """Days that have rows, ascending."""
        return sorted(set(self._log.files(None).column(PARTITION_COLUMN).to_pylist()))

    def size(self) -> dict[str, int]:
        """Say how many `rows` in how many `files` and `bytes` the table has now."""
        files = self._log.files(None)
        return {
            "rows": sum(files.column("num_records").to_pylist()),
            "files": files.num_rows,
            "bytes": sum(files.column("size_bytes").to_pylist()),
        }

    def small_files(self, bytes_max: int) -> int:
        """Say how many files below `bytes_max` the day has that has most of them, or a table without days."""
        days = [
            action.get(f"partition.{PARTITION}")
            for action in self._log.actions(None)
            if action["size_bytes"] < bytes_max
        ]
        return max(Counter(days).values(), default=0)

    def read(self, days: Collection[date] | None = None, columns: list[str] | None = None) -> pa.Table:
        """Read rows through pyarrow, `event_date` included; the order of rows is that of the files.

        Raises:
            LakeError: a personal column is asked, and a key is missing, or a file was changed.
        """
        dataset = self.dataset(days, columns)
        with told(self.name, "read its rows", "Was a file changed?"):
            return dataset.to_table(columns=columns or self.schema.names)

    def dataset(self, days: Collection[date] | None = None, columns: Sequence[str] | None = None) -> ds.Dataset:
        """Give the rows as a pyarrow dataset of these columns and no others, to read piece by piece, by DuckDB for one.

        Only when a personal column is among them do the files' keys have to be there; the dataset then holds them, and
        lends them to whoever has it. A file from before a column was declared has nothing in it, and reads as null.

        Raises:
            LakeError: a personal column is asked, and a key is destroyed, unknown or another one.
        """
        names = self.schema.names if columns is None else list(columns)
        return self._dataset(self.files(days), pa.schema([self.schema.field(name) for name in names]))

    def changed_days(self, since: int) -> set[date]:
        """Days touched by commits after version `since`, compactions apart; every day when nobody can tell."""
        days = changed_days(self.root, since, self.version) if since >= 0 else None
        return set(self.days()) if days is None else days

    def stage(self, rows: pa.Table) -> Staged:
        """Write `rows` as flushed files that nobody can see yet, the personal columns encrypted.

        Raises:
            PolicyError: the rows are not what the policy declares, by column or by type.
            LakeError: the disk is full or read-only, or the table has personal columns and there are no keys.
        """
        return self._stage(rows, (), briefly=True)

    def commit(self, staged: Staged, *, app_id: str, start: int, end: int) -> bool:
        """Add the rows and move the mark in one Delta commit; a crash before it changes nothing.

        The mark must stand at or below `start` (write) or at `end` (this very intake is already in: skip).

        Returns:
            True when the rows were written, False when they were there already.

        Raises:
            FencedError: the mark stands anywhere else, so another worker owns the partition.
        """
        for _ in range(ATTEMPTS_MAX):
            self._log.open_or_create()
            mark = self._log.mark(app_id)
            if mark == end:
                self._log.sync_all()  # whoever wrote it may have died before its flush
                return False
            if mark is not None and mark > start:
                raise FencedError(self.name, app_id, mark, start, end)
            now = self._now()
            staged.check(now)
            if self._log.append(staged.files, {app_id: end}, "ingest", now):
                return True
        raise LakeError(f"{self.name}: {ATTEMPTS_MAX} commits in a row lost against other writers; nothing was written")

    def replace_days(self, rows: pa.Table, days: Collection[date] | None, *, watermarks: dict[str, int]) -> None:
        """Put `rows` in the place of all rows of `days` (of the whole table: None), and move the watermarks, in one commit.

        A day without rows becomes empty. The caller is the only writer of this table. Rows with personal columns are put
        in an order that these have no part in, or day by day the same place would be the same person's.
        """
        staged = self._stage(rows, self._open_order() if self.personal else ())
        self._log.open_or_create()
        marks = {f"watermark/{source}": version for source, version in watermarks.items()}
        actions = [*staged.files, *removals(self._log.actions(days), self._now())]
        if not self._log.commit(actions, marks, "rebuild"):
            raise LakeError(f"{self.name}: somebody else wrote to this table while its days were rebuilt; run it again")

    def remove_days(self, days: Collection[date], operation: str = "remove") -> int:
        """Let all rows of `days` go in one commit; say how many rows. Their files fall to `vacuum`."""
        return self._remove(lambda action: action[f"partition.{PARTITION}"] in days, lambda _: operation, operation)

    def remove_files(self, files: Collection[str], operation: str) -> int:
        """Let all rows of these files go in one commit, counted by day under names such as `retention/2026-11-01`."""
        return self._remove(
            lambda action: str(self.root / action["path"]) in files,
            lambda action: of_day(operation, action.get(f"partition.{PARTITION}")),
            operation,
        )

    @property
    def lost(self) -> Lost:
        """What of the table nobody can read any more; reading passes it over."""
        return Lost(self.root, self._log, self._sealing(), self._now)

    def move_watermarks(self, watermarks: dict[str, int]) -> None:
        """Move watermarks and nothing else, in one commit, so that the table counts as made from others than now."""
        for _ in range(ATTEMPTS_MAX):
            self.refresh()
            if self._log.commit([], {f"watermark/{name}": mark for name, mark in watermarks.items()}, COMPACT):
                return
        raise LakeError(f"{self.name}: {ATTEMPTS_MAX} commits in a row lost against other writers; run it again")

    def rewrite_day(
        self, day: date | None, *, keep: Keep, operation: str, order: Sequence[str] = (), fence: bool = False
    ) -> int:
        """Write the files of a day (or of a table without days: None) again with the rows that `keep` names.

        Files that lose nothing stay as they are. What was added meanwhile is looked at too, until nothing is found.

        Args:
            keep: takes the rows of one file, gives a bool array: which of them stay.
            operation: what the commits are called in the log; `changed_days` counts them.
            order: columns by which each new file is sorted, none of them personal.
            fence: repeat every application transaction unchanged, so that a commit made ready before this one is refused.

        Returns:
            The number of rows that went.
        """
        return self._rewriting(order).drop_rows(day, keep, operation, fence=fence)

    def rows_removed(self, operation: str) -> int:
        """Say how many rows were taken out under this name since the table was made."""
        return self.mark(rows_mark(operation)) or 0

    def compact(
        self, days_closed_before: date, files_min: int = FILES_MIN, file_bytes_max: int = FILE_BYTES_MAX
    ) -> Compacted:
        """Write many small files of a day as one sorted file, or some where it would be large; no row changes.

        Args:
            days_closed_before: days before this one are compacted as soon as they have two files.
            files_min: how many files a later day must have, or a table without days.
            file_bytes_max: how large the files may be together that become one.
        """
        order = COMPACT_ORDER.get(self.name, self._policy.tables[self.name].statistics)
        return self._rewriting(order).compact(days_closed_before, files_min, file_bytes_max)

    def _remove(
        self, chosen: Callable[[dict[str, Any]], bool], named: Callable[[dict[str, Any]], str], operation: str
    ) -> int:
        for _ in range(ATTEMPTS_MAX):
            self.refresh()
            actions = [action for action in self._log.actions(None) if chosen(action)]
            marks: dict[str, int] = {}
            for action in actions:
                for name in rows_marks(named(action)):
                    marks[name] = marks.get(name, self.mark(name) or 0) + action["num_records"]
            if not actions or self._log.commit(removals(actions, self._now()), marks, operation):
                return sum(action["num_records"] for action in actions)
        raise LakeError(f"{self.name}: {ATTEMPTS_MAX} commits in a row lost against other writers; nothing was removed")

    def vacuum(self) -> int:
        """Delete files that no version since a day ago needs, orphans included; say how many."""
        return self._log.vacuum(ORPHAN_GRACE_H, self._now())

    def _stage(self, rows: pa.Table, order: Sequence[str], *, briefly: bool = False) -> Staged:
        check_table(self._policy, self.name, rows)
        staging = self._staging()
        with told(self.name, f"make {self.root}"):
            make_folder(self.root)
        return staging.stage(in_order(rows.select(self.schema.names), order), self._now(), briefly=briefly)

    def _dataset(
        self, files: Sequence[str], schema: pa.Schema, read: ds.ParquetReadOptions | None = None
    ) -> ds.Dataset:
        sealing = self._sealing() if set(self.personal).intersection(schema.names) else None
        if sealing:
            lost = sealing.lost(files)
            files = [file for file in files if file not in lost]
        if not files:
            return ds.dataset(schema.empty_table())
        factory = unlock(self.name, files, sealing.keys) if sealing else None
        format_ = file_format(factory, read)
        return ds.dataset(list(files), schema=schema, partitioning=self._partitioning, format=format_)

    def _sealing(self) -> Sealing | None:
        return Sealing.of(self._policy.tables[self.name], self.name, self._keys)

    def _staging(self) -> Staging:
        return Staging(self.root, self.schema, tuple(self._policy.tables[self.name].statistics), self._sealing())

    def _rewriting(self, order: Sequence[str]) -> Rewriting:
        if personal := set(self.personal).intersection(order):
            raise LakeError(f"{self.name}: rows in the order of {', '.join(personal)} would tell whose they are")
        return Rewriting(self._log, self._staging(), self._read_again, self._now, tuple(order))

    def _read_again(self, paths: Sequence[str]) -> pa.Table:
        """Read whole files, text as dictionaries: they take a tenth of the memory."""
        texts = [field.name for field in self.schema if pa.types.is_string(field.type)]
        kinds = {name: pa.dictionary(pa.int32(), pa.string()) for name in texts}
        schema = pa.schema([field.with_type(kinds.get(field.name, field.type)) for field in self.schema])
        files = [str(self.root / path) for path in paths]
        with told(self.name, "read its rows", "Was a file changed?"):
            return self._dataset(files, schema, ds.ParquetReadOptions(dictionary_columns=texts)).to_table()

    def _open_order(self) -> tuple[str, ...]:
        """Name the columns that anyone may see and that have an order."""
        flat = [field.name for field in self.schema if not pa.types.is_nested(field.type)]
        return tuple(name for name in flat if name not in self.personal)
