"""Making what was written outlive a power cut: delta-rs syncs neither its data nor its log, so we do."""

import os
from pathlib import Path


def sync_file(path: Path) -> None:
    """Flush one file's bytes to the disk."""
    _sync(path)


def sync_folder(path: Path) -> None:
    """Flush a folder's entries, so that names survive as well as bytes."""
    _sync(path)


def make_folder(path: Path) -> None:
    """Make `path` and what is missing above it, each entry flushed; only the owner may look inside."""
    missing = []
    folder = path
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(folder.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
