"""All tables of one warehouse, found by their names in the policy."""

import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Final

from policy import Policy
from warehouse.lake.errors import LakeError
from warehouse.lake.files import FileKeys
from warehouse.lake.rewrite import FILES_MIN, Compacted
from warehouse.lake.table import LakeTable

ESCAPED: Final = re.compile("%[0-9A-Fa-f]{2}")
FOLDERS: Final = {"fact": "facts", "mart": "marts", "release": "releases"}


class Lake:
    """The Delta tables below one folder; handles stay open, for opening a long log is the dear part.

    Args:
        root: the folder of all tables (`DATA/lake`).
        policy: declares every table; no other can be opened.
        now: the clock.
        keys: where the keys of personal columns come from; without them tables that have such are shut.

    Raises:
        LakeError: the folder's name is one that delta-rs would take for another's.
    """

    def __init__(self, root: Path, policy: Policy, now: Callable[[], datetime], keys: FileKeys | None = None) -> None:
        if escaped := ESCAPED.search(str(root)):
            raise LakeError(
                f"{root}: delta-rs reads {escaped[0]} in a path as another sign. Choose another folder with --data"
            )
        self.root = root
        self.policy = policy
        self._now = now
        self._keys = keys
        self._tables: dict[str, LakeTable] = {}

    def table(self, name: str) -> LakeTable:
        """Open a table, seeing what others have committed until now."""
        if name not in self.policy.tables:
            raise LakeError(
                f"the policy declares no table {name!r}; it declares {', '.join(sorted(self.policy.tables))}"
            )
        if name in self._tables:
            self._tables[name].refresh()
        else:
            folder = self.root / FOLDERS[self.policy.tables[name].kind] / name
            self._tables[name] = LakeTable(folder, name, self.policy, self._now, self._keys)
        return self._tables[name]

    def sizes(self) -> dict[str, dict[str, int]]:
        """Say for each table how many `rows` in how many `files` and `bytes` it has now."""
        return {name: self.table(name).size() for name in self.policy.tables}

    def compact(self, days_closed_before: date, files_min: int = FILES_MIN) -> Compacted:
        """Write many small files as few sorted ones, in every table: closed days, and what has `files_min` files.

        No row changes, no mart has to be made again, and workers go on meanwhile.
        """
        tables = (self.table(name) for name in self.policy.tables)
        return sum((table.compact(days_closed_before, files_min) for table in tables), Compacted(0, 0, 0))

    def vacuum(self) -> int:
        """Delete files that no table has needed for a day; say how many."""
        return sum(self.table(name).vacuum() for name in self.policy.tables)
