"""Rewriting a day: its files read, kept in part or arranged, written again and exchanged in one commit.

Compaction is a rewrite that changes no row; erasure and retention are rewrites that leave rows out. Rows are never put
in the order of a personal column: where somebody's rows lie side by side, no key is needed to see that they are one's.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from deltalake.transaction import AddAction, RemoveAction

from warehouse.lake.changes import COMPACT, app_ids, rows_marks
from warehouse.lake.errors import LakeError
from warehouse.lake.files import PARTITION, Staged, Staging
from warehouse.lake.log import Log

ATTEMPTS_MAX: Final = 20
FILES_MIN: Final = 64
FILE_BYTES_MAX: Final = 64 * 2**20
# A row group. Decoded, and once more while they are sorted, so many take about 500 MB of memory; four million took 1.3 GB, and
# nearly twice the time for each row.
FILE_ROWS_MAX: Final = 1_000_000

Keep = Callable[[pa.Table], pa.Array | pa.ChunkedArray]
Action = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Compacted:
    """What a compaction did: how many days it touched, and how many files became how many."""

    days: int
    files_before: int
    files_after: int

    def __add__(self, other: "Compacted") -> "Compacted":
        return Compacted(
            self.days + other.days, self.files_before + other.files_before, self.files_after + other.files_after
        )


@dataclass(frozen=True, slots=True)
class Rewriting:
    """How the files of one table are rewritten.

    Attributes:
        log: the table's log.
        staging: writes its files.
        read: reads some of its files, given by their paths below the table's folder.
        now: the clock.
        order: the columns by which a new file is sorted; none: as read.
    """

    log: Log
    staging: Staging
    read: Callable[[Sequence[str]], pa.Table]
    now: Callable[[], datetime]
    order: tuple[str, ...]

    def compact(self, days_closed_before: date, files_min: int, file_bytes_max: int) -> Compacted:
        """Make few files of many, day by day, in one commit each."""
        self.log.refresh()
        files: dict[date | None, int] = {}
        for action in self.log.actions(None):
            day = _day(action)
            files[day] = files.get(day, 0) + 1
        done = Compacted(0, 0, 0)
        for day, count in files.items():
            is_closed = day is not None and day < days_closed_before
            if count >= files_min or (is_closed and count > 1):
                done += self._compact_day(day, file_bytes_max)
        return done

    def drop_rows(self, day: date | None, keep: Keep, operation: str, *, fence: bool) -> int:
        """Write again the files of which `keep` leaves rows out, until no file is left that was not looked at."""
        seen: set[str] = set()
        rows_gone = 0
        for _ in range(ATTEMPTS_MAX):
            unseen = [action for action in self._readable(day) if action["path"] not in seen]
            if not unseen:
                return rows_gone
            changed: list[Action] = []
            staged: list[Staged] = []
            for action in unseen:
                rows = self.read([action["path"]])
                kept = rows.filter(keep(rows))
                if kept.num_rows < rows.num_rows:
                    changed.append(action)
                    staged.append(self._stage(kept, data_change=True))
            if changed and not self._exchange(day, changed, staged, operation, data_change=True, fence=fence):
                continue
            seen.update(action["path"] for action in unseen)
            seen.update(file.path for one in staged for file in one.files)
            rows_gone += sum(action["num_records"] for action in changed) - sum(one.rows for one in staged)
        raise LakeError(f"{self._name}: {ATTEMPTS_MAX} rewrites of a day in a row lost against others; run it again")

    def _compact_day(self, day: date | None, file_bytes_max: int) -> Compacted:
        for _ in range(ATTEMPTS_MAX):
            before = after = 0
            for group in _groups(self._readable(day), file_bytes_max):
                staged = self._stage(self.read([action["path"] for action in group]), data_change=False)
                if not self._exchange(day, group, [staged], COMPACT, data_change=False, fence=False):
                    break
                before, after = before + len(group), after + len(staged.files)
            else:
                return Compacted(int(before > 0), before, after)
        raise LakeError(
            f"{self._name}: {ATTEMPTS_MAX} compactions of a day in a row lost against others; nothing is lost"
        )

    def _exchange(
        self,
        day: date | None,
        old: Sequence[Action],
        new: Sequence[Staged],
        operation: str,
        *,
        data_change: bool,
        fence: bool,
    ) -> bool:
        """Put new files in the place of old ones in one commit; False when somebody else has exchanged one of these.

        Appends that come between do no harm: the commit is tried again beside them.
        """
        for _ in range(ATTEMPTS_MAX):
            self.log.open_or_create()
            if {action["path"] for action in old} - {action["path"] for action in self.log.actions(_days(day))}:
                break
            for one in new:
                one.check(self.now())
            marks = self._marks() if fence else {}
            if data_change:
                gone = sum(action["num_records"] for action in old) - sum(one.rows for one in new)
                for name in rows_marks(operation):
                    marks[name] = (self.log.mark(name) or 0) + gone
            added = [file for one in new for file in one.files]
            if self.log.commit([*added, *removals(old, self.now(), data_change=data_change)], marks, operation):
                return True
        for one in new:
            one.discard()
        return False

    def _marks(self) -> dict[str, int]:
        marks = {app_id: self.log.mark(app_id) for app_id in app_ids(self.staging.root)}
        return {app_id: mark for app_id, mark in marks.items() if mark is not None}

    def _actions(self, day: date | None) -> list[Action]:
        self.log.refresh()
        return self.log.actions(_days(day))

    def _readable(self, day: date | None) -> list[Action]:
        """Give the day's files but those whose key was destroyed: to write these again would be to lose them unsaid."""
        actions = self._actions(day)
        sealing = self.staging.sealing
        lost = sealing.lost(str(self.staging.root / one["path"]) for one in actions) if sealing else ()
        return [one for one in actions if str(self.staging.root / one["path"]) not in lost]

    def _stage(self, rows: pa.Table, *, data_change: bool) -> Staged:
        return self.staging.stage(in_order(rows, self.order), self.now(), data_change=data_change)

    @property
    def _name(self) -> str:
        return self.staging.root.name


