"""How far each file has been shipped: a small file of our own, written only after Kafka has acknowledged.

Losing it costs time, not truth: lines sent again carry the same keys, and workers drop them as already imported.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from ingest.errors import IngestError
from ingest.ship.fingerprint import KnownFile

FORMAT: Final = 1


class _Positions(msgspec.Struct):
    format: int
    files: list[KnownFile]


class Positions:
    """The files shipped so far; `save` replaces the file on disk whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.files: list[KnownFile] = []
        try:
            stored = msgspec.json.decode(path.read_bytes(), type=_Positions)
        except FileNotFoundError:
            return
        except (msgspec.MsgspecError, OSError) as error:
            raise IngestError(
                f"{path}: cannot be read ({error}). Delete it: files are then sent again and dropped as already imported"
            ) from error
        self.files = stored.files

    def save(self) -> None:
        """Write all positions, flushed, in one step.

        Raises:
            IngestError: the disk is full or read-only.
        """
        part = self._path.with_suffix(".part")
        try:
            with part.open("wb") as sink:
                part.chmod(0o600)
                sink.write(msgspec.json.encode(_Positions(FORMAT, self.files)))
                sink.flush()
                os.fsync(sink.fileno())
            part.replace(self._path)
        except OSError as error:
            raise IngestError(
                f"{self._path}: cannot be written: {error.strerror}. Make room and ship again: lines sent twice are dropped"
            ) from error


@contextmanager
def open_positions(folder: Path) -> Iterator[Positions]:
    """Open the positions below `folder` for one `ship` at a time.

    Raises:
        IngestError: another `ship` holds them, or the folder cannot be written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise IngestError(
            f"{folder}: cannot be written: {error.strerror}. Choose another folder with --data"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise IngestError(
                f"another `footfall ship` is at work in {folder}; wait for it, or name all files in one call"
            ) from error
        yield Positions(folder / "positions.json")
