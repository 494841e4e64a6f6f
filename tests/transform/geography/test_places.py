import json
import re
from datetime import date
from importlib.resources import files
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transform.geography.conftest import WriteDatabase
from transform.geography import UNKNOWN, Places, PlacesError, attribution_of
from transform.geography.intervals import WITHOUT_PLACE_V4, WITHOUT_PLACE_V6
from transform.geography.tables import V4_FILE, V6_FILE

DATA = Path(str(files("transform.geography"))) / "data"
TEXT_COLUMN = pa.dictionary(pa.int32(), pa.string())
GERMANY = {"country": {"iso_code": "DE"}, "subdivisions": [{"iso_code": "BY"}]}
FRANCE = {"country": {"iso_code": "FR"}}


def located(places: Places, *addresses: str | None) -> list[tuple[str, str]]:
    countries, regions = places.locate(pa.array(addresses, pa.string()))
    return list(zip(countries.to_pylist(), regions.to_pylist(), strict=True))


def test_the_shipped_places_know_a_londoner(shipped: Places) -> None:
    assert located(shipped, "81.2.69.160", "::ffff:81.2.69.160", "2002:5102:45a0::1") == [("GB", "GB-ENG")] * 3


def test_a_berliner_in_both_worlds(shipped: Places) -> None:
    countries, regions = shipped.locate(pa.array(["141.20.1.1", "2001:638::1"]))
    assert countries.to_pylist() == ["DE", "DE"]
    assert regions[0].as_py() == "DE-BE"


def test_at_the_level_of_countries_every_region_is_unknown(shipped: Places) -> None:
    countries, regions = shipped.locate(pa.array(["81.2.69.160", "10.0.0.1"]), "country")
    assert countries.to_pylist() == ["GB", UNKNOWN]
    assert regions.to_pylist() == [UNKNOWN, UNKNOWN]


def test_the_columns_are_dictionaries_without_nulls(shipped: Places) -> None:
    for addresses in (["81.2.69.160", None, "host"], [None], []):
        for level in ("region", "country"):
            for column in shipped.locate(pa.array(addresses, pa.string()), level):
                column.validate(full=True)
                assert column.type == TEXT_COLUMN
                assert len(column) == len(addresses)
                assert column.null_count == 0


@given(st.lists(st.text() | st.ip_addresses().map(str) | st.none(), max_size=8))
def test_whatever_the_text_there_is_an_answer(shipped: Places, addresses: list[str | None]) -> None:
    for country, region in located(shipped, *addresses):
        assert region == UNKNOWN or region.startswith(f"{country}-")


def test_no_address_without_an_owner_has_a_place(shipped: Places) -> None:
    ends = [address for network in WITHOUT_PLACE_V4 for address in (network[0], network[-1])]
    ends += [address for network in WITHOUT_PLACE_V6 for address in (network[1], network[-1])]  # type: ignore[misc] # both kinds
    plain = [str(address) for address in ends if not getattr(address, "sixtofour", None)]
    assert set(located(shipped, *plain)) == {(UNKNOWN, UNKNOWN)}


