"""A City or Country database of MaxMind or DB-IP (MMDB file), turned into tables of intervals.

The file comes from somebody else: whatever it holds, the answer is tables or one `PlacesError`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Final

import geoip2.database
import maxminddb
import numpy as np

from transform.geography.intervals import (
    NO_PLACE,
    WITHOUT_PLACE_V4,
    WITHOUT_PLACE_V6,
    Intervals,
    PlaceNumbers,
)
from transform.geography.errors import PlacesError
from transform.geography.tables import PlaceTables
from transform.geography.trees import NOTHING, Leaves, SearchTree

KINDS: Final = ("City", "Country")
NAME_LENGTH_MAX: Final = 80
PLACES_MAX: Final = np.iinfo(np.int16).max
WAY_OUT: Final = "Name a City or Country database (GeoLite2, GeoIP2 or DB-IP), or none to use the places shipped here."
# Never handed out by IANA, so what DB-IP's city databases say of it is their filler for all IPv6 space that is not
# in use: one Swiss town, to which test traffic would be counted.
NEVER_HANDED_OUT: Final = IPv6Address("3000::")
# What the two readers were seen to raise on files that are damaged or no databases (InvalidDatabaseError is a
# RuntimeError).
UNREADABLE: Final = (OSError, RuntimeError, ValueError, TypeError, ArithmeticError, LookupError, MemoryError)

PlaceOf = Callable[[object], str | None]


def compile_database(path: Path, place_of: PlaceOf) -> PlaceTables:
    """Read a whole database; `place_of` maps a record to its place. `PlacesError` when it cannot be used."""
    name, built = check_database(path)
    with _one_clear_line(path), maxminddb.open_database(path) as reader:
        about = reader.metadata()
        tree = SearchTree.open(path, about.node_count, about.record_size, about.ip_version)
        v4, v6 = tree.v4_leaves(), tree.v6_leaves()
        filler = reader.get(NEVER_HANDED_OUT) if name.startswith("DBIP-City") and about.ip_version == 6 else None  # noqa: PLR2004
        places, v4_numbers, v6_numbers = _label(
            v4, v6, reader, lambda record: None if record == filler else place_of(record)
        )
    if not places:
        raise PlacesError(f"{path} ({name}) gives no address a country. {WAY_OUT}")
    return PlaceTables(
        name,
        built,
        places,
        Intervals(v4.starts.astype(np.uint32), v4_numbers).merged().without(WITHOUT_PLACE_V4),
        Intervals(v6.starts, v6_numbers).merged().without(WITHOUT_PLACE_V6),
    )


def check_database(path: Path) -> tuple[str, date]:
    """Give name (its type) and build date of a database; `PlacesError` when it is not one of cities or countries."""
    with _one_clear_line(path), geoip2.database.Reader(path) as reader:
        about = reader.metadata()
        name, built = about.database_type, datetime.fromtimestamp(about.build_epoch, UTC).date()
        readable = isinstance(name, str) and name.isprintable() and 0 < len(name) <= NAME_LENGTH_MAX
    if not readable:
        raise PlacesError(f"{path} is damaged: it does not tell its type. Fetch the database again.")
    if not any(kind in name for kind in KINDS):
        raise PlacesError(f"{path} is a database of type {name}, which has no places. {WAY_OUT}")
    return name, built


def _label(
    v4: Leaves, v6: Leaves, reader: maxminddb.Reader, place_of: PlaceOf
) -> tuple[tuple[str, ...], PlaceNumbers, PlaceNumbers]:
    """Decode each distinct record once; give all places in order and the place number of every network."""
    records, first, record_of = np.unique(
        np.concatenate([v4.records, v6.records]), return_index=True, return_inverse=True
    )
    starts = np.concatenate([v4.starts, v6.starts])
    found: list[str | None] = []
    for record, row in zip(records.tolist(), first.tolist(), strict=True):
        key = int(starts[row])
        address = IPv4Address(key) if row < len(v4.starts) else IPv6Address(key << 64)
        found.append(None if record == NOTHING else place_of(reader.get(address)))
    places = tuple(sorted({place for place in found if place is not None}))
    if len(places) > PLACES_MAX:
        raise PlacesError(f"the database names {len(places)} places, more than the {PLACES_MAX} that a table can hold")
    number_of = {place: number for number, place in enumerate(places)}
    numbers = np.array([NO_PLACE if place is None else number_of[place] for place in found], np.int16)[record_of]
    return places, numbers[: len(v4.starts)], numbers[len(v4.starts) :]


@contextmanager
def _one_clear_line(path: Path) -> Iterator[None]:
    """Turn whatever the readers raise into one line that names the file."""
    try:
        yield
    except FileNotFoundError:
        raise PlacesError(f"{path} does not exist. {WAY_OUT}") from None
    except UNREADABLE as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise PlacesError(f"{path} cannot be read as a geography database ({reason}). {WAY_OUT}") from error
