"""Tables of intervals as two Parquet files, `places_v4.parquet` and `places_v6.parquet`: shipped, or compiled and kept.

Each has the columns `start` (uint32, for IPv6 the top 64 bits as uint64) and `place` (dictionary: "DE-BY", "DE" or
null for unknown); a row holds until the next row's start. The metadata carry the database's type and build date, and
what its licence asks for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from transform.geography.attribution import attribution_of
from transform.geography.errors import PlacesError
from transform.geography.intervals import NO_PLACE, Intervals
from transform.geography.records import PLACE

FILE_NAMES: Final = ("places_v4.parquet", "places_v6.parquet")
KEY_TYPES: Final = (np.uint32, np.uint64)
COMPRESSION_LEVEL: Final = 19  # written once, read by every worker
PAGE_BYTES: Final = 1 << 23


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
    """Write both files into `folder`; `about` adds to their metadata. A reader never sees half a file."""
    folder.mkdir(parents=True, exist_ok=True)
    attribution = attribution_of(tables.name)
    told = {
        "attribution": attribution.text,
        "attribution_html": attribution.html,
        "database_type": tables.name,
        "database_built": tables.built.isoformat(),
    }
    for file_name, intervals in zip(FILE_NAMES, (tables.v4, tables.v6), strict=True):
        used, numbers = np.unique(intervals.places[intervals.places != NO_PLACE], return_inverse=True)
        indices = np.zeros(len(intervals.places), np.int16)
        indices[intervals.places != NO_PLACE] = numbers
        column = pa.DictionaryArray.from_arrays(
            pa.array(indices, mask=intervals.places == NO_PLACE),
            pa.array([tables.places[number] for number in used.tolist()], pa.string()),
        )
        table = pa.table({"start": intervals.starts, "place": column})
        partial = folder / f"{file_name}.partial"
        pq.write_table(
            table.replace_schema_metadata({**about, **told, "rows": str(len(table))}),
            partial,
            compression="zstd",
            compression_level=COMPRESSION_LEVEL,
            use_dictionary=["place"],
            column_encoding={"start": "DELTA_BINARY_PACKED"},
            row_group_size=max(len(table), 1),
            data_page_size=PAGE_BYTES,
            max_rows_per_page=max(len(table), 1),
        )
        partial.replace(folder / file_name)


def read_tables(folder: Path) -> PlaceTables:
    """Read both files of `folder`; `PlacesError` when one is missing, damaged or from another database than the other."""
    v4, v6 = (_read_file(folder / name, key_type) for name, key_type in zip(FILE_NAMES, KEY_TYPES, strict=True))
    if v4.about != v6.about:
        raise PlacesError(f"{folder} holds tables of two databases, {v4.about} and {v6.about}. Compile the database again.")
    places = tuple(sorted({*v4.places, *v6.places}))
    number_of = {place: number for number, place in enumerate(places)}
    renumbered = [
        Intervals(file.starts, np.array([*(number_of[place] for place in file.places), NO_PLACE], np.int16)[file.numbers])
        for file in (v4, v6)
    ]
    return PlaceTables(v4.about[0], date.fromisoformat(v4.about[1]), places, *renumbered)
