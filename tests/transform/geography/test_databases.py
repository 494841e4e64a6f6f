import gzip
import json
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_network
from pathlib import Path
from typing import Any

import geoip2.database
import geoip2.errors
import maxminddb
import numpy as np
import pyarrow as pa
import pytest

from tests.transform.geography.conftest import WriteDatabase
from transform.geography import UNKNOWN, Places
from transform.geography.databases.trees import SearchTree
from transform.geography.intervals import WITHOUT_PLACE_V6

KNOWN_DATABASES = ("GeoIP2-City-Test.mmdb", "GeoLite2-City-Test.mmdb", "GeoIP2-Country-Test.mmdb")
GERMANY = {"country": {"iso_code": "DE"}, "subdivisions": [{"iso_code": "BY"}, {"iso_code": "XX"}]}
BAVARIA_BY_NAME = {
    "city": {"names": {"en": "Munich"}},
    "country": {"iso_code": "DE"},
    "location": {"latitude": 48.1, "longitude": 11.5},
    "subdivisions": [{"names": {"en": "Bavaria"}}],
}


def located(places: Places, *addresses: str) -> list[tuple[str, str]]:
    countries, regions = places.locate(pa.array(addresses, pa.string()))
    return list(zip(countries.to_pylist(), regions.to_pylist(), strict=True))


def place(record: Any) -> tuple[str, str]:
    """Give what a record of MaxMind's says, read plainly."""
    country = ((record or {}).get("country") or {}).get("iso_code")
    subdivisions = (record or {}).get("subdivisions") or [{}]
    region = subdivisions[0].get("iso_code")
    return country or UNKNOWN, f"{country}-{region}" if country and region else UNKNOWN


def test_maxminds_own_list_of_records(shared: Path) -> None:
    places = Places.compile(shared / "geoip" / "GeoIP2-City-Test.mmdb")
    records = json.loads(gzip.decompress((shared / "geoip" / "GeoIP2-City-Test.json.gz").read_bytes()))
    expected: dict[str, tuple[str, str]] = {}
    for network, record in (item for listed in records for item in listed.items()):
        first = ip_network(network).network_address
        text = network.split("/")[0].removeprefix("::") if "." in network else str(first)
        expected[text] = place(record)
    assert len(expected) > 240
    assert located(places, *expected) == list(expected.values())
    assert located(places, "81.2.69.160", "216.160.83.56", "89.160.20.112") == [
        ("GB", "GB-ENG"),
        ("US", "US-WA"),
        ("SE", "SE-E"),
    ]
    assert (places.name, str(places.built)) == ("GeoIP2-City", "2026-02-04")


@pytest.mark.parametrize("name", KNOWN_DATABASES)
def test_random_addresses_as_the_ordinary_reader_answers_them(shared: Path, name: str) -> None:
    """Random addresses, most of them inside the networks of the database, for the test databases are nearly empty."""
    path = shared / "geoip" / name
    places = Places.compile(path)
    chance = np.random.default_rng(81_2_69_160)
    with maxminddb.open_database(path) as reader:
        networks = [network for network, _ in reader if network.version == 4 or network.prefixlen <= 64]
        addresses = [str(IPv4Address(number)) for number in chance.integers(0, 1 << 32, 2000).tolist()]
        addresses += [str(IPv6Address(number << 64)) for number in chance.integers(1 << 61, 1 << 62, 500).tolist()]
        for network in networks:
            size = min(network.num_addresses, 1 << 62)
            inside = [int(network.network_address) + offset for offset in chance.integers(0, size, 5).tolist()]
            addresses += [str(type(network.network_address)(number)) for number in inside]
        expected = [
            (UNKNOWN, UNKNOWN) if without_place(address) else place(reader.get(address)) for address in addresses
        ]
    assert located(places, *addresses) == expected
    assert len(set(expected)) > 40


def without_place(address: str) -> bool:
    if ":" not in address:
        return False
    parsed = IPv6Address(address)
    return any(parsed in network for network in WITHOUT_PLACE_V6 if network != IPv6Network("2002::/16"))


