"""File locks between processes: whoever dies lets go, whatever killed it.

The locks are `flock` locks. They belong to an open file, not to a process, so two users inside one process count as
two, and a lock can be left to a child: it then lasts as long as that child lives.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.wire.broker.errors import BrokerError

POLL_S = 0.02


def try_lock(path: Path, *, shared: bool = False) -> int | None:
    """Open the file and lock it without waiting; return its descriptor, or None when somebody is in the way."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            return None
        raise BrokerError(f"{path} cannot be locked: {error.strerror}. Keep DATA on a local file system.") from error
    return descriptor


def lock(path: Path, timeout_s: float, *, shared: bool = False, waiting_for: str) -> int:
    """Lock the file and return its descriptor; raises BrokerError when that takes longer than `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while (descriptor := try_lock(path, shared=shared)) is None:
        if time.monotonic() > deadline:
            raise BrokerError(f"waited {timeout_s:g} s for {waiting_for} ({path}). Does another footfall hang?")
        time.sleep(POLL_S)
    return descriptor


@contextmanager
def turn(path: Path, timeout_s: float, waiting_for: str) -> Iterator[None]:
    """Hold the lock alone for the length of the block."""
    descriptor = lock(path, timeout_s, waiting_for=waiting_for)
    try:
        yield
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Say whether somebody holds the lock alone. Asks with a shared lock for an instant, so askers never see each other."""
    if not path.exists():
        return False
    descriptor = try_lock(path, shared=True)
    if descriptor is None:
        return True
    os.close(descriptor)
    return False
