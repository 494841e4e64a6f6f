"""What nobody can read any more: files whose key was destroyed, passed over by every reader until they are let go (R48)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from warehouse.lake.changes import DESTROY, rows_mark
from warehouse.lake.errors import LakeError
from warehouse.lake.files import PARTITION, Sealing, key_id_of, unlock
from warehouse.lake.log import Log
from warehouse.lake.rewrite import removals

ATTEMPTS_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class Lost:
    """The lost part of one table.

    Attributes:
        root: the table's folder.
        log: its log.
        sealing: how its files are encrypted; None where nothing is personal, and so nothing is ever lost.
        now: the clock.
    """

    root: Path
    log: Log
    sealing: Sealing | None
    now: Callable[[], datetime]

    def actions(self) -> list[dict[str, Any]]:
        """Give the entries of the live files whose key was destroyed."""
        if self.sealing is None:
            return []
        by_path = {str(self.root / action["path"]): action for action in self.log.actions(None)}
        return [by_path[path] for path in sorted(self.sealing.lost(by_path))]

    def under(self, key: str) -> list[dict[str, Any]]:
        """Give the entries of the live files of one key (`profile/2026-09/1`), or of all of a month (`profile/2026-09`)."""
        if self.sealing is None:
            return []
        ids = [(action, key_id_of(str(self.root / action["path"]))) for action in self.log.actions(None)]
        return [action for action, key_id in ids if key in {key_id, key_id.rpartition("/")[0]}]

    def opened(self, key: str) -> list[str]:
        """Try to open the files of a key, and give the paths of those that open."""
        return [path for action in self.under(key) if self._opens(path := str(self.root / action["path"]))]

    def let_go(self) -> int:
        """Take these files out of the table in one commit; say how many rows went with them.

        The commit does not count among `changed_days`: statistics that were made of these rows stay as they are.
        """
        for _ in range(ATTEMPTS_MAX):
            self.log.refresh()
            actions = self.actions()
            marks: dict[str, int] = {}
            for action in actions:
                for name in {rows_mark(DESTROY), _mark(_month(action))}:
                    marks[name] = marks.get(name, self.log.mark(name) or 0) + action["num_records"]
            if not actions or self.log.commit(removals(actions, self.now()), marks, DESTROY):
                return sum(action["num_records"] for action in actions)
        raise LakeError(f"{self.root.name}: {ATTEMPTS_MAX} commits in a row lost against other writers; run it again")

    def months(self) -> dict[str, date]:
        """Say of which months rows are lost, ascending, and on which day (UTC) their key was destroyed last.

        A table without days is made anew as a whole; what it lost comes back from what is left, so it has none.
        """
        gone = self.sealing.keys.destroyed(self.sealing.purpose) if self.sealing else {}
        if not gone:
            return {}
        live = {_month(action) for action in self.actions()}
        found: dict[str, date] = {}
        for key_id, on in gone.items():
            month = key_id.split("/")[1]
            if month in live or self.log.mark(_mark(month)):
                found[month] = max(on, found.get(month, on))
        return dict(sorted(found.items()))

    def _opens(self, path: str) -> bool:
        if self.sealing is None:
            return False
        try:
            unlock(self.root.name, [path], self.sealing.keys)
        except LakeError:
            return False
        return True


def _mark(month: str) -> str:
    return f"{rows_mark(DESTROY)}/{month}" if month else rows_mark(DESTROY)


def _month(action: dict[str, Any]) -> str:
    """Give the month of a file's rows, which is the month of its key; empty where the table has no days."""
    day = action.get(f"partition.{PARTITION}")
    return f"{day:%Y-%m}" if day else ""
