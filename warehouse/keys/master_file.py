"""The file of the master key: opened, and rotated so that a crash between any two steps loses nothing.

The new key is written beside the old one as `master.key.next`, the registry's keys are wrapped again in one transaction, and
the file takes the old one's place. Whichever of the two opens the registry is the one in force, so whoever opens the
warehouse next can finish what was begun.
"""

from pathlib import Path
from typing import Final

from warehouse.keyring import Keyring
from warehouse.keys.store import holds_keys, opens
from warehouse.master_key import DRAFT, KeyringError, MasterKey, create_master_file, sync_folder
from warehouse.registry import Registry
from warehouse.registry.connect import alone_in

NEXT: Final = ".next"


def open_master(path: Path, registry: Registry) -> MasterKey:
    """Read the master key; make it when the registry holds no key yet, and finish a rotation that was interrupted.

    Raises:
        KeyringError: there is no file though the registry has keys, or it cannot be read, or others may read it.
    """
    path = path.resolve()  # a link may lead to where the key is kept
    if _next(path).exists():
        try:
            with alone_in(path.parent):
                _finish(path, registry)
        except OSError as error:
            raise KeyringError(f"the rotation of the master key {path} cannot be finished: {error.strerror}") from None
    is_used = holds_keys(registry)
    if is_used and not path.exists():  # in this order: another process makes the file first, then keys
        raise KeyringError(
            f"there is no master key at {path}, and without it the registry's keys cannot be opened; put your copy of it back"
        )
    return MasterKey.from_file(path, create=not is_used)


def rotate_master_file(path: Path, keyring: Keyring) -> int:
    """Put a new random master key in the place of the one in the file, and wrap all keys of the registry again.

    A key that an interrupted rotation left behind is used; none is ever deleted before another is in force.

    Returns:
        The number of keys wrapped again.

    Raises:
        KeyringError: the keyring was opened with another master than the registry has now.
        RegistryError: another program kept old bytes from leaving the registry's files; the new master is in force.
    """
    path = path.resolve()
    try:
        with alone_in(path.parent):
            if not _next(path).exists():
                create_master_file(_next(path))
            count = keyring.wrap_again(MasterKey.from_file(_next(path)))
            _take_place(path)
            # A draft is a second name of a key whose maker was killed in the moment of making it.
            for draft in path.parent.glob(f"{path.name}*{DRAFT}"):
                draft.unlink()
    except OSError as error:
        raise KeyringError(f"the master key {path} cannot be replaced: {error.strerror}") from None
    keyring.forget_wrappings()
    return count


def _finish(path: Path, registry: Registry) -> None:
    """Let the next key take its place when it, and not the present one, opens the registry."""
    if not _next(path).exists() or not holds_keys(registry):  # another process may have finished it
        return
    is_in_force = path.exists() and opens(registry, MasterKey.from_file(path))
    if not is_in_force and opens(registry, MasterKey.from_file(_next(path))):
        _take_place(path)


def _take_place(path: Path) -> None:
    _next(path).replace(path)
    sync_folder(path.parent)


def _next(path: Path) -> Path:
    return path.with_name(path.name + NEXT)
