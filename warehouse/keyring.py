"""The keys that Footfall makes for itself: random, wrapped by the master key, kept in the registry until destroyed.

A *day key* numbers the visitors of one event date (T1). Once it is destroyed nobody can compute a number of that day again,
and what was counted under it stays. A *file key* encrypts the personal columns of one purpose's files of one month (R47): it
can be followed by a new generation for new files, and destroying it makes its files unreadable (R48). A *purpose key* makes
the pseudonyms of one purpose and never changes, and neither does the *import key*, which recognises files.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import blake2b
from typing import Final

import sqlalchemy as sa

from policy.errors import UsageError
from warehouse.keys.names import DAY, EXPORT, IMPORT, KeyName, KeyRecord, check_month, check_purpose
from warehouse.keys.secret import Secret
from warehouse.keys.store import KeyStore
from warehouse.master_key import KeyringError, KeyWrapper, MasterKey
from warehouse.registry import Registry, schema

__all__ = ["EXPORT", "Destroyed", "KeyRecord", "KeyWrapper", "Keyring", "KeyringError", "MasterKey"]

CHECK_EVERY: Final = timedelta(minutes=1)
SEAL_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Destroyed:
    """What became of the keys of one purpose and month.

    Attributes:
        keys: the ids of those that were destroyed now, ascending.
        before: the ids of those that had been destroyed before.
    """

    keys: tuple[str, ...]
    before: tuple[str, ...]


class Keyring:
    """The keys of one registry, opened with one master key; every key is a `Secret`, which nothing shows.

    Unwrapped keys stay in memory. What another process destroyed leaves it at the next question that comes more than a
    minute after the last look, and at once with `forget_destroyed`; a process that rests should call that. A generation
    that another process began is used from that look on.
    """

    def __init__(self, registry: Registry, master: KeyWrapper, now: Callable[[], datetime]) -> None:
        """Wire the keyring; `now` gives the time in UTC, with its zone."""
        self._registry = registry
        self._store = KeyStore(registry, master, now)
        self._now = now
        self._keys: dict[KeyName, Secret] = {}
        self._newest: dict[tuple[str, str], KeyName] = {}
        self._looked_at: datetime | None = None

    def prove_master(self) -> None:
        """See whether the master opens this registry, so that whoever needs it is told before anything is begun.

        Raises:
            KeyringError: it does not.
        """
        self._store.prove_master()

    def import_key(self) -> bytes:
        """Give the 16 bytes that fingerprint files; made on first use, never rotated.

        Raises:
            KeyringError: the master key is not the one that the registry was used with.
        """
        return self._newest_key(IMPORT, "", again=False)[1]

    def purpose_key(self, purpose: str) -> bytes:
        """Give the 16 bytes that make pseudonyms of one purpose, or seal its keys; made on first use, never rotated.

        Raises:
            KeyringError: the master key is another than the registry's, the key was destroyed, or no purpose has that name.
        """
        return self._newest_key(check_purpose(purpose), "", again=False)[1]

    def audit_seal(self, text: str) -> str:
        """Give the keyed hash, in hexadecimal, by which the audit proves where it was cut; `text` is what it covers.

        Raises:
            KeyringError: the master key is another than the registry's.
        """
        return blake2b(text.encode(), key=self.purpose_key("audit"), digest_size=SEAL_BYTES).hexdigest()

    def day_key(self, day: date) -> bytes:
        """Give the 16 bytes that number the visitors of one event date; made on first use.

        Two processes that ask at the same moment get the same key. After the key was destroyed a new generation is
        made, and the day is one of `inexact_days`.

        Raises:
            KeyringError: the master key is not the one that the registry was used with.
        """
        return self._newest_key(DAY, day.isoformat(), again=True)[1]

    def file_key(self, purpose: str, month: str) -> tuple[str, bytes]:
        """Give the key for new files of a purpose and a month (`2026-11`): its id and 16 bytes; made on first use.

        After the month's key was destroyed a new generation is made: what comes late is readable until that is destroyed
        too, and what was destroyed stays so.

        Raises:
            KeyringError: the master key is another than the registry's, or purpose or month are spelled wrongly.
        """
        chosen = check_purpose(purpose), check_month(month)
        # Nobody could ever read a file under a key that was destroyed a moment ago.
        if self._newest.get(chosen) != self._store.newest(*chosen):
            self.forget_destroyed()
        name, key = self._newest_key(*chosen, again=True)
        return name.key_id, key

    def key_by_id(self, key_id: str) -> Secret:
        """Give the 16 bytes of a file key by the id that stands in the file, of whatever generation.

        Raises:
            KeyringError: the key was destroyed, is not known, or the master key does not open it.
        """
        name = KeyName.of_file(key_id)
        self._look()
        if name not in self._keys:
            self._keys[name] = self._store.key(name)
        return self._keys[name]

    def new_generation(self, purpose: str, period: str) -> str:
        """Begin a new file key of a purpose and month: new files get it, old files keep theirs.

        Returns:
            The new key's id.

        Raises:
            KeyringError: the master key is another than the registry's, or purpose or month are spelled wrongly.
        """
        name = self._store.add_generation(check_purpose(purpose), check_month(period))
        self._newest.pop((purpose, period), None)
        return name.key_id

    def destroyed(self, purpose: str) -> dict[str, date]:
        """Give the ids of a purpose's file keys that are destroyed, each with the day (UTC) of that."""
        return {name.key_id: at.date() for name, at in self._store.destroyed(purpose).items()}

    def destroy(self, purpose: str, month: str) -> Destroyed:
        """Destroy all generations of a file key, for ever, and prove it: no row and no byte of the registry's files has them.

        A second call does what an interrupted one left. Other processes forget the key within a minute.

        Raises:
            UsageError: there never was such a key.
            KeyringError: purpose or month are spelled wrongly, or the key can still be had.
            RegistryError: another program kept the old bytes from leaving the files; the keys are destroyed.
        """
        self.check_known(purpose, month)
        before = sorted(name.generation for name in self._store.destroyed(purpose) if name.period == month)
        gone = self._store.destroy(purpose, month)
        self.forget_destroyed()
        self._registry.forget_old_pages()
        if any(name in self._keys for name, _ in gone) or self._registry.holds_bytes([wrapped for _, wrapped in gone]):
            raise KeyringError(f"bytes of the key {purpose}/{month} are still there; run this again, and copy nothing")
        return Destroyed(
            tuple(name.key_id for name, _ in gone),
            tuple(KeyName(purpose, month, generation).key_id for generation in before),
        )

    def check_known(self, purpose: str, month: str) -> None:
        """See that the master is right and that there is or was a file key of a purpose and month.

        Raises:
            UsageError: there never was such a key.
            KeyringError: the master key is wrong, or purpose or month are spelled wrongly.
        """
        self._store.prove_master()
        months = {one.period for one in self._store.records() if one.purpose == check_purpose(purpose) and one.period}
        if check_month(month) not in months:
            known = f"{purpose} has: {', '.join(sorted(months))}" if months else "`footfall keys status` lists all"
            raise UsageError(f"there never was a key {purpose}/{month}; {known}")

    def status(self) -> list[KeyRecord]:
        """Tell of each key what may be told, never its bytes; by purpose, period and generation."""
        return self._store.records()

    def forget_destroyed(self) -> None:
        """Drop from memory what the registry no longer holds."""
        self._looked_at = self._now()
        if not self._keys:
            return
        held = self._store.held()
        newest: dict[tuple[str, str], KeyName] = {}
        for name in sorted(held, key=lambda name: name.generation):
            newest[name.purpose, name.period] = name
        self._keys = {name: key for name, key in self._keys.items() if name in held}
        self._newest = {chosen: name for chosen, name in self._newest.items() if newest.get(chosen) == name}

    def destroy_expired_day_keys(self, late: timedelta) -> list[date]:
        """Destroy the day keys whose time is over: `late` after the day's end (UTC) and after their making.

        Their bytes leave the registry's files too, on every call, so that an interrupted one is made good.

        Returns:
            The days that lost a key, ascending.

        Raises:
            RegistryError: another program kept the old bytes from leaving the files; the keys are destroyed.
        """
        keys, now = schema.keys.c, self._now()
        told = sa.select(keys.purpose, keys.period, keys.generation, keys.created_at, keys.destroyed_at)
        live = told.where(keys.purpose == DAY, keys.wrapped.is_not(None))
        gone: set[date] = set()
        with self._registry.write() as connection:
            for row in connection.execute(live).all():
                if KeyRecord(*row).over_at(late) <= now:
                    destroyed = sa.update(schema.keys).where(KeyName(DAY, row.period, row.generation).chosen)
                    connection.execute(destroyed.values(wrapped=None, destroyed_at=now))
                    gone.add(date.fromisoformat(row.period))
        self.forget_destroyed()
        self._registry.forget_old_pages()
        return sorted(gone)

    def inexact_days(self) -> dict[date, int]:
        """Name the days whose visitors were numbered under more than one key, and the number of keys.

        One person may have as many numbers on such a day, so their sum may count some more than once.
        """
        keys = schema.keys.c
        newest = sa.func.max(keys.generation)
        again = sa.select(keys.period, newest).where(keys.purpose == DAY).group_by(keys.period).having(newest > 1)
        with self._registry.read() as connection:
            return {date.fromisoformat(period): times for period, times in connection.execute(again)}

    def wrap_again(self, new: KeyWrapper) -> int:
        """Wrap every key that is held under a new master; no other byte changes, and a failure changes nothing.

        Programs that still run with the old master read what they have in memory; for anything else they say that the
        master was rotated.

        Returns:
            The number of keys wrapped again.

        Raises:
            UsageError: the new master is the present one.
            KeyringError: the present master key does not open them.
        """
        # A registry without any key would take its first one from a program that still has the old master.
        self.import_key()
        return self._store.wrap_again(new)

    def rotate_master(self, new: KeyWrapper) -> int:
        """Do `wrap_again`, and let the old wrappings leave the registry's files.

        Raises:
            RegistryError: another program kept the old bytes from leaving the files; the new master is in force.
        """
        count = self.wrap_again(new)
        self.forget_wrappings()
        return count

    def forget_wrappings(self) -> None:
        """Let the wrappings of an earlier master leave the registry's files.

        Raises:
            RegistryError: another program kept them there.
        """
        self._registry.forget_old_pages()

    def _newest_key(self, purpose: str, period: str, *, again: bool) -> tuple[KeyName, Secret]:
        self._look()
        name = self._newest.get((purpose, period))
        if name is None:
            name, self._keys[name] = self._store.newest_or_new(purpose, period, again=again)
            self._newest[purpose, period] = name
        return name, self._keys[name]

    def _look(self) -> None:
        if self._looked_at is None or self._now() - self._looked_at >= CHECK_EVERY:
            self.forget_destroyed()
