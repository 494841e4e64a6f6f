"""Tables of intervals as two Parquet files, `places_v4.parquet` and `places_v6.parquet`: shipped, or compiled and kept.

Each has the columns `start` (uint32, for IPv6 the top 64 bits as uint64) and `place` (int16: a number in the list of places,
or -1 for unknown); a row holds until the next row's start. The metadata carry the places ("DE-BY", "DE"), the database's type
and build date, and what its licence asks for.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from transform.geography.attribution import attribution_of
from transform.geography.errors import PlacesError
from transform.geography.intervals import NO_PLACE, PLACES_MAX, Intervals, Keys, PlaceNumbers

V4_FILE: Final = "places_v4.parquet"
V6_FILE: Final = "places_v6.parquet"
ORIGIN: Final = "origin"
# Written once, and read at every worker's start: bytes of one significance side by side, packed by what is fastest to unpack,
# take a quarter of the time that differences in zstd take, and half as much room again. A page fits into the cache.
CODEC: Final = "lz4"
ENCODING: Final = "BYTE_STREAM_SPLIT"
PAGE_ROWS: Final = 1 << 16
WAY_OUT: Final = "Compile the database again."
PLACE: Final = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?\Z")
UNREADABLE: Final = (OSError, ValueError, TypeError, LookupError, AttributeError, pa.ArrowException)


@dataclass(frozen=True, slots=True)
class PlaceTables:
    """What one database knows.

    Attributes:
        name: the database's type, such as "GeoLite2-City".
        built: the day on which it was built.
        places: the places that the intervals number, in order.
        v4: intervals of IPv4 addresses (uint32).
        v6: intervals of the top 64 bits of IPv6 addresses (uint64).
    """

    name: str
    built: date
    places: tuple[str, ...]
    v4: Intervals
    v6: Intervals


def write_tables(tables: PlaceTables, folder: Path, about: Mapping[str, str]) -> None:
    """Write both files into `folder`; `about` adds to their metadata.

    A reader never sees half a file. `PlacesError` when the folder cannot be written.
    """
    attribution = attribution_of(tables.name)
    told = {
        **about,
        "attribution": attribution.text,
        "attribution_html": attribution.html,
        "database_type": tables.name,
        "database_built": tables.built.isoformat(),
        "places": json.dumps(tables.places),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # A folder of its own for each writer: two workers may compile the same database at once.
        with TemporaryDirectory(dir=folder, prefix="writing-") as scratch:
            for file_name, intervals in ((V4_FILE, tables.v4), (V6_FILE, tables.v6)):
                path = Path(scratch) / file_name
                _write_file(path, intervals, {**told, "rows": str(len(intervals.starts))})
                path.replace(folder / file_name)
    except OSError as error:
        raise PlacesError(f"{folder} cannot hold the compiled places ({error}). Name a folder to write to.") from error


def _write_file(path: Path, intervals: Intervals, told: Mapping[str, str]) -> None:
    """Write one file."""
    columns = {"start": pa.array(intervals.starts), "place": pa.array(intervals.places)}
    schema = pa.schema([pa.field(name, column.type, nullable=False) for name, column in columns.items()], told)
    rows = len(intervals.starts)
    pq.write_table(
        pa.table(columns, schema=schema),
        path,
        compression=CODEC,
        use_dictionary=False,
        column_encoding=dict.fromkeys(columns, ENCODING),
        row_group_size=rows,
        data_page_size=PAGE_ROWS * 8,
        max_rows_per_page=PAGE_ROWS,
    )


def read_origin(folder: Path) -> str | None:
    """Give what `write_tables` was told under the key `ORIGIN`; None where the files do not say, or differ."""
    try:
        told = {(pq.read_metadata(folder / name).metadata or {}).get(ORIGIN.encode()) for name in (V4_FILE, V6_FILE)}
    except UNREADABLE:
        return None
    origin = told.pop()
    return origin.decode() if origin and not told else None


def read_tables(folder: Path) -> PlaceTables:
    """Read both files of `folder`; `PlacesError` when one is missing or damaged, or the two are not of one database."""
    v4, v6 = _read_file(folder / V4_FILE, np.uint32), _read_file(folder / V6_FILE, np.uint64)
    if (v4.name, v4.built, v4.places) != (v6.name, v6.built, v6.places):
        raise PlacesError(
            f"{folder} holds tables of two databases, {v4.name} of {v4.built} and {v6.name} of {v6.built}. {WAY_OUT}"
        )
    return PlaceTables(v4.name, v4.built, v4.places, v4.intervals, v6.intervals)


@dataclass(frozen=True, slots=True)
class _File:
    """One file as it stands on disk."""

    name: str
    built: date
    places: tuple[str, ...]
    intervals: Intervals


def _read_file(path: Path, key_type: type[np.uint32 | np.uint64]) -> _File:
    """Read and check one file."""
    try:
        with pq.ParquetFile(path) as file:
            about = file.schema_arrow.metadata
            name, built = about[b"database_type"].decode(), date.fromisoformat(about[b"database_built"].decode())
            places = tuple(json.loads(about[b"places"]))
            starts: Keys = _read_column(file, "start", key_type)
            numbers: PlaceNumbers = _read_column(file, "place", np.int16)
    except FileNotFoundError:
        raise PlacesError(f"{path} does not exist. {WAY_OUT}") from None
    except UNREADABLE as error:
        reason = " ".join(str(error).split())
        raise PlacesError(f"{path} cannot be read as a table of places ({reason}). {WAY_OUT}") from error
    if not (_are_in_order(starts) and _are_places(places) and _are_numbers(numbers, len(places))):
        raise PlacesError(f"{path} is damaged: its rows are not addresses in order with places. {WAY_OUT}")
    return _File(name, built, places, Intervals(starts, numbers))


def _read_column(file: pq.ParquetFile, name: str, kind: type[np.generic]) -> Any:
    """Give a column as Arrow's own memory: by itself, for both at once would take more memory."""
    chunks = file.read([name], use_threads=False).column(name).chunks
    if len(chunks) != 1 or chunks[0].type != pa.from_numpy_dtype(kind):
        raise ValueError(f"the column {name} is not one piece of {kind.__name__}")
    return chunks[0].to_numpy()


def _are_in_order(starts: Keys) -> bool:
    return bool(len(starts) and starts[0] == 0 and (starts[1:] > starts[:-1]).all())


def _are_places(places: tuple[Any, ...]) -> bool:
    """Say whether these are codes in order, each once, and no more than can be numbered."""
    are_codes = all(isinstance(place, str) and PLACE.match(place) for place in places)
    return are_codes and len(places) <= PLACES_MAX and list(places) == sorted(set(places))


def _are_numbers(numbers: PlaceNumbers, places: int) -> bool:
    return bool(numbers.min() >= NO_PLACE and numbers.max() < places)
