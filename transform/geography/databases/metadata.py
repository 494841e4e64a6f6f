"""What a database says of itself: its type, its age and its size; checked before anything else is read."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import geoip2.database
import maxminddb

from transform.geography.errors import PlacesError, damaged

KINDS: Final = ("City", "Country")
NAME_LENGTH_MAX: Final = 80
FILE_BYTES_MAX: Final = 1 << 30  # the largest City database has an eighth of it
WAY_OUT: Final = "Name a City or Country database (GeoLite2, GeoIP2 or DB-IP), or none, to use the places shipped."
# What the reader was seen to raise on files that are damaged or no databases (InvalidDatabaseError is a RuntimeError).
UNREADABLE: Final = (OSError, RuntimeError, ValueError, TypeError, ArithmeticError, LookupError, MemoryError)


@dataclass(frozen=True, slots=True)
class Metadata:
    """Name (the database's type), build date, and the shape of the search tree."""

    name: str
    built: date
    ip_version: int
    node_count: int
    record_size_bits: int


def read_database(path: Path) -> tuple[Metadata, bytes]:
    """Read a database and check that it is one of cities or countries; else `PlacesError`."""
    if not path.is_file():
        raise PlacesError(f"{path} is no file. {WAY_OUT}" if path.exists() else f"{path} does not exist. {WAY_OUT}")
    try:
        file_bytes = path.stat().st_size
        if file_bytes > FILE_BYTES_MAX:
            raise PlacesError(f"{path} has {file_bytes} bytes; no more than {FILE_BYTES_MAX} are read. {WAY_OUT}")
        # The reader in Python, because the one in C was seen to crash the whole process on damaged files.
        with geoip2.database.Reader(path, mode=maxminddb.MODE_MMAP) as reader:
            about = reader.metadata()
        metadata = Metadata(
            str(about.database_type),
            datetime.fromtimestamp(about.build_epoch, UTC).date(),
            int(about.ip_version),
            int(about.node_count),
            int(about.record_size),
        )
        data = path.read_bytes()
    except UNREADABLE as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise PlacesError(f"{path} cannot be read as a geography database ({reason}). {WAY_OUT}") from error
    if not metadata.name.isprintable() or not 0 < len(metadata.name) <= NAME_LENGTH_MAX:
        raise damaged(path, "it does not tell its type")
    if not any(kind in metadata.name for kind in KINDS):
        raise PlacesError(f"{path} is a database of type {metadata.name}, which has no places. {WAY_OUT}")
    return metadata, data
