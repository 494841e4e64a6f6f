"""What a record of a geography database says: a place, "DE-BY" (country and region) or "DE" (country alone).

Countries are ISO 3166-1 and regions ISO 3166-2 codes. Cities, coordinates and everything else in a record are not even
looked at, so nothing finer than a region can get further than this module.
"""

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

COUNTRY: Final = re.compile(r"[A-Z]{2}\Z")
REGION: Final = re.compile(r"[A-Z0-9]{1,3}\Z")
PLACE: Final = r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$"
NO_COUNTRY: Final = "ZZ"  # DB-IP's code for addresses that belong to nobody
REGION_CODES: Final = Path(__file__).parent / "data" / "region_codes.json"

RegionCodes = Mapping[str, Mapping[str, str]]


def place_reader() -> Callable[[object], str | None]:
    """Make the function from a record to its place; it knows the codes of region names (see `read_region_codes`)."""
    return partial(place_of, region_codes=read_region_codes())


def read_region_codes() -> RegionCodes:
    """Read the ISO 3166-2 code of each region name: country, name, code; for databases with names only (DB-IP Lite)."""
    return msgspec.json.decode(REGION_CODES.read_bytes(), type=dict[str, dict[str, str]])


def place_of(record: object, region_codes: RegionCodes) -> str | None:
    """Give the place of a record, or None where it has no country; the first subdivision is the top level."""
    country, region, region_name = country_and_region(record)
    if country is None:
        return None
    if region is not None:
        return f"{country}-{region}"
    return region_codes.get(country, {}).get(region_name or "", country)


def country_and_region(record: object) -> tuple[str | None, str | None, str | None]:
    """Give a record's country code, region code (without the country) and English region name, as far as it has them."""
    country = _text(_item(_item(record, "country"), "iso_code"))
    if country is None or not COUNTRY.match(country) or country == NO_COUNTRY:
        return None, None, None
    subdivisions = _item(record, "subdivisions")
    subdivision = subdivisions[0] if isinstance(subdivisions, list) and subdivisions else None
    region = _text(_item(subdivision, "iso_code"))
    if region is not None and not REGION.match(region):
        region = None
    return country, region, _text(_item(_item(subdivision, "names"), "en"))


def _item(holder: object, key: str) -> Any:
    return holder.get(key) if isinstance(holder, dict) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