def removals(actions: Iterable[Action], now: datetime, *, data_change: bool = True) -> list[AddAction | RemoveAction]:
    """Give the actions that take these files out of the table."""
    at_ms = int(now.timestamp() * 1000)
    return [
        RemoveAction(
            action["path"],
            data_change,
            at_ms,
            action["size_bytes"],
            {} if _day(action) is None else {PARTITION: str(_day(action))},
        )
        for action in actions
    ]


def in_order(rows: pa.Table, columns: Sequence[str]) -> pa.Table:
    """Sort rows; a dictionary is sorted by its values, and stays one."""
    if not columns or not rows.num_rows:
        return rows
    keys = pa.table({name: _sortable(rows.column(name)) for name in columns})
    return rows.take(pc.sort_indices(keys, [(name, "ascending") for name in columns]))


def _sortable(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_dictionary(column.type):
        return column
    whole = column.unify_dictionaries().combine_chunks()
    ranks = pc.rank(whole.dictionary, "ascending", tiebreaker="min")
    return pa.chunked_array([ranks.take(whole.indices)])


def _groups(actions: Sequence[Action], bytes_max: int) -> Iterator[list[Action]]:
    """Choose files that become one: the smallest first, so that a large one is not written again for a small one."""
    group: list[Action] = []
    size_bytes = rows = 0
    for action in sorted(actions, key=lambda one: (one["num_records"], one["size_bytes"], one["path"])):
        size_bytes += action["size_bytes"]
        rows += action["num_records"]
        if group and (size_bytes > bytes_max or rows > FILE_ROWS_MAX):
            if len(group) > 1:
                yield group
            group, size_bytes, rows = [], action["size_bytes"], action["num_records"]
        group.append(action)
    if len(group) > 1:
        yield group


def _day(action: Action) -> date | None:
    return action.get(f"partition.{PARTITION}")


def _days(day: date | None) -> list[date] | None:
    return None if day is None else [day]
