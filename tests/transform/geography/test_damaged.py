"""Files that are no databases, are broken, or lie about themselves: always one clear line, soon and in little memory."""

import os
import random
import re
from collections.abc import Callable
from datetime import date
from itertools import cycle, islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from policy.errors import FootfallError
from tests.transform.geography.conftest import WriteDatabase
from transform.geography import Places, PlacesError
from transform.geography.databases.metadata import FILE_BYTES_MAX
from transform.geography.databases.values import VALUES_MAX, DamagedValueError, Values
from transform.geography.tables import V4_FILE, V6_FILE

GERMANY = {"country": {"iso_code": "DE"}, "subdivisions": [{"iso_code": "BY"}]}
MUTATIONS = 150


def complaint(path: Path) -> str:
    """Give the one line that is said about a file that cannot be used."""
    with pytest.raises(PlacesError) as raised:
        Places.compile(path)
    assert isinstance(raised.value, FootfallError)
    text = str(raised.value)
    assert text.startswith(str(path))
    assert "\n" not in text
    assert re.search(r"(Fetch|Name) ", text), "it says what to do"
    return text


def test_a_database_of_something_else_is_called_by_its_name(shared: Path) -> None:
    asn = shared / "geoip" / "GeoLite2-ASN-Test.mmdb"
    assert "is a database of type GeoLite2-ASN, which has no places" in complaint(asn)


def test_maxminds_corrupt_files(shared: Path) -> None:
    paths = sorted((shared / "geoip" / "bad").iterdir())
    paths += [
        shared / "geoip" / f"GeoIP2-City-Test-{what}.mmdb" for what in ("Broken-Double-Format", "Invalid-Node-Count")
    ]
    assert len(paths) >= 14
    for path in paths:
        complaint(path)


def test_maxminds_corrupt_files_when_they_say_that_they_are_of_cities(shared: Path, tmp_path: Path) -> None:
    path, told = tmp_path / "bad.mmdb", b"\x44Test"
    for bad in sorted((shared / "geoip" / "bad").iterdir()):
        path.write_bytes(bad.read_bytes().replace(told, b"\x44City"))
        complaint(path)


@pytest.mark.parametrize("content", [b"", b"\0", b"<!DOCTYPE html>", b"\xab\xcd\xefMaxMind.com", bytes(200_000)])
def test_files_that_are_no_databases(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "places.mmdb"
    path.write_bytes(content)
    assert "cannot be read as a geography database" in complaint(path)


def test_paths_that_are_no_files(tmp_path: Path) -> None:
    assert "does not exist" in complaint(tmp_path / "none.mmdb")
    assert "is no file" in complaint(tmp_path)
    os.mkfifo(tmp_path / "pipe.mmdb")
    assert "is no file" in complaint(tmp_path / "pipe.mmdb")


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.mmdb"
    with path.open("wb") as file:
        file.truncate(FILE_BYTES_MAX + 1)
    assert f"has {FILE_BYTES_MAX + 1} bytes" in complaint(path)


def test_a_database_without_a_country_is_refused(write_database: WriteDatabase) -> None:
    """Such as one with `country_code` in place of `country.iso_code`: every visit would silently be unknown."""
    path = write_database({"5.0.0.0/8": {"country_code": "DE"}})
    assert "(Test-City) gives no address a country" in complaint(path)


def test_a_database_cut_short_anywhere(write_database: WriteDatabase) -> None:
    path = write_database({"5.0.0.0/8": GERMANY, "2a00::/16": GERMANY})
    whole = path.read_bytes()
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        complaint(path)


def test_a_tree_that_runs_in_a_circle(write_database: WriteDatabase) -> None:
    path = write_database({"5.1.0.0/16": GERMANY}, ip_version=4)
    whole = path.read_bytes()
    assert whole[5] == 16, "the first node's right side says that nothing is there: there are sixteen nodes"
    path.write_bytes(bytes(6) + whole[6:])
    assert "its search tree runs in a circle" in complaint(path)
    last = 15 * 6
    path.write_bytes(whole[:last] + b"\0\0\x0f" + whole[last + 3 :])
    assert "its search tree is deeper than an address has bits" in complaint(path)


@pytest.mark.parametrize("name", ["City\u0007", "City" * 30])
def test_a_type_that_nobody_could_print(write_database: WriteDatabase, name: str) -> None:
    path = write_database({"5.0.0.0/8": GERMANY}, name)
    path = path.rename(path.with_name("places.mmdb"))
    assert "does not tell its type" in complaint(path)


def test_bytes_changed_by_chance(write_database: WriteDatabase) -> None:
    """Either places or one `PlacesError`; any other error fails this test, and so does a crash."""
    path = write_database({"5.0.0.0/8": GERMANY, "6.0.0.0/8": {"country": {"iso_code": "FR"}}, "2a00::/16": GERMANY})
    whole, chance = path.read_bytes(), random.Random(20260101)
    usable = refused = 0
    for _ in range(MUTATIONS):
        changed = bytearray(whole)
        for _ in range(chance.choice([1, 2, 8])):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        path.write_bytes(changed)
        try:
            Places.compile(path)
            usable += 1
        except PlacesError:
            refused += 1
    assert usable
    assert refused


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xe1\x42en\x20\x00\x20\x00", None),
        (b"", "outside the file"),
        (b"\xe1", "outside the file"),
        (b"\xe1\x45en", "ends outside"),
        (b"\xe1\xa1\x07\xa1\x07", "no name"),
        (b"\xe1\x20\x00", "no name"),
        (b"\x20\x02\x20\x00", "leads to a pointer"),
        (b"\xff\xff\xff\xff", "fields"),
        (b"\xe1\x42en\x67" + bytes(8), "a value of kind 3 has 7 bytes"),
        (b"\xe1\x42en\x02\x09", "unknown kind"),
    ],
)
def test_values_that_contradict_the_format(data: bytes, message: str | None) -> None:
    if message is None:
        assert Values(data).fields(0, (b"zz",)) == {}
        return
    with pytest.raises(DamagedValueError, match=message):
        Values(data).fields(0, (b"zz",))


