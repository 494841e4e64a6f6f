"""Small commits do not pile up: when a day has many small files, a worker writes them as few, between two intakes."""

import fcntl
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

from ingest.sinks import TABLES
from warehouse.lake import Lake, LakeError

INTAKES_BETWEEN: Final = 16
FILES_MIN: Final = 64
# What an intake of a busy hour makes is larger and waits for the night: to join two or three such takes as long as to write them.
SMALL_BYTES: Final = 256 * 1024
# A thirty-second of what the night makes: sorting two MiB takes 80 MB of memory or more; the night joins it further.
FILE_BYTES_MAX: Final = 2 * 1024 * 1024


class Compaction:
    """The small files of one lake, looked at every few intakes.

    Args:
        lake: whose tables.
        lock: a file; whoever locks it compacts, the others go on. Two at once would do no harm, but double work.
        warn: told in one line when it did not work; nothing is lost then.
    """

    def __init__(self, lake: Lake, lock: Path, warn: Callable[[str], None]) -> None:
        self._lake = lake
        self._lock = lock
        self._warn = warn
        self._intakes = 0

    def after(self, intakes: int) -> bool:
        """Count intakes that were committed, and compact when it is time; say whether it was."""
        self._intakes += intakes
        if self._intakes < INTAKES_BETWEEN:
            return False
        self._intakes = 0
        self._compact_alone()
        return True

    def _compact_alone(self) -> None:
        try:
            handle = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            self._warn(f"{self._lock}: cannot be opened: {error.strerror}. Small files stay until the night")
            return
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._compact()
        except BlockingIOError:
            pass
        except LakeError as error:
            self._warn(f"small files stay until the night: {error}")
        finally:
            os.close(handle)

    def _compact(self) -> None:
        for name in TABLES:
            table = self._lake.table(name)
            if table.small_files(SMALL_BYTES) >= FILES_MIN:
                table.compact(date.min, FILES_MIN, FILE_BYTES_MAX)
