"""Places: which country and region an address belongs to, and which database says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, Literal, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from transform.geography.addresses import find_places
from transform.geography.attribution import attribution_of
from transform.geography.errors import PlacesError
from transform.geography.tables import ORIGIN, PlaceTables, read_origin, read_tables, write_tables

UNKNOWN: Final = "unknown"
SHIPPED: Final = Path(__file__).parent / "data"
NO_METADATA: Final[Mapping[str, str]] = {}
COMPILER_VERSION: Final = 2  # to be raised when the same database gives other tables, or files of another form

Level = Literal["region", "country"]


@dataclass(frozen=True, slots=True)
class Places:
    """A table of addresses and their places, in memory (about 35 MB for the shipped one); never finer than a region."""

    tables: PlaceTables
    countries: "_Words"
    regions: "_Words"

    @classmethod
    def shipped(cls) -> Self:
        """Read the places that come with Footfall: DB-IP City Lite, reduced to country and region."""
        return cls.open(SHIPPED)

    @classmethod
    def compile(cls, database: Path) -> Self:
        """Read a City or Country database (GeoLite2, GeoIP2, DB-IP; `.mmdb`): seconds, so `save` the result.

        Raises `PlacesError` when the file is missing, damaged, or a database of something else.
        """
        from transform.geography.databases import compile_database  # noqa: PLC0415 - 20 ms that the shipped table does not need

        return cls._of(compile_database(database))

    @classmethod
    def compile_once(cls, database: Path, folder: Path) -> Self:
        """Read a database and keep the tables in `folder`; read them from there as long as the file does not change.

        Raises `PlacesError` as `compile` does, also when the database has gone and only its tables are left.
        """
        stamp = _stamp(database)
        try:
            if stamp is not None and read_origin(folder) == stamp:
                return cls.open(folder)
        except PlacesError:
            pass  # whatever is wrong with the tables, compiling mends it
        places = cls.compile(database)
        places.save(folder, {} if stamp is None else {ORIGIN: stamp})
        return places

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Read what `save` wrote; `PlacesError` when the files are missing, damaged or of two databases."""
        return cls._of(read_tables(folder))

    @classmethod
    def _of(cls, tables: PlaceTables) -> Self:
        return cls(
            tables,
            _Words.of([place[:2] for place in tables.places]),
            _Words.of([place if "-" in place else UNKNOWN for place in tables.places]),
        )

    def save(self, folder: Path, about: Mapping[str, str] = NO_METADATA) -> None:
        """Write two Parquet files into `folder`, made if need be; `about` adds to their metadata."""
        write_tables(self.tables, folder, about)

    def locate(self, addresses: pa.StringArray, level: Level = "region") -> tuple[pa.Array, pa.Array]:
        """Give country and region of each address, as two columns of dictionary<int32, string>.

        Args:
            addresses: IPv4 or IPv6 addresses as text, best each once. IPv6 may have brackets or a zone; where it
                carries an IPv4 address (mapped, 6to4, Teredo, NAT64), that is looked up.
            level: with "country" every region is "unknown".

        Returns:
            ISO 3166-1 codes ("DE") and ISO 3166-2 codes ("DE-BY"), or "unknown": never null, one per address.
            Host names, private addresses and whatever is no address at all are unknown.
        """
        numbers = find_places(addresses, self.tables.v4, self.tables.v6)
        region_numbers = numbers if level == "region" else np.full_like(numbers, -1)
        return self.countries.column(numbers), self.regions.column(region_numbers)

    @property
    def name(self) -> str:
        """The type of the database, such as "DBIP-City-Lite"."""
        return self.tables.name

    @property
    def built(self) -> date:
        """The day on which the database was built."""
        return self.tables.built

    @property
    def attribution_text(self) -> str:
        """Whom to name where places are shown, as plain text."""
        return attribution_of(self.name).text

    @property
    def attribution_html(self) -> str:
        """Whom to name where places are shown, as HTML with the link that the licence asks for."""
        return attribution_of(self.name).html

    @property
    def licence(self) -> str:
        """Name of the licence that the places come under; empty when we do not know it."""
        return attribution_of(self.name).licence


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of one column, each once; `word_of` holds a word's position for each place, the last for no place."""

    words: pa.StringArray
    word_of: npt.NDArray[np.int32]

    @classmethod
    def of(cls, word_of_place: list[str]) -> Self:
        words, word_of = np.unique(np.array([*word_of_place, UNKNOWN]), return_inverse=True)
        return cls(pa.array(words.tolist(), pa.string()), word_of.astype(np.int32))

    def column(self, numbers: npt.NDArray[np.int16]) -> pa.DictionaryArray:
        """Give one word per place number; -1 counts from the end, where "unknown" stands."""
        return pa.DictionaryArray.from_arrays(pa.array(self.word_of[numbers]), self.words)


def _stamp(database: Path) -> str | None:
    """Tell one state of a file from another, None where there is no file."""
    try:
        about = database.stat()
    except OSError:
        return None
    return f"{database.name}, {about.st_size} bytes, changed {about.st_mtime_ns}, compiler {COMPILER_VERSION}"