def test_a_record_of_endless_values() -> None:
    nested = b"\xe1\x42en" + b"\x01\x04" * (VALUES_MAX + 1) + b"\x40"
    with pytest.raises(DamagedValueError, match="more than 4096 values"):
        Values(nested).fields(0, (b"zz",))


def rewrite(change: Callable[[pa.Table], pa.Table]) -> Callable[[Path], None]:
    """Make the damage that replaces a file of tables with a changed one."""

    def damage(path: Path) -> None:
        pq.write_table(change(pq.read_table(path)), path)

    return damage


def with_places(places: bytes) -> Callable[[Path], None]:
    return rewrite(lambda table: table.replace_schema_metadata({**table.schema.metadata, b"places": places}))


def with_number(number: int) -> Callable[[Path], None]:
    return rewrite(lambda table: table.set_column(1, "place", pa.array([-1] * (len(table) - 1) + [number], pa.int16())))


def with_starts(table: pa.Table, starts: list[int | None], kind: pa.DataType) -> pa.Table:
    column = pa.array([*islice(cycle(starts), len(table))], kind)
    return table.set_column(0, "start", column)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-200]),
    "no rows": rewrite(lambda table: table.slice(0, 0)),
    "no date": rewrite(lambda table: table.replace_schema_metadata({"database_type": "City"})),
    "no metadata": rewrite(lambda table: table.replace_schema_metadata(None)),
    "wrong date": rewrite(
        lambda table: table.replace_schema_metadata({"database_type": "City", "database_built": "soon"})
    ),
    "another column": rewrite(lambda table: table.rename_columns(["start", "city"])),
    "starts out of order": rewrite(lambda table: with_starts(table, [0, 9, 8], pa.uint32())),
    "starts not from 0": rewrite(lambda table: table.slice(1)),
    "starts of another type": rewrite(lambda table: with_starts(table, [0], pa.int64())),
    "starts without a value": rewrite(lambda table: with_starts(table, [None, 1], pa.uint32())),
    "numbers of another type": rewrite(lambda table: table.set_column(1, "place", table.column("place").cast("int32"))),
    "a number of no place": with_number(1),
    "a number below that of no place": with_number(-2),
    "no codes": with_places(b'["Munich"]'),
    "codes that are no text": with_places(b"[49]"),
    "codes out of order": with_places(b'["DE-BY", "DE"]'),
    "a code twice": with_places(b'["DE-BY", "DE-BY"]'),
    "no list of codes": with_places(b"49"),
    "no JSON": with_places(b"DE-BY"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_tables_are_refused(write_database: WriteDatabase, tmp_path: Path, damage: str) -> None:
    Places.compile(write_database({"5.0.0.0/8": GERMANY})).save(tmp_path)
    DAMAGES[damage](tmp_path / V4_FILE)
    with pytest.raises(PlacesError) as raised:
        Places.open(tmp_path)
    assert str(raised.value).startswith(str(tmp_path))
    assert str(raised.value).endswith("Compile the database again.")
    assert "\n" not in str(raised.value)


def test_tables_that_number_places_differently_are_not_mixed(write_database: WriteDatabase, tmp_path: Path) -> None:
    Places.compile(write_database({"5.0.0.0/8": GERMANY})).save(tmp_path)
    with_places(b'["DE-BY", "FR"]')(tmp_path / V6_FILE)
    with pytest.raises(PlacesError, match="tables of two databases"):
        Places.open(tmp_path)


def test_tables_of_two_databases_are_not_mixed(write_database: WriteDatabase, tmp_path: Path) -> None:
    Places.compile(write_database({"5.0.0.0/8": GERMANY}, "A-City")).save(tmp_path / "a")
    Places.compile(write_database({"5.0.0.0/8": GERMANY}, "B-City")).save(tmp_path / "b")
    (tmp_path / "b" / V6_FILE).replace(tmp_path / "a" / V6_FILE)
    with pytest.raises(PlacesError, match=f"A-City of {date(2026, 1, 1)} and B-City"):
        Places.open(tmp_path / "a")
