"""All tables of one warehouse, found by their names in the policy."""

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from policy import Policy
from warehouse.lake.errors import LakeError
from warehouse.lake.table import LakeTable

ESCAPED: Final = re.compile("%[0-9A-Fa-f]{2}")
FOLDERS: Final = {"fact": "facts", "mart": "marts", "release": "releases"}


class Lake:
    """The Delta tables below one folder; handles stay open, for opening a long log is the dear part.

    Args:
        root: the folder of all tables (`DATA/lake`).
        policy: declares every table; no other can be opened.
        now: the clock.

    Raises:
        LakeError: the folder's name is one that delta-rs would take for another's.
    """

    def __init__(self, root: Path, policy: Policy, now: Callable[[], datetime]) -> None:
        if escaped := ESCAPED.search(str(root)):
            raise LakeError(
                f"{root}: delta-rs reads {escaped[0]} in a path as another sign. Choose another folder with --data"
            )
        self.root = root
        self.policy = policy
        self._now = now
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
            self._tables[name] = LakeTable(folder, name, self.policy, self._now)
        return self._tables[name]

    def sizes(self) -> dict[str, dict[str, int]]:
        """Say for each table how many `rows` in how many `files` and `bytes` it has now."""
        return {name: self.table(name).size() for name in self.policy.tables}

    def vacuum(self) -> int:
        """Delete files that no table has needed for a day; say how many."""
        return sum(self.table(name).vacuum() for name in self.policy.tables)
