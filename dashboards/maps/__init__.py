"""Maps and names of countries and regions, drawn and projected beforehand (`transform/geography/build/maps.py`).

A path is the attribute ``d`` of an SVG path. A shape that is too small to be clicked also has a ``point``: draw a
circle there, of 3 units or more. All documents are read once and shared: do not change them.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any, NotRequired, TypedDict

FOLDER = files(__name__)


class Shape(TypedDict):
    """One country or region."""

    path: str
    point: NotRequired[list[float]]


class Country(Shape):
    """One country of the world map."""

    name: str


class WorldMap(TypedDict):
    """All countries by ISO 3166-1 code, but Antarctica."""

    viewBox: str
    projection: str
    source: str
    countries: dict[str, Country]


class RegionMap(TypedDict):
    """The regions of one country by ISO 3166-2 code.

    ``insets`` are boxes (left, top, width, height) around regions that lie elsewhere, such as Alaska; ``land`` is land
    without a region's code, to be drawn in grey.
    """

    country: str
    viewBox: str
    insets: NotRequired[list[list[float]]]
    land: NotRequired[str]
    regions: dict[str, Shape]


class Names(TypedDict):
    """English names, of countries by ISO 3166-1 code and of regions by ISO 3166-2 code."""

    countries: dict[str, str]
    regions: dict[str, str]


@cache
def world() -> WorldMap:
    """Give the map of the world: Equal Earth, 67 KB as JSON."""
    world_map: WorldMap = _read("world.json")
    return world_map


def region_map(country: str) -> RegionMap | None:
    """Give the map of a country's regions, at most 15 KB as JSON; None where there is none, such as for Monaco."""
    return _region_map(country) if country in _countries_with_regions() else None


@cache
def names() -> Names:
    """Give the English names of all countries, and of all regions that places or maps have."""
    both: Names = _read("names.json")
    return both


@cache
def _region_map(country: str) -> RegionMap:
    drawn: RegionMap = _read("regions", f"{country}.json")
    return drawn


@cache
def _countries_with_regions() -> frozenset[str]:
    # Only these names ever become a path, for the country may come out of a browser's address line.
    return frozenset(file.name.removesuffix(".json") for file in FOLDER.joinpath("regions").iterdir())


def _read(*path: str) -> Any:
    return json.loads(FOLDER.joinpath(*path).read_bytes())