def test_the_shipped_places_are_codes_and_never_cities(shipped: Places) -> None:
    for place in shipped.tables.places:
        assert re.fullmatch(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", place), place
    assert len({place[:2] for place in shipped.tables.places}) == 250
    for name in (V4_FILE, V6_FILE):
        assert pq.read_schema(DATA / name).names == ["start", "place"]


def test_the_shipped_places_name_their_source_and_date(shipped: Places) -> None:
    """R6: database name and build date are known; the licence's link stands with them."""
    assert (shipped.name, shipped.built) == ("DBIP-City-Lite", date(2026, 9, 1))
    link = '<a href="https://db-ip.com">IP Geolocation by DB-IP</a>'
    assert (shipped.attribution_text, shipped.attribution_html) == ("IP Geolocation by DB-IP", link)
    for name in (V4_FILE, V6_FILE):
        about = pq.read_schema(DATA / name).metadata
        assert about[b"attribution_html"].decode() == link
        assert (about[b"licence"], about[b"database_built"]) == (b"CC BY 4.0", b"2026-09-01")


def test_only_db_ip_is_named_for_db_ip() -> None:
    assert "MaxMind" in attribution_of("GeoLite2-City").text
    assert attribution_of("GeoIP2-City <b>").html == "Places from GeoIP2-City &lt;b&gt;"
    assert "db-ip.com" in attribution_of("DBIP-Country-Lite").html


def test_the_codes_of_names_are_codes_of_their_country() -> None:
    codes = json.loads((DATA / "region_codes.json").read_text(encoding="utf-8"))
    assert codes["DE"]["Bavaria"] == "DE-BY"
    for country, named in codes.items():
        for code in named.values():
            assert re.fullmatch(rf"{country}-[A-Z0-9]{{1,3}}", code)


def test_what_is_saved_is_opened_again(write_database: WriteDatabase, tmp_path: Path) -> None:
    places = Places.compile(write_database({"5.0.0.0/8": GERMANY, "2a00::/16": FRANCE}))
    places.save(tmp_path / "kept" / "here", {"licence": "ours"})
    again = Places.open(tmp_path / "kept" / "here")
    assert (again.name, again.built, again.tables.places) == (places.name, places.built, places.tables.places)
    for mine, theirs in ((again.tables.v4, places.tables.v4), (again.tables.v6, places.tables.v6)):
        assert np.array_equal(mine.starts, theirs.starts)
        assert np.array_equal(mine.places, theirs.places)
        assert mine.starts.dtype == theirs.starts.dtype
    assert located(again, "5.1.1.1", "2a00::1", "9.9.9.9") == [("DE", "DE-BY"), ("FR", UNKNOWN), (UNKNOWN, UNKNOWN)]
    assert sorted(path.name for path in (tmp_path / "kept" / "here").iterdir()) == [V4_FILE, V6_FILE]
    assert pq.read_schema(tmp_path / "kept" / "here" / V4_FILE).metadata[b"licence"] == b"ours"


def test_a_database_is_compiled_again_when_it_changes_and_only_then(
    write_database: WriteDatabase, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    database = write_database({"5.0.0.0/8": GERMANY})
    assert located(Places.compile_once(database, kept), "5.1.1.1") == [("DE", "DE-BY")]
    written = (kept / V4_FILE).stat().st_mtime_ns
    assert located(Places.compile_once(database, kept), "5.1.1.1") == [("DE", "DE-BY")]
    assert (kept / V4_FILE).stat().st_mtime_ns == written
    write_database({"5.0.0.0/8": FRANCE, "6.0.0.0/8": GERMANY})
    assert located(Places.compile_once(database, kept), "5.1.1.1") == [("FR", UNKNOWN)]
    (kept / V6_FILE).write_bytes(b"PAR1")
    assert located(Places.compile_once(database, kept), "5.1.1.1") == [("FR", UNKNOWN)]
    database.unlink()
    with pytest.raises(PlacesError, match="does not exist"):
        Places.compile_once(database, kept)


def test_a_folder_that_cannot_be_written_is_named(write_database: WriteDatabase, tmp_path: Path) -> None:
    places = Places.compile(write_database({"5.0.0.0/8": GERMANY}))
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(PlacesError, match="file/kept cannot hold the compiled places"):
        places.save(tmp_path / "file" / "kept")


def test_of_an_ipv6_network_of_64_bits_the_widest_part_counts(write_database: WriteDatabase) -> None:
    networks = {"2a00:0:0:1::/64": GERMANY, "2a00:0:0:1::/128": FRANCE, "2a00:0:0:2::/65": FRANCE}
    places = Places.compile(write_database(networks))
    assert located(places, "2a00:0:0:1::", "2a00:0:0:1::1", "2a00:0:0:1:ffff::") == [("DE", "DE-BY")] * 3
    assert located(places, "2a00:0:0:2::", "2a00:0:0:2:8000::") == [("FR", UNKNOWN)] * 2


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1))
def test_country_and_region_come_from_one_row(shipped: Places, v4: int, v6: int) -> None:
    for country, region in located(shipped, str(IPv4Address(v4)), str(IPv6Address(v6 << 64))):
        assert (country == UNKNOWN) <= (region == UNKNOWN)
        assert region in {UNKNOWN, *shipped.regions.words.to_pylist()}
