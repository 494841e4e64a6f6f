"""Shapes of regions with their ISO 3166-2 codes: Natural Earth's first level, and the states of the USA."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow.parquet as pq
import shapely

from transform.geography.build.region_codes import RegionCodes

# Polygons of Natural Earth that belong to another ISO country than their code says.
COUNTRY_OF_POLYGON: Final = {
    "FR-GF": "GF", "FR-GP": "GP", "FR-MQ": "MQ", "FR-RE": "RE", "FR-YT": "YT",
    "NL-BQ1": "BQ", "NL-BQ2": "BQ", "NL-BQ3": "BQ", "NO-21": "SJ", "NO-22": "SJ", "NO-X01~": "BV",
    "-99-X11~": "SO", "-99-X04~": "CY", "-99-X16~": "CY", "-99-X17~": "CY", "-99-X05~": "KZ",
    "-99-X13~": "CU", "-99-X14~": "CX", "-99-X15~": "CC", "UA-43": "UA", "UA-40": "UA",
}  # fmt: skip
# Polygons that carry the name or code of a region of today but have other borders (zones of Nepal, old Congo, Morocco).
OTHER_BORDERS: Final = frozenset({"CD-EQ", "CD-KE"})
COUNTRIES_OF_OTHER_BORDERS: Final = frozenset({"LU", "MA", "NP", "PS"})
COLUMNS: Final = ["iso_3166_2", "iso_a2", "name", "name_en", "region", "geonunit", "geometry"]


def read_polygons(path: Path, regions: RegionCodes) -> Iterator[tuple[str, str | None, shapely.Geometry]]:
    """Give country, ISO 3166-2 code (or None) and shape of each polygon of the first level."""
    for row in pq.read_table(path, columns=COLUMNS).to_pylist():
        country = COUNTRY_OF_POLYGON.get(row["iso_3166_2"], row["iso_a2"])
        if country.isalpha():
            region = region_of(row, country, regions)
            yield country, region, shapely.make_valid(shapely.from_wkb(row["geometry"]))


def region_of(row: dict[str, Any], country: str, regions: RegionCodes) -> str | None:
    """Give the code of a polygon's region at the top level: by its own code, else by one of its names."""
    code = row["iso_3166_2"]
    if code in OTHER_BORDERS or country in COUNTRIES_OF_OTHER_BORDERS:
        return None
    columns = ("name", "name_en", "region", "geonunit") if country == "GB" else ("name", "name_en", "region")
    found = [regions.top_level(regions.current(code, row["name"] or ""))]
    found += [regions.find(country, row[column]) for column in columns if row[column]]
    return next((region for region in found if region and region.startswith(f"{country}-")), None)


def read_states(path: Path, regions: RegionCodes) -> Iterator[tuple[str, shapely.Geometry]]:
    """Give the states of the USA out of TopoJSON; Natural Earth's end in the middle of the Great Lakes."""
    topology = json.loads(path.read_text(encoding="utf-8"))
    scale, move = (np.array(topology["transform"][key]) for key in ("scale", "translate"))
    arcs = [np.cumsum(arc, axis=0) * scale + move for arc in topology["arcs"]]
    for state in topology["objects"]["states"]["geometries"]:
        code = regions.find("US", state["properties"]["name"])
        polygons = state["arcs"] if state["type"] == "MultiPolygon" else [state["arcs"]]
        rings = [
            [np.concatenate([arcs[arc] if arc >= 0 else arcs[~arc][::-1] for arc in ring]) for ring in polygon]
            for polygon in polygons
        ]
        if code:
            parts = [shapely.make_valid(shapely.Polygon(outer, holes)) for outer, *holes in rings]
            yield code, shapely.union_all(parts)
