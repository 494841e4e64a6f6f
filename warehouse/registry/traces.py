"""What was deleted must leave the database's own files too: old pages given up, and the files searched.

SQLite writes zeros over what is deleted, but its write-ahead file keeps old pages until it is cut. PostgreSQL keeps old rows
until their table is written anew.
"""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from warehouse.registry import schema
from warehouse.registry.connect import BUSY_S, RegistryError

SIDES: Final = ("", "-wal", "-shm", "-journal")
BLOCK_BYTES: Final = 2**24
NO_LOCK: Final = "55P03"
"""PostgreSQL's state of a statement that waited for a lock too long."""


def forget_old_pages(engine: sa.Engine) -> None:
    """Let old versions of keys leave the database's files.

    On SQLite all that was written moves into the database file, and the write-ahead file is cut to zero bytes. On PostgreSQL
    the tables of keys are written anew; what its own log of changes and its copies keep is in its owner's hands.

    Raises:
        RegistryError: another program has been reading for as long as we wait.
    """
    if engine.dialect.name == "sqlite":
        _cut_write_ahead_file(engine)
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # Without a limit it would wait for a reader for ever, and let nobody else read meanwhile.
        connection.exec_driver_sql(f"SET lock_timeout = {round(BUSY_S * 1000)}")
        try:
            for table in (schema.keys, schema.subject_keys):
                connection.exec_driver_sql(f"VACUUM (FULL) {table.name}")
        except sa.exc.OperationalError as error:
            if getattr(error.orig, "sqlstate", "") == NO_LOCK:
                raise _in_the_way("tables") from None
            raise
        finally:
            connection.exec_driver_sql("RESET lock_timeout")


def holds_bytes(engine: sa.Engine, wanted: Collection[bytes]) -> bool:
    """Search the files of an SQLite database for any of these bytes; PostgreSQL's files are out of our reach: False."""
    if engine.dialect.name != "sqlite" or not wanted or engine.url.database is None:
        return False
    overlap = max(map(len, wanted)) - 1
    return any(
        one in block for side in SIDES for block in _blocks(Path(engine.url.database + side), overlap) for one in wanted
    )


def _cut_write_ahead_file(engine: sa.Engine) -> None:
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        answer = cursor.fetchone()
    finally:
        raw.close()
    if answer is None or answer[0]:  # the first of its three numbers: could not finish
        raise _in_the_way("write-ahead file")


def _in_the_way(where: str) -> RegistryError:
    return RegistryError(
        f"another program has been reading the registry for {BUSY_S} s, so bytes of destroyed keys may still "
        f"stand in its {where}; run this again when that program has ended",
    )


def _blocks(path: Path, overlap: int) -> Iterator[bytes]:
    """Read a file in blocks, each with the end of the one before; nothing where there is no file."""
    if not path.is_file():
        return
    with path.open("rb") as file:
        end = b""
        while block := file.read(BLOCK_BYTES):
            yield end + block
            end = (end + block)[-overlap:] if overlap else b""
