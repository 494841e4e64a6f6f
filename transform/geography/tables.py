"""Tables of intervals as two Parquet files, `places_v4.parquet` and `places_v6.parquet`: shipped, or compiled and kept.

Each has the columns `start` (uint32, for IPv6 the top 64 bits as uint64) and `place` (dictionary: "DE-BY", "DE" or
null for unknown); a row holds until the next row's start. The metadata carry the database's type and build date, and
what its licence asks for.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from transform.geography.attribution import attribution_of
from transform.geography.errors import PlacesError
from transform.geography.intervals import NO_PLACE, PLACES_MAX, Intervals, Keys, PlaceNumbers

V4_FILE: Final = "places_v4.parquet"
V6_FILE: Final = "places_v6.parquet"
ORIGIN: Final = "origin"
COMPRESSION_LEVEL: Final = 19  # written once, read by every worker
PAGE_BYTES: Final = 1 << 23
ROWS_AT_ONCE: Final = 1 << 17
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
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # A folder of its own for each writer: two workers may compile the same database at once.
        with TemporaryDirectory(dir=folder, prefix="writing-") as scratch:
            for file_name, intervals in ((V4_FILE, tables.v4), (V6_FILE, tables.v6)):
                path = Path(scratch) / file_name
                _write_file(path, intervals, tables.places, told)
                path.replace(folder / file_name)
    except OSError as error:
        raise PlacesError(f"{folder} cannot hold the compiled places ({error}). Name a folder to write to.") from error


def _write_file(path: Path, intervals: Intervals, places: tuple[str, ...], told: Mapping[str, str]) -> None:
    """Write one file; its dictionary has only the places that it uses."""
    nowhere = intervals.places == NO_PLACE
    used, numbers = np.unique(intervals.places[~nowhere], return_inverse=True)
    indices = np.zeros(len(intervals.places), np.int16)
    indices[~nowhere] = numbers
    words = pa.array([places[number] for number in used.tolist()], pa.string())
    column = pa.DictionaryArray.from_arrays(pa.array(indices, mask=nowhere), words)
    table = pa.table({"start": intervals.starts, "place": column})
    pq.write_table(
        table.replace_schema_metadata({**told, "rows": str(len(table))}),
        path,
        compression="zstd",
        compression_level=COMPRESSION_LEVEL,
        use_dictionary=["place"],
        column_encoding={"start": "DELTA_BINARY_PACKED"},
        row_group_size=len(table),
        data_page_size=PAGE_BYTES,
        max_rows_per_page=len(table),
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
    if (v4.name, v4.built) != (v6.name, v6.built):
        raise PlacesError(
            f"{folder} holds tables of two databases, {v4.name} of {v4.built} and {v6.name} of {v6.built}. {WAY_OUT}"
        )
    places = tuple(sorted({*v4.places, *v6.places}))
    return PlaceTables(v4.name, v4.built, places, v4.renumbered(places), v6.renumbered(places))


@dataclass(frozen=True, slots=True)
class _File:
    """One file as it stands on disk, with place numbers of its own."""

    name: str
    built: date
    places: list[str]
    starts: Keys
    numbers: PlaceNumbers

    def renumbered(self, places: tuple[str, ...]) -> Intervals:
        """Take the numbers of `places` instead; -1 counts from the end, where `NO_PLACE` is added."""
        number_of = {place: number for number, place in enumerate(places)}
        return Intervals(
            self.starts, np.array([*map(number_of.__getitem__, self.places), NO_PLACE], np.int16)[self.numbers]
        )


def _read_file(path: Path, key_type: type[np.uint32 | np.uint64]) -> _File:
    """Read and check one file."""
    try:
        with pq.ParquetFile(path, read_dictionary=["place"]) as file:
            about = file.schema_arrow.metadata
            name, built = about[b"database_type"].decode(), date.fromisoformat(about[b"database_built"].decode())
            starts, numbers, places = _read_rows(file, key_type)
    except FileNotFoundError:
        raise PlacesError(f"{path} does not exist. {WAY_OUT}") from None
    except UNREADABLE as error:
        reason = " ".join(str(error).split())
        raise PlacesError(f"{path} cannot be read as a table of places ({reason}). {WAY_OUT}") from error
    in_order = len(starts) and starts[0] == 0 and (starts[1:] > starts[:-1]).all()
    if not in_order or len(places) > PLACES_MAX or not all(PLACE.match(place) for place in places):
        raise PlacesError(f"{path} is damaged: its rows are not addresses in order with places. {WAY_OUT}")
    return _File(name, built, places, starts, numbers)


def _read_rows(file: pq.ParquetFile, key_type: type[np.uint32 | np.uint64]) -> tuple[Keys, PlaceNumbers, list[str]]:
    """Give starts, place numbers and places; piece by piece, which needs half the memory of reading all at once."""
    rows_total = file.metadata.num_rows
    starts, numbers = np.empty(rows_total, key_type), np.empty(rows_total, np.int16)
    dictionary, row = pa.array([], pa.string()), 0
    for piece in file.iter_batches(ROWS_AT_ONCE, columns=["start", "place"], use_threads=False):
        start, place = piece.columns
        rows = slice(row, row + len(piece))
        np.copyto(starts[rows], start.to_numpy(), casting="no")
        np.copyto(numbers[rows], place.indices.fill_null(NO_PLACE).to_numpy(), casting="same_kind")
        if row and not place.dictionary.equals(dictionary):
            raise ValueError("its pieces number places differently")
        dictionary, row = place.dictionary, rows.stop
    return starts, numbers, dictionary.to_pylist()
