"""The rows of keys in the registry: made by insert-if-absent, wrapped by the master, destroyed by emptying them."""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from policy.errors import UsageError
from warehouse.keys.names import MASTER, KeyName, KeyRecord
from warehouse.keys.secret import Secret
from warehouse.master_key import KeyringError, KeyWrapper, WrongMasterError
from warehouse.registry import Registry, schema

KEY_BYTES: Final = 16


class KeyStore:
    """The keys of one registry, opened with one master; nothing is kept in memory."""

    def __init__(self, registry: Registry, master: KeyWrapper, now: Callable[[], datetime]) -> None:
        self._registry = registry
        self._master = master
        self._now = now

    def newest_or_new(self, purpose: str, period: str, *, again: bool) -> tuple[KeyName, Secret]:
        """Give the newest key, made when there is none; with `again`, also when the newest is destroyed.

        Raises:
            KeyringError: the master does not open it, or it is destroyed and must not be made again.
        """
        with self._registry.read() as connection:
            found = _newest(connection, purpose, period)
        if found is None or (found[1] is None and again):
            with self._registry.write() as connection:
                self._open_one(connection)
                found = _newest(connection, purpose, period)
                if found is None or (found[1] is None and again):
                    name = KeyName(purpose, period, 1 if found is None else found[0].generation + 1)
                    # Where another process's row is not seen until it is committed, the first one inserted counts.
                    self._insert(connection, name)
                    found = _newest(connection, purpose, period)
        if found is None or found[1] is None:
            raise KeyringError(f"the key {purpose}/{period} was destroyed; it cannot be made again")
        return found[0], self._unwrap(found[1], found[0])

    def add_generation(self, purpose: str, period: str) -> KeyName:
        """Make the next key of a purpose and period; the ones before stay."""
        with self._registry.write() as connection:
            self._open_one(connection)
            found = _newest(connection, purpose, period)
            name = KeyName(purpose, period, 1 if found is None else found[0].generation + 1)
            self._insert(connection, name)
        return name

    def key(self, name: KeyName) -> Secret:
        """Give the bytes of a key.

        Raises:
            KeyringError: there is no such key, it is destroyed, or the master does not open it.
        """
        chosen = sa.select(schema.keys.c.wrapped, schema.keys.c.destroyed_at).where(name.chosen)
        with self._registry.read() as connection:
            row = connection.execute(chosen).one_or_none()
        if row is None:
            raise KeyringError(
                f"the key {name.key_id} is not in this registry; is it the registry of another warehouse, or an old copy?"
            )
        if row.wrapped is None:
            when = f" on {row.destroyed_at:%Y-%m-%d}" if row.destroyed_at else ""
            raise KeyringError(f"the key {name.key_id} was destroyed{when}; what it encrypted cannot be read any more")
        return self._unwrap(row.wrapped, name)

    def destroy(self, purpose: str, period: str) -> list[tuple[KeyName, bytes]]:
        """Take the bytes of all generations of a key out of the registry, for ever.

        Returns:
            The keys that were held until now, each with its wrapped bytes, which are in no row any more.
        """
        keys = schema.keys.c
        named = sa.and_(keys.purpose == purpose, keys.period == period, keys.wrapped.is_not(None))
        with self._registry.write() as connection:
            chosen = sa.select(keys.generation, keys.wrapped).where(named).order_by(keys.generation).with_for_update()
            rows = connection.execute(chosen).all()
            connection.execute(sa.update(schema.keys).where(named).values(wrapped=None, destroyed_at=self._now()))
        return [(KeyName(purpose, period, row.generation), row.wrapped) for row in rows]

    def destroyed(self, purpose: str) -> dict[KeyName, datetime]:
        """Give the destroyed keys of a purpose that have a period, each with the time of that."""
        keys = schema.keys.c
        gone = sa.select(keys.period, keys.generation, keys.destroyed_at).where(
            keys.purpose == purpose, keys.period != "", keys.wrapped.is_(None)
        )
        with self._registry.read() as connection:
            return {KeyName(purpose, period, generation): at for period, generation, at in connection.execute(gone)}

    def newest(self, purpose: str, period: str) -> KeyName | None:
        """Name the newest key of a purpose and period that is held; None where there is none."""
        with self._registry.read() as connection:
            found = _newest(connection, purpose, period)
        return found[0] if found is not None and found[1] is not None else None

    def held(self) -> set[KeyName]:
        """Name all keys that are not destroyed."""
        keys = schema.keys.c
        held = sa.select(keys.purpose, keys.period, keys.generation).where(keys.wrapped.is_not(None))
        with self._registry.read() as connection:
            return {KeyName(*row) for row in connection.execute(held)}

    def records(self) -> list[KeyRecord]:
        """Tell of each key what may be told, by purpose, period and generation."""
        keys = schema.keys.c
        told = sa.select(keys.purpose, keys.period, keys.generation, keys.created_at, keys.destroyed_at)
        with self._registry.read() as connection:
            rows = connection.execute(told.order_by(*schema.keys.primary_key.columns)).all()
        return [KeyRecord(*row) for row in rows]

    def wrap_again(self, new: KeyWrapper) -> int:
        """Wrap every key that is held under a new master, in one transaction, and note the time.

        Returns:
            The number of keys wrapped again.

        Raises:
            UsageError: the new master is the present one.
            KeyringError: the present master does not open the keys.
        """
        if _is_same(self._master, new):
            raise UsageError("the new master key is the one in use; give another")
        with self._registry.write() as connection:
            rows = connection.execute(_held().with_for_update()).all()
            for row in rows:
                name = KeyName(row.purpose, row.period, row.generation)
                again = new.wrap(self._unwrap(row.wrapped, name), name.key_id)
                connection.execute(sa.update(schema.keys).where(name.chosen).values(wrapped=again))
            last = _newest(connection, MASTER, "")
            # The first master was made without a note: the first rotation is the beginning of the second.
            note = {"purpose": MASTER, "period": "", "generation": last[0].generation + 1 if last else 2}
            connection.execute(sa.insert(schema.keys).values(**note, created_at=self._now()))
        self._master = new
        return len(rows)

    def _insert(self, connection: sa.Connection, name: KeyName) -> None:
        row = {
            "purpose": name.purpose,
            "period": name.period,
            "generation": name.generation,
            "wrapped": self._master.wrap(secrets.token_bytes(KEY_BYTES), name.key_id),
            "created_at": self._now(),
        }
        schema.insert_if_absent(connection, schema.keys, row)

    def prove_master(self) -> None:
        """Open a key, if there is one.

        Raises:
            KeyringError: the master does not open it.
        """
        with self._registry.read() as connection:
            row = connection.execute(_held().limit(1)).one_or_none()
        if row is not None:
            self._unwrap(row.wrapped, KeyName(row.purpose, row.period, row.generation))

    def _open_one(self, connection: sa.Connection) -> None:
        """Open a key that is there before a new one is wrapped: a registry must never hold keys of two masters."""
        row = connection.execute(_held().limit(1).with_for_update(read=True)).one_or_none()
        if row is not None:
            self._unwrap(row.wrapped, KeyName(row.purpose, row.period, row.generation))

    def _unwrap(self, wrapped: bytes, name: KeyName) -> Secret:
        try:
            return Secret(self._master.unwrap(wrapped, name.key_id))
        except WrongMasterError:
            with self._registry.read() as connection:
                rotated = connection.execute(
                    sa.select(sa.func.max(schema.keys.c.created_at)).where(schema.keys.c.purpose == MASTER)
                ).scalar_one()
            if rotated is None:
                raise
            raise KeyringError(
                f"the master key does not open this registry: it was rotated on {rotated:%Y-%m-%d at %H:%M:%S} UTC; "
                "start this program again with the new one"
            ) from None