def test_geoip2_says_the_same(shared: Path) -> None:
    path = shared / "geoip" / "GeoLite2-City-Test.mmdb"
    places = Places.compile(path)
    with geoip2.database.Reader(path) as reader:
        for address in ("81.2.69.160", "2001:218::1", "2a02:d180::1", "67.43.156.1"):
            found = reader.city(address)
            code = found.subdivisions[0].iso_code if found.subdivisions else None
            region = f"{found.country.iso_code}-{code}" if code else UNKNOWN
            assert located(places, address) == [(found.country.iso_code, region)]
        with pytest.raises(geoip2.errors.AddressNotFoundError):
            reader.city("9.9.9.9")
    assert located(places, "9.9.9.9") == [(UNKNOWN, UNKNOWN)]


@pytest.mark.parametrize("record_size", [24, 28, 32])
@pytest.mark.parametrize("ip_version", [4, 6])
def test_every_size_of_numbers_in_the_tree(write_database: WriteDatabase, record_size: int, ip_version: int) -> None:
    networks: dict[str, Any] = {f"{part}.0.0.0/9": {"country": {"iso_code": "FR"}} for part in range(20, 200, 7)}
    networks |= {"5.6.7.0/24": GERMANY, "5.6.7.8/32": {"country": {"iso_code": "CH"}}}
    if ip_version == 6:
        networks |= {"2a02:8109::/32": GERMANY}
    places = Places.compile(write_database(networks, "X-City", ip_version, record_size))
    asked = ["5.6.7.7", "5.6.7.8", "5.6.7.9", "20.127.255.255", "20.128.0.0", "2a02:8109::1", "2a02:810a::"]
    v6 = ("DE", "DE-BY") if ip_version == 6 else (UNKNOWN, UNKNOWN)
    assert located(places, *asked) == [
        ("DE", "DE-BY"),
        ("CH", UNKNOWN),
        ("DE", "DE-BY"),
        ("FR", UNKNOWN),
        (UNKNOWN, UNKNOWN),
        v6,
        (UNKNOWN, UNKNOWN),
    ]


def test_numbers_of_28_bits_share_a_byte() -> None:
    nodes = np.array([[0x12, 0x34, 0x56, 0xAB, 0x78, 0x9A, 0xBC]], np.uint8)
    tree = SearchTree(Path("a.mmdb"), nodes, 6, 100)
    assert tree._children(np.zeros(1, np.uint32)).tolist() == [[0xA123456, 0xB789ABC]]


