"""How many answers masking or another database would change: against a count address by address (item 9, R6)."""

import ipaddress
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.doctor.addresses import sample_of_log
from footfall.doctor.geography import Fidelity, Sample, fidelity
from policy.errors import FootfallError
from transform.geography import Places
from transform.geography.intervals import Intervals
from transform.geography.tables import PlaceTables

TODAY = date(2026, 11, 25)
PLACES = ("AT", "DE-BE", "DE-BY", "FR-IDF")


def table(cuts: list[tuple[int, int]], name: str = "Test") -> Places:
    """Make places that change at these IPv4 addresses; every IPv6 address of 2a00::/12 is French below bit 48, else Austrian."""
    starts, places = [0], [-1]
    for start, place in sorted(dict(cuts).items()):
        if start:
            starts.append(start)
            places.append(place)
    v6 = Intervals(np.array([0, 0x2A00 << 48, 0x2A01 << 48], np.uint64), np.array([-1, 3, 0], np.int16))
    v4 = Intervals(np.array(starts, np.uint32), np.array(places, np.int16))
    return Places._of(PlaceTables(name, date(2026, 9, 1), PLACES, v4, v6))


def by_hand(places: Places, addresses: dict[str, int], kept: tuple[int, int]) -> tuple[float, float]:
    """Count changed countries and places one address at a time, through the public look-up."""
    total, countries, both = 0, 0, 0
    for text, lines in addresses.items():
        address = ipaddress.ip_address(text)
        bits = kept[0] if address.version == 4 else kept[1]
        masked = ipaddress.ip_network(f"{text}/{bits}", strict=False).network_address
        country, region = (column.to_pylist() for column in places.locate(pa.array([text, str(masked)])))
        total += lines
        countries += lines * (country[0] != country[1])
        both += lines * (country[0] != country[1] or region[0] != region[1])
    return countries / total, both / total


def of(addresses: dict[str, int]) -> Sample:
    return Sample.of_addresses(pa.array(list(addresses)), np.array(list(addresses.values()), np.int64), "a test")


ADDRESS = st.integers(1 << 28, (1 << 28) + (1 << 18)).map(lambda number: str(ipaddress.IPv4Address(number)))
ADDRESS6 = st.integers(0, (1 << 20) - 1).map(lambda number: str(ipaddress.IPv6Address(0x2A00 << 112 | number << 76)))


@given(
    st.lists(st.tuples(st.integers(1 << 28, (1 << 28) + (1 << 18)), st.integers(-1, 3)), max_size=20),
    st.dictionaries(ADDRESS | ADDRESS6, st.integers(1, 50), min_size=1, max_size=30),
)
def test_shares_are_those_of_a_count_by_hand(cuts: list[tuple[int, int]], addresses: dict[str, int]) -> None:
    places = table(cuts)
    found = fidelity(places, of(addresses), TODAY)
    for change, kept in zip(found.changes, ((24, 48), (16, 32)), strict=True):
        assert (change.countries, change.places) == pytest.approx(by_hand(places, addresses, kept))
    countries = places.locate(pa.array(list(addresses)))[0].to_pylist()
    unknown = sum(lines for lines, country in zip(addresses.values(), countries, strict=True) if country == "unknown")
    assert found.unknown_countries == pytest.approx(unknown / sum(addresses.values()))
    assert (found.answers, found.age_days) == (sum(addresses.values()), 85)


def test_another_database_is_compared_place_by_place() -> None:
    """The two number their places differently; names decide."""
    here = table([(1 << 28, 1), (2 << 28, 2)])
    there = table([(1 << 28, 2), (2 << 28, 2)], "Other")
    change = fidelity(here, of({"16.0.0.1": 1, "32.0.0.1": 3}), TODAY, there).changes[-1]
    assert (change.way, change.name, change.countries, change.places) == (
        *("database", "Other of 2026-09-01"),
        *(0.0, 0.25),
    )


def test_a_drawn_sample_has_the_mix_that_was_seen_and_needs_no_address() -> None:
    places = table([(1 << 28, 0), (1 << 29, 1), (1 << 30, 3), (1 << 31, -1)])
    mix = {"AT": 30.0, "FR": 10.0, "unknown": 10.0, "JP": 5.0}
    sample = Sample.of_table(places, mix, np.random.default_rng(7), 4000)
    seen = Counter(places.locate(pa.array([str(ipaddress.IPv4Address(int(key))) for key in sample.v4]))[0].to_pylist())
    assert set(seen) == {"AT", "FR"}
    assert abs(seen["AT"] - 3000) <= 2
    # A country that the table does not know is left out; what was unknown stays unknown, as often as it was.
    assert fidelity(places, sample, TODAY).unknown_countries == pytest.approx(10 / 55, abs=0.005)


@pytest.mark.parametrize("cuts", [[], [(1 << 28, -1)]])
def test_a_table_without_a_place_answers_unknown(cuts: list[tuple[int, int]]) -> None:
    found = fidelity(table(cuts), Sample.of_table(table(cuts), {}, np.random.default_rng(1), 100), TODAY)
    assert (found.unknown_countries, [change.countries for change in found.changes]) == (1.0, [0.0, 0.0])


def test_the_shipped_table_loses_places_under_masks(places: Places) -> None:
    found = fidelity(places, Sample.of_table(places, {"DE": 5, "US": 5}, np.random.default_rng(3)), TODAY)
    small, large = found.changes
    assert 0 < small.countries < small.places < 0.05 < large.places < 0.6
    assert small.countries < large.countries
    assert found.database == "DBIP-City-Lite"


def test_a_log_is_asked_for_its_clients_behind_proxies(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    rest = '- - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "Firefox/145.0"'
    log.write_text(f'10.1.1.1 {rest} "16.0.0.1"\n' * 3 + f"32.0.0.1 {rest}\n" + "no line\n")
    places = table([(1 << 28, 0), (1 << 29, 3)])
    alone: Fidelity = fidelity(places, sample_of_log(log, ()), TODAY)
    assert (alone.answers, alone.unknown_countries, alone.sample) == (4, 0.75, "4 lines of access.log")
    behind = fidelity(places, sample_of_log(log, (ipaddress.IPv4Network("10.0.0.0/8"),)), TODAY)
    assert (behind.unknown_countries, behind.unknown_regions) == (0.0, 0.75)
    assert "16.0.0.1" not in repr(behind)


def test_a_file_without_a_line_of_a_log_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_text("nothing\n")
    with pytest.raises(FootfallError, match="no line of it could be read"):
        sample_of_log(tmp_path / "access.log", ())
