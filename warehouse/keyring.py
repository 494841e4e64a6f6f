"""The keys that Footfall makes for itself: random, wrapped by the master key, kept in the registry until destroyed.

A *day key* numbers the visitors of one event date (T1). Once it is destroyed nobody can compute a number of that day again,
and what was counted under it stays. The *import key* recognises files and never changes.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import sqlalchemy as sa

from warehouse.master_key import KeyringError, KeyWrapper, MasterKey
from warehouse.registry import Registry, schema

__all__ = ["KeyWrapper", "Keyring", "KeyringError", "MasterKey"]

IMPORT: Final = "import"
DAY: Final = "day"
KEY_BYTES: Final = 16
CHECK_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Name:
    """Which key: `period` is the event date of a day key and "" for the import key; generations count from 1."""

    purpose: str
    period: str
    generation: int

    @property
    def key_id(self) -> str:
        return f"{self.purpose}/{self.period}/{self.generation}"

    @property
    def chosen(self) -> sa.ColumnElement[bool]:
        keys = schema.keys.c
        return sa.and_(keys.purpose == self.purpose, keys.period == self.period, keys.generation == self.generation)


class Keyring:
    """The keys of one registry, opened with one master key.

    Unwrapped day keys stay in memory. What another process destroyed leaves it at the next `day_key` that comes more
    than a minute after the last look, and at once with `forget_destroyed`; a process that rests should call that.
    """

    def __init__(self, registry: Registry, master: KeyWrapper, now: Callable[[], datetime]) -> None:
        """Wire the keyring; `now` gives the time in UTC, with its zone."""
        self._registry = registry
        self._master = master
        self._now = now
        self._import_key: bytes | None = None
        self._day_keys: dict[_Name, bytes] = {}
        self._newest: dict[date, _Name] = {}
        self._looked_at: datetime | None = None

    def import_key(self) -> bytes:
        """Give the 16 bytes that fingerprint files; made on first use, never rotated.

        Raises:
            KeyringError: the master key is not the one that the registry was used with.
        """
        if self._import_key is None:
            name, wrapped = self._newest_or_new(IMPORT, "")
            self._import_key = self._master.unwrap(wrapped, name.key_id)
        return self._import_key

    def day_key(self, day: date) -> bytes:
        """Give the 16 bytes that number the visitors of one event date; made on first use.

        Two processes that ask at the same moment get the same key. After the key was destroyed a new generation is
        made, and the day is one of `inexact_days`.

        Raises:
            KeyringError: the master key is not the one that the registry was used with.
        """
        if self._looked_at is None or self._now() - self._looked_at >= CHECK_EVERY:
            self.forget_destroyed()
        name = self._newest.get(day)
        if name is None:
            name, wrapped = self._newest_or_new(DAY, day.isoformat())
            self._day_keys[name] = self._master.unwrap(wrapped, name.key_id)
            self._newest[day] = name
        return self._day_keys[name]

    def forget_destroyed(self) -> None:
        """Drop from memory what the registry no longer holds."""
        self._looked_at = self._now()
        if not self._day_keys:
            return
        keys = schema.keys.c
        held = sa.select(keys.period, keys.generation).where(keys.purpose == DAY, keys.wrapped.is_not(None))
        with self._registry.read() as connection:
            live = {_Name(DAY, row.period, row.generation) for row in connection.execute(held)}
        self._day_keys = {name: key for name, key in self._day_keys.items() if name in live}
        self._newest = {day: name for day, name in self._newest.items() if name in live}

    def destroy_expired_day_keys(self, late: timedelta) -> list[date]:
        """Destroy the day keys whose time is over: `late` after the day's end (UTC) and after their making.

        Their bytes leave the registry's files too, on every call, so that an interrupted one is made good.

        Returns:
            The days that lost a key, ascending.

        Raises:
            RegistryError: another program kept the old bytes from leaving the files; the keys are destroyed.
        """
        keys, now = schema.keys.c, self._now()
        live = sa.select(keys.period, keys.generation, keys.created_at).where(
            keys.purpose == DAY, keys.wrapped.is_not(None)
        )
        gone: set[date] = set()
        with self._registry.write() as connection:
            for row in connection.execute(live).all():
                day = date.fromisoformat(row.period)
                if now >= max(row.created_at, _end_of(day)) + late:
                    destroyed = sa.update(schema.keys).where(_Name(DAY, row.period, row.generation).chosen)
                    connection.execute(destroyed.values(wrapped=None, destroyed_at=now))
                    gone.add(day)
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

    def rotate_master(self, new: KeyWrapper) -> int:
        """Wrap every key that is held under a new master; no other byte changes, and a failure changes nothing.

        Programs that still run with the old master can read what they have in memory but make no new keys.

        Returns:
            The number of keys wrapped again.

        Raises:
            KeyringError: the present master key does not open them.
        """
        keys = schema.keys.c
        held = sa.select(schema.keys).where(keys.wrapped.is_not(None)).order_by(*schema.keys.primary_key.columns)
        with self._registry.write() as connection:
            rows = connection.execute(held.with_for_update()).all()
            for row in rows:
                name = _Name(row.purpose, row.period, row.generation)
                again = new.wrap(self._master.unwrap(row.wrapped, name.key_id), name.key_id)
                connection.execute(sa.update(schema.keys).where(name.chosen).values(wrapped=again))
        self._master = new
        self._registry.forget_old_pages()
        return len(rows)

    def _newest_or_new(self, purpose: str, period: str) -> tuple[_Name, bytes]:
        """Find the newest key and its wrapped bytes; make the next generation when there is none or it is destroyed."""
        with self._registry.read() as connection:
            found = _newest(connection, purpose, period)
        if found is not None and found[1] is not None:
            return found[0], found[1]
        with self._registry.write() as connection:
            self._prove_master(connection)
            found = _newest(connection, purpose, period)
            if found is None or found[1] is None:
                name = _Name(purpose, period, 1 if found is None else found[0].generation + 1)
                row = {
                    "purpose": purpose,
                    "period": period,
                    "generation": name.generation,
                    "wrapped": self._master.wrap(secrets.token_bytes(KEY_BYTES), name.key_id),
                    "created_at": self._now(),
                }
                # Where another process's row is not seen until it is committed, the first one inserted counts.
                schema.insert_if_absent(connection, schema.keys, row)
                found = _newest(connection, purpose, period)
            if found is None or found[1] is None:
                raise KeyringError(f"the key {purpose}/{period} was destroyed in the moment of its making; try again")
        return found[0], found[1]

    def _prove_master(self, connection: sa.Connection) -> None:
        """Open a key that is there before a new one is wrapped: a registry must never hold keys of two masters."""
        keys = schema.keys.c
        held = sa.select(schema.keys).where(keys.wrapped.is_not(None)).order_by(*schema.keys.primary_key.columns)
        row = connection.execute(held.limit(1).with_for_update(read=True)).one_or_none()
        if row is not None:
            self._master.unwrap(row.wrapped, _Name(row.purpose, row.period, row.generation).key_id)


def _newest(connection: sa.Connection, purpose: str, period: str) -> tuple[_Name, bytes | None] | None:
    keys = schema.keys.c
    rows = sa.select(keys.generation, keys.wrapped).where(keys.purpose == purpose, keys.period == period)
    row = connection.execute(rows.order_by(keys.generation.desc()).limit(1)).one_or_none()
    return None if row is None else (_Name(purpose, period, row.generation), row.wrapped)


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), UTC)
