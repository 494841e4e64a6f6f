"""A month's key or a subject's key destroyed on demand: foreseen, audited, done, proved (R48).

The audit comes first: whatever crashes, no key is gone without an entry. A crash after the key is gone leaves files that
every reader passes over, until the same command or the next night lets them go.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from policy.errors import FootfallError
from warehouse.keyring import Destroyed, Keyring
from warehouse.lake import Lake
from warehouse.nightly.removal.lost import let_lost_go, sealed_tables
from warehouse.registry import Registry, Subjects

ROLE: Final = "privacy"


@dataclass(frozen=True, slots=True)
class Locked:
    """What one month's key locks in one table: so many files with so many rows."""

    files: int
    rows: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was destroyed.

    Attributes:
        keys: which keys, now and before.
        rows: how many rows left each table with them.
    """

    keys: Destroyed
    rows: dict[str, int]


def locked_by(lake: Lake, purpose: str, month: str) -> dict[str, Locked]:
    """Say what would be lost with a key: by table, the files of all its generations, and their rows."""
    found: dict[str, Locked] = {}
    for name in sealed_tables(lake):
        actions = lake.table(name).lost.under(f"{purpose}/{month}")
        if actions:
            found[name] = Locked(len(actions), sum(action["num_records"] for action in actions))
    return found


def destroy_month(
    lake: Lake, registry: Registry, keyring: Keyring, purpose: str, month: str, *, who: str, now: Callable[[], datetime]
) -> Outcome:
    """Destroy all generations of a key, prove that it is gone, and let its files go; run it again to finish it.

    Raises:
        UsageError: there never was such a key.
        KeyringError: the master key is wrong, or bytes of the key can still be found.
        RegistryError: another program kept old bytes from leaving the registry's files; the key is destroyed.
    """
    keyring.check_known(purpose, month)
    registry.note_access(
        at=now(),
        who=who,
        role=ROLE,
        purpose=purpose,
        tables=sorted(locked_by(lake, purpose, month)),
        outcome="answered",
        reason=f"destroys the key {purpose}/{month} (R48)",
    )
    keys = keyring.destroy(purpose, month)
    for name in sealed_tables(lake):
        # Every generation was destroyed in one statement; one made since then is for what comes from now on.
        for key_id in (*keys.keys, *keys.before):
            if lake.table(name).lost.opened(key_id):
                raise FootfallError(f"{name}: a file still opens with the key {key_id}; run this again")
    return Outcome(keys, let_lost_go(lake))


def destroy_subject(registry: Registry, subjects: Subjects, customer_id: str, *, who: str, now: datetime) -> None:
    """Destroy the data key of one registered person; the id stands in no error and in no entry.

    Raises:
        FootfallError: nobody is registered under that id, or not any more.
    """
    registry.note_access(
        at=now,
        who=who,
        role=ROLE,
        purpose="service",
        tables=("subjects",),
        outcome="answered",
        reason="destroys the key of one subject (R48)",
    )
    if not subjects.destroy(customer_id):
        raise FootfallError("nobody is registered under that id, or their key was destroyed before")