def holds_keys(registry: Registry) -> bool:
    """Tell whether a registry has a key that is not destroyed."""
    with registry.read() as connection:
        return connection.execute(_held().limit(1)).first() is not None


def opens(registry: Registry, master: KeyWrapper) -> bool:
    """Tell whether a master opens the keys of a registry that has some."""
    with registry.read() as connection:
        row = connection.execute(_held().limit(1)).one()
    try:
        master.unwrap(row.wrapped, KeyName(row.purpose, row.period, row.generation).key_id)
    except WrongMasterError:
        return False
    return True


def _held() -> sa.Select[tuple[str, str, int, bytes]]:
    keys = schema.keys.c
    held = sa.select(keys.purpose, keys.period, keys.generation, keys.wrapped).where(keys.wrapped.is_not(None))
    return held.order_by(*schema.keys.primary_key.columns)


def _newest(connection: sa.Connection, purpose: str, period: str) -> tuple[KeyName, bytes | None] | None:
    keys = schema.keys.c
    rows = sa.select(keys.generation, keys.wrapped).where(keys.purpose == purpose, keys.period == period)
    row = connection.execute(rows.order_by(keys.generation.desc()).limit(1)).one_or_none()
    return None if row is None else (KeyName(purpose, period, row.generation), row.wrapped)


def _is_same(one: KeyWrapper, other: KeyWrapper) -> bool:
    try:
        other.unwrap(one.wrap(bytes(KEY_BYTES), MASTER), MASTER)
    except WrongMasterError:
        return False
    return True
