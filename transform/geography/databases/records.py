"""What a record of a geography database says: a place, "DE-BY" (country and region) or "DE" (country alone).

Countries are ISO 3166-1 and regions ISO 3166-2 codes. Cities, coordinates and everything else in a record are not even
read, so nothing finer than a region gets further than this module.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from transform.geography.databases.values import Values

COUNTRY: Final = re.compile(r"[A-Z]{2}\Z")
REGION: Final = re.compile(r"[A-Z0-9]{1,3}\Z")
NO_COUNTRY: Final = "ZZ"  # DB-IP's code for addresses that belong to nobody
REGION_CODES: Final = Path(__file__).parents[1] / "data" / "region_codes.json"

RegionCodes = Mapping[str, Mapping[str, str]]


class Named(NamedTuple):
    """The places that a record names: country code, region code without its country, English region name."""

    country: str
    region: str | None
    region_name: str | None


PlaceOf = Callable[[Named], str | None]


def read_region_codes() -> RegionCodes:
    """Read the ISO 3166-2 code of each region name (country, name, code), for databases with names only: DB-IP Lite."""
    return msgspec.json.decode(REGION_CODES.read_bytes(), type=dict[str, dict[str, str]])


def place_of(named: Named, region_codes: RegionCodes) -> str:
    """Give "DE-BY" where the record has a code or a known name for the region, else "DE"."""
    if named.region is not None:
        return f"{named.country}-{named.region}"
    return region_codes.get(named.country, {}).get(named.region_name or "", named.country)


class Records:
    """The records of one database; neighbours share their country and region, which are read once."""

    def __init__(self, values: Values) -> None:
        self._values = values
        self._countries: dict[int, str | None] = {}
        self._regions: dict[int, tuple[str | None, str | None]] = {}

    def named(self, position: int) -> Named | None:
        """Give what the record at a position names, None where it has no country; the first subdivision is the top."""
        fields = self._values.fields(position, (b"country", b"subdivisions"))
        country = self._country(fields.get(b"country"))
        return None if country is None else Named(country, *self._region(fields.get(b"subdivisions")))

    def _country(self, position: int | None) -> str | None:
        """Read a country's code, once per distinct country."""
        if position is None:
            return None
        position = self._values.resolved(position)
        if position not in self._countries:
            code = self._values.text(self._values.fields(position, (b"iso_code",)).get(b"iso_code"))
            known = code is not None and COUNTRY.match(code) and code != NO_COUNTRY
            self._countries[position] = code if known else None
        return self._countries[position]

    def _region(self, position: int | None) -> tuple[str | None, str | None]:
        """Read code and English name of the first subdivision, once per distinct list of subdivisions."""
        if position is None:
            return None, None
        position = self._values.resolved(position)
        if position not in self._regions:
            fields = self._values.fields(self._values.first(position), (b"iso_code", b"names"))
            code = self._values.text(fields.get(b"iso_code"))
            name = self._values.text(self._values.fields(fields.get(b"names"), (b"en",)).get(b"en"))
            self._regions[position] = code if code is not None and REGION.match(code) else None, name
        return self._regions[position]
