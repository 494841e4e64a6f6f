"""How the registry's database is opened: privately, durably, and so that two processes can share it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any, Final

import sqlalchemy as sa

from policy.errors import FootfallError, UsageError
from warehouse.registry import schema, upgrade

BUSY_S: Final = 30
WRITES: Final = "footfall_writes"
PRAGMAS: Final = (
    *("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON", "foreign_keys = ON"),
    "cache_size = -32000",  # kB: pages of a large commit stay in memory until its end
)


class RegistryError(FootfallError):
    """The registry cannot be opened, read or written, or was given something that it must refuse."""


class FencedError(RegistryError):
    """Another worker moved the mark of a partition; what this worker holds of it must not be written."""

    def __init__(self, app_id: str, mark: int, start: int, end: int) -> None:
        super().__init__(
            f"registry: the mark of {app_id} stands at {mark}, but this worker holds offsets {start} to {end}. "
            "Is a second worker running without the group?"
        )
        self.mark = mark


def sqlite_url(data: Path) -> str:
    """Name the registry of a warehouse folder: ``registry/registry.db`` in it."""
    return sa.URL.create("sqlite", database=str(data / "registry" / "registry.db")).render_as_string()


def open_engine(url: str) -> sa.Engine:
    """Open the database at `url` and make its tables when they are not there.

    Raises:
        UsageError: the URL cannot be read, names a database that is not supported, or no file.
        RegistryError: the file cannot be opened, or its schema is newer than this program.
    """
    try:
        address = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):  # a password with a bare colon or at sign is read as a port
        raise UsageError(
            "the registry's address cannot be read; sqlite:////folder/registry.db was expected, "
            "or postgresql+psycopg://user:password@host/name with : / @ of a password written as %3A %2F %40"
        ) from None
    if address.get_backend_name() not in schema.DIALECTS:
        known = ", ".join(schema.DIALECTS)
        raise UsageError(f"the registry cannot live in {address.get_backend_name()}; it can in: {known}")
    if address.get_backend_name() == "postgresql":
        engine = _engine(address)
        _make_tables(engine)
        return engine
    if not address.database or address.database == ":memory:":
        raise UsageError("the registry needs a file that outlives the program, such as sqlite:////folder/registry.db")
    path = Path(address.database)
    try:
        # The first switch to WAL does not wait for others by itself.
        with alone_in(path.parent):
            _make_private(path)
            engine = _sqlite_engine(address)
            _make_tables(engine)
    except OSError as error:
        raise RegistryError(f"the registry {path} cannot be opened: {error.strerror}") from None
    return engine


@contextmanager
def naming_trouble(engine: sa.Engine) -> Iterator[None]:
    """Turn the database's own errors into one line of ours; none of them shows a stored value."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        name = engine.url.database
        # PostgreSQL's further lines show the values that were in the way.
        told = str(error.orig).partition("\n")[0]
        raise RegistryError(f"the registry {name} cannot be used: {told}") from None


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Let one process at a time do something in a folder, which is made when it is not there."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _make_private(path: Path) -> None:
    """Create the file for its owner alone, or take others' rights away; SQLite copies the mode to its side files."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if os.fstat(handle).st_mode & 0o077:
            os.fchmod(handle, 0o600)
    finally:
        os.close(handle)


def _engine(address: sa.URL, **options: Any) -> sa.Engine:
    """Make an engine; neither its errors nor ours show the address, for it may hold a password."""
    try:
        return sa.create_engine(address, hide_parameters=True, **options)
    except (sa.exc.ArgumentError, ImportError):
        backend = address.get_backend_name()
        raise UsageError(
            f"the driver that the registry's address names for {backend} is not installed; is psycopg missing?"
            if backend == "postgresql"
            else f"the driver that the registry's address names for {backend} is not known; leave it out"
        ) from None


def _sqlite_engine(address: sa.URL) -> sa.Engine:
    engine = _engine(address, connect_args={"timeout": BUSY_S, "isolation_level": None})

    @sa.event.listens_for(engine, "connect")
    def set_up(connection: SqliteConnection, _: object) -> None:
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        # A transaction that reads first and writes later fails at once when another wrote in between, without
        # waiting; taking the write lock at the start makes it wait.
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _make_tables(engine: sa.Engine) -> None:
    """Make what is not there, so that an older schema becomes ours, and refuse one that a later program made."""
    found = None
    with naming_trouble(engine), engine.execution_options(**{WRITES: True}).begin() as connection:
        if sa.inspect(connection).has_table(schema.schema_version.name):
            found = connection.execute(sa.select(schema.schema_version.c.version)).scalar_one()
            if found > schema.SCHEMA_VERSION:
                raise RegistryError(
                    f"the registry has schema {found} and this program knows {schema.SCHEMA_VERSION}; "
                    "install the Footfall that wrote it, or a later one",
                )
            if found == schema.SCHEMA_VERSION:
                return
        upgrade.make_tables(connection, found)
        ours = {"row": 1, "version": schema.SCHEMA_VERSION}
        schema.insert_or_update(connection, schema.schema_version, ours, replaced=("version",))
