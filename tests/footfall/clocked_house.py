"""A warehouse as one process opens it, with a clock that the test sets."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from footfall.house import MASTER_FILE, House
from footfall.settings import load_settings
from policy import load_policy
from tests.ingest.conftest import NOON
from warehouse.keyring import Keyring
from warehouse.keys.master_file import open_master
from warehouse.lake import Lake
from warehouse.registry import Registry, Subjects, sqlite_url


@dataclass
class Clock:
    """A clock that stands until it is set."""

    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at


@contextmanager
def opened(folder: Path, clock: Clock) -> Iterator[House]:
    """Open a warehouse with a keyring and a memory of its own; make it when it is not there."""
    (folder / MASTER_FILE).parent.mkdir(mode=0o700, exist_ok=True)
    policy = load_policy()
    with Registry.open(sqlite_url(folder)) as registry:
        keyring = Keyring(registry, open_master(folder / MASTER_FILE, registry), clock)
        lake = Lake(folder / "lake", policy, clock, keyring)
        subjects = Subjects(registry, keyring, clock)
        yield House(folder, load_settings({}, None, folder), policy, registry, subjects, keyring, lake, {})
