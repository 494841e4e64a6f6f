"""Compare the shipped places with the database they were made from, address by address, and time a look-up.

    python -m transform.geography.build.check_places DATABASE en.json natural_earth.parquet

Half of the addresses are spread evenly over the address space, half over the rows of the tables, so that small networks
are tried too. The database is asked through its ordinary reader, one address at a time, and the codes come from the
sources themselves.
"""

import argparse
import sys
import time
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from pathlib import Path
from typing import Any, Final

import maxminddb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from transform.geography import UNKNOWN, Places
from transform.geography.build.places import database_file
from transform.geography.build.region_codes import RegionCodes
from transform.geography.intervals import Intervals

SEED: Final = 20260901
V4_SAMPLES: Final = 300_000
V6_SAMPLES: Final = 60_000
V4_SPACE: Final = (0, 1 << 32)
V6_SPACE: Final = (1 << 61, 1 << 62)  # 2000::/3, of which the top 64 bits
DISTINCT: Final = 50_000
CARRIERS: Final = (IPv6Network("2002::/16"), IPv6Network("2001::/32"))
FINEST_V6: Final = 64
FILLER: Final = "3000::"


def draw(table: Intervals, space: tuple[int, int], samples: int, chance: np.random.Generator) -> list[int]:
    """Give random keys, half over the space and half over the rows of the table."""
    first, end = space
    anywhere = chance.integers(first, end, samples // 2, dtype=np.uint64)
    rows = chance.integers(0, len(table.starts), samples // 2)
    begin = table.starts.astype(np.uint64)
    width = np.append(begin[1:], np.uint64(end))[rows] - begin[rows]
    inside = begin[rows] + chance.integers(0, np.maximum(width, 1), dtype=np.uint64)
    keys: npt.NDArray[np.uint64] = np.concatenate([anywhere, inside])
    return keys[(keys >= first) & (keys < end)].tolist()


class Expected:
    """What the database itself says of an address."""

    def __init__(self, database: Path, regions: RegionCodes) -> None:
        self._reader = maxminddb.open_database(database)
        self._regions = regions
        self._filler = self._reader.get(FILLER)

    def place(self, address: IPv4Address | IPv6Address) -> tuple[str, str] | None:
        """Give country and region, as `Places.locate` should; None where the database divides a /64 further."""
        record: Any
        record, prefix_length = self._reader.get_with_prefix_len(address)
        if prefix_length > FINEST_V6:
            return None
        country = ((record or {}).get("country") or {}).get("iso_code", "ZZ")
        if record == self._filler or country == "ZZ":
            return UNKNOWN, UNKNOWN
        name = (record.get("subdivisions") or [{}])[0].get("names", {}).get("en")
        return country, (self._regions.find(country, name) if name else "") or UNKNOWN


def differences(places: Places, addresses: list[IPv4Address] | list[IPv6Address], expected: Expected) -> int:
    """Print and count the addresses of which the tables say something else."""
    countries, regions = places.locate(pa.array([str(address) for address in addresses]))
    wrong = unknown = finer = 0
    for address, country, region in zip(addresses, countries.to_pylist(), regions.to_pylist(), strict=True):
        right = expected.place(address)
        unknown += country == UNKNOWN
        finer += right is None
        if right not in {None, (country, region)}:
            wrong += 1
            print(f"{address}: {country} {region}, expected {right}")
    print(
        f"{len(addresses)} addresses: {wrong} differ, {unknown} are unknown, {finer} in a /64 that is divided further"
    )
    return wrong


def time_look_up(places: Places, chance: np.random.Generator) -> None:
    """Print how long 50,000 distinct IPv4 addresses take, text in, columns out."""
    keys = chance.permutation(np.unique(chance.integers(*V4_SPACE, DISTINCT, dtype=np.uint64)))
    texts = pa.array([str(IPv4Address(key)) for key in keys.tolist()])
    seconds = []
    for _ in range(7):
        begin = time.perf_counter()
        places.locate(texts)
        seconds.append(time.perf_counter() - begin)
    print(f"{len(texts)} distinct IPv4 addresses: {1000 * min(seconds):.1f} ms, first {1000 * seconds[0]:.1f} ms")


def main() -> None:
    """Compare both tables; exit code 1 when anything differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("database", "cldr", "natural_earth"):
        parser.add_argument(name, type=Path)
    arguments = parser.parse_args()
    chance = np.random.default_rng(SEED)
    places = Places.shipped()
    with database_file(arguments.database) as database:
        expected = Expected(database, RegionCodes(arguments.cldr, arguments.natural_earth))
        v4 = [IPv4Address(key) for key in draw(places.tables.v4, V4_SPACE, V4_SAMPLES, chance)]
        keys = draw(places.tables.v6, V6_SPACE, V6_SAMPLES, chance)
        v6 = [
            IPv6Address(key << 64 | host)
            for key, host in zip(keys, chance.integers(0, 1 << 64, len(keys), np.uint64).tolist(), strict=True)
        ]
        v6 = [address for address in v6 if not any(address in network for network in CARRIERS)]
        wrong = differences(places, v4, expected) + differences(places, v6, expected)
    time_look_up(places, chance)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
