import json
import re
from importlib.resources import files

import pytest

from dashboards.maps import RegionMap, Shape, names, region_map, world
from transform.geography import Places

PATH = re.compile(r"(M-?[\d.]+[ -][\d. -]*l[\d. -]+z)+\Z")
VIEW_BOX = re.compile(r"0 0 (\d+) (\d+)\Z")


def countries_with_regions() -> list[str]:
    return sorted(file.name.removesuffix(".json") for file in files("dashboards.maps").joinpath("regions").iterdir())


def regions_of(country: str) -> RegionMap:
    found = region_map(country)
    assert found is not None
    return found


def check_shapes(shapes: list[Shape], view_box: str) -> None:
    frame = VIEW_BOX.match(view_box)
    assert frame
    width, height = int(frame[1]), int(frame[2])
    for shape in shapes:
        assert shape.keys() <= {"path", "point", "name"}
        assert PATH.match(shape["path"]) or (not shape["path"] and "point" in shape), shape["path"][:80]
        x, y = shape.get("point", [0, 0])
        assert 0 <= x <= width
        assert 0 <= y <= height


def test_the_world_has_every_country_but_antarctica() -> None:
    assert names()["countries"].keys() - world()["countries"].keys() == {"AQ"}
    assert all(country["name"] == names()["countries"][code] for code, country in world()["countries"].items())
    check_shapes(list(world()["countries"].values()), world()["viewBox"])


def test_the_keys_of_each_region_map_are_codes_of_its_country_and_have_names() -> None:
    countries = countries_with_regions()
    assert len(countries) == 192
    for country in countries:
        drawn = regions_of(country)
        assert drawn["country"] == country
        assert drawn["regions"]
        for code in drawn["regions"]:
            assert re.fullmatch(rf"{country}-[A-Z0-9]{{1,3}}", code)
            assert names()["regions"][code]
        check_shapes(list(drawn["regions"].values()), drawn["viewBox"])


def test_every_place_that_a_visitor_can_have_has_a_name() -> None:
    """R6: what a page shows are names of countries and regions, and every stored code has one."""
    for place in Places.shipped().tables.places:
        assert names()["countries"][place[:2]]
        assert place in names()["regions"] or "-" not in place


@pytest.mark.parametrize("country", ["MC", "", "..", "../world", "de", "DE.json", "DE/../DE", "/etc/passwd", "DE\0"])
def test_what_has_no_map_gets_none(country: str) -> None:
    assert region_map(country) is None


def test_documents_are_read_once() -> None:
    assert world() is world()
    assert names() is names()
    assert region_map("DE") is region_map("DE")


def test_alaska_has_a_box_of_its_own() -> None:
    assert len(regions_of("US")["insets"]) == 2
    assert "insets" not in regions_of("DE")


def test_the_maps_stay_small_enough_for_a_page() -> None:
    for document, kilobytes in ((world(), 70), *((regions_of(country), 16) for country in countries_with_regions())):
        assert len(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()) < kilobytes * 1000