@pytest.mark.parametrize("size", [24, 28, 32])
def test_maxminds_trees_of_every_size_have_the_networks_of_the_ordinary_reader(shared: Path, size: int) -> None:
    """These hold words instead of places, so only the walk over the tree is compared."""
    path = shared / "geoip" / f"MaxMind-DB-test-mixed-{size}.mmdb"
    with maxminddb.open_database(path) as reader:
        about = reader.metadata()
        nodes = np.frombuffer(path.read_bytes(), np.uint8, about.node_count * size // 4).reshape(-1, size // 4)
        leaves = SearchTree(path, nodes, 6, path.stat().st_size).v4_leaves()
        known = [int(start) for start, record in zip(leaves.starts, leaves.records, strict=True) if record]
        expected = [int(network.network_address) for network, _ in reader if network.version == 4]
    assert known
    assert known == expected


def test_a_database_of_countries_knows_no_regions(write_database: WriteDatabase) -> None:
    places = Places.compile(write_database({"5.0.0.0/8": {"country": {"iso_code": "DE"}}}, "DBIP-Country-Lite"))
    assert located(places, "5.1.1.1", "6.1.1.1") == [("DE", UNKNOWN), (UNKNOWN, UNKNOWN)]
    assert "db-ip.com" in places.attribution_html


def test_names_of_regions_get_their_codes(write_database: WriteDatabase) -> None:
    records = {
        "5.0.0.0/8": BAVARIA_BY_NAME,
        "6.0.0.0/8": BAVARIA_BY_NAME | {"subdivisions": [{"names": {"en": "No such region"}}]},
        "7.0.0.0/8": BAVARIA_BY_NAME | {"subdivisions": [{"names": {"de": "Bavaria"}}]},
        "8.0.0.0/8": BAVARIA_BY_NAME | {"country": {"iso_code": "FR"}},
    }
    places = Places.compile(write_database(records, "DBIP-City-Lite"))
    assert located(places, "5.1.1.1", "6.1.1.1", "7.1.1.1", "8.1.1.1") == [
        ("DE", "DE-BY"),
        ("DE", UNKNOWN),
        ("DE", UNKNOWN),
        ("FR", UNKNOWN),
    ]


def test_what_db_ip_fills_unused_space_with_is_unknown(write_database: WriteDatabase) -> None:
    filler = BAVARIA_BY_NAME | {"city": {"names": {"en": "Murten/Morat"}}}
    networks = {"3000::/4": filler, "2a00::/16": BAVARIA_BY_NAME, "2a01::/16": GERMANY}
    asked = ["3000::1", "2a00::1", "2a01::1"]
    by_db_ip = Places.compile(write_database(networks, "DBIP-City-Lite"))
    assert located(by_db_ip, *asked) == [(UNKNOWN, UNKNOWN), ("DE", "DE-BY"), ("DE", "DE-BY")]
    by_others = Places.compile(write_database(networks, "Other-City"))
    assert located(by_others, *asked) == [("DE", "DE-BY")] * 3


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"country": {"iso_code": "de"}}, (UNKNOWN, UNKNOWN)),
        ({"country": {"iso_code": "ZZ"}}, (UNKNOWN, UNKNOWN)),
        ({"country": {"iso_code": 7}}, (UNKNOWN, UNKNOWN)),
        ({"country": "DE"}, (UNKNOWN, UNKNOWN)),
        ({"country_code": "DE"}, (UNKNOWN, UNKNOWN)),
        ({"registered_country": {"iso_code": "DE"}}, (UNKNOWN, UNKNOWN)),
        ("DE", (UNKNOWN, UNKNOWN)),
        ({}, (UNKNOWN, UNKNOWN)),
        ({"country": {"iso_code": "DE"}, "subdivisions": []}, ("DE", UNKNOWN)),
        ({"country": {"iso_code": "DE"}, "subdivisions": {"iso_code": "BY"}}, ("DE", UNKNOWN)),
        ({"country": {"iso_code": "DE"}, "subdivisions": [{"iso_code": "Bavaria"}]}, ("DE", UNKNOWN)),
        ({"country": {"iso_code": "DE"}, "subdivisions": ["BY"]}, ("DE", UNKNOWN)),
        ({"country": {"iso_code": "DE"}, "subdivisions": [{"iso_code": "BY"}], "z": list(range(400))}, ("DE", "DE-BY")),
        ({"a" * 40: "b" * 70_000, "country": {"iso_code": "DE", "names": {"en": "c" * 300}}}, ("DE", UNKNOWN)),
    ],
)
def test_records_of_every_shape(write_database: WriteDatabase, record: Any, expected: tuple[str, str]) -> None:
    places = Places.compile(write_database({"5.0.0.0/8": record, "6.0.0.0/8": GERMANY}))
    assert located(places, "5.1.1.1", "6.1.1.1") == [expected, ("DE", "DE-BY")]


def test_private_addresses_stay_unknown_whatever_the_database_says(write_database: WriteDatabase) -> None:
    places = Places.compile(write_database({"0.0.0.0/0": GERMANY, "2000::/3": GERMANY}))
    asked = ["10.0.0.1", "192.168.1.1", "127.0.0.1", "224.0.0.1", "2001:db8::1", "fe80::1", "::1", "9.255.255.255"]
    assert located(places, *asked) == [*[(UNKNOWN, UNKNOWN)] * 7, ("DE", "DE-BY")]
    assert located(places, "11.0.0.0", "223.255.255.255", "2a00::1", "3ffe::1") == [("DE", "DE-BY")] * 4


def test_nothing_finer_than_a_region_is_kept(write_database: WriteDatabase, tmp_path: Path) -> None:
    """R6: region by default, city never."""
    places = Places.compile(write_database({"5.0.0.0/8": BAVARIA_BY_NAME}, "DBIP-City-Lite"))
    places.save(tmp_path / "kept")
    assert places.tables.places == ("DE-BY",)
    for path in (tmp_path / "kept").iterdir():
        assert b"Munich" not in path.read_bytes()
