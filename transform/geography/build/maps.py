"""Build what stands in `dashboards/maps`: `world.json`, `regions/XX.json` per country with regions, and `names.json`.

    python -m transform.geography.build.maps natural_earth.parquet en.json states-10m.json

Shapes become paths of SVG here, projected and simplified, so that a browser needs no map library. Borders are
simplified as one coverage: neighbours keep exactly the same line. The places that the shipped tables use are read from
them, and those of them that have no shape are listed at the end.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

import pycountry
import shapely

from transform.geography import Places
from transform.geography.build.layout import Box, Shapes, lay_out, place_in, project, simplify, size, turn
from transform.geography.build.places import count_v4
from transform.geography.build.polygons import read_polygons, read_states
from transform.geography.build.projections import equal_earth, polygons_of, svg_path
from transform.geography.build.region_codes import TABLES, RegionCodes

MAPS: Final = Path(__file__).parents[3] / "dashboards" / "maps"
WORLD_WIDTH: Final = 960
WORLD_TOLERANCE: Final = 1.0
WORLD_MERIDIAN: Final = 11.0  # cuts the map at 169 degrees west, between Chukotka and Alaska
WORLD_LEFT_OUT: Final = frozenset({"AQ"})
WORLD_POINT_BELOW: Final = 5.0  # a shape smaller than this in both directions also gets a point
REGION_CUTS: Final = {"US": -300.0}  # keeps the Aleutian Islands on Alaska's side
REGION_FRAME: Final = (600, 480)
REGION_POINT_BELOW: Final = 9.0
REGION_BYTES_MAX: Final = 15_000
REGION_TOLERANCES: Final = (0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.6, 8.0)
ISLET: Final = 0.4


def read_shapes(natural_earth: Path, regions: RegionCodes) -> dict[str, Shapes]:
    """Give the shapes of regions by country; the key "" holds land that has no region's code."""
    pieces: dict[str, dict[str, list[shapely.Geometry]]] = defaultdict(lambda: defaultdict(list))
    for country, region, shape in read_polygons(natural_earth, regions):
        pieces[country][region or ""].append(turn(shape, WORLD_MERIDIAN - 180))
    return {
        country: {region: shapely.union_all(parts) for region, parts in by_region.items()}
        for country, by_region in pieces.items()
    }


def describe(shape: shapely.Geometry, exact: shapely.Geometry, point_below: float) -> dict[str, Any]:
    """Give path and, where the exact shape is too small to be clicked, a point inside its main part."""
    described: dict[str, Any] = {"path": svg_path(shape, ISLET)}
    main = polygons_of(exact)[0]
    if max(size({"": main})) < point_below:
        point = main.representative_point()
        described["point"] = [round(point.x, 1), round(point.y, 1)]
    return described


def draw_world(shapes: dict[str, Shapes], names: dict[str, str]) -> dict[str, Any]:
    """Draw the countries, each the union of its regions so that both levels fit exactly."""
    countries = {code: shapely.union_all(list(by_region.values())) for code, by_region in shapes.items()}
    kept = {code: shape for code, shape in countries.items() if code not in WORLD_LEFT_OUT}
    plane = project(kept, equal_earth(WORLD_MERIDIAN))
    width, height = size(plane)
    map_height = round(height / width * WORLD_WIDTH)
    plane = place_in(Box(0, 0, WORLD_WIDTH, map_height), plane)
    simple = simplify(plane, WORLD_TOLERANCE)
    return {
        "viewBox": f"0 0 {WORLD_WIDTH} {map_height}",
        "projection": f"Equal Earth, central meridian {WORLD_MERIDIAN:g} E",
        "source": "Natural Earth, public domain",
        "countries": {
            code: {"name": names[code]} | describe(simple[code], plane[code], WORLD_POINT_BELOW)
            for code in sorted(simple)
        },
    }


def draw_regions(country: str, shapes: Shapes) -> dict[str, Any]:
    """Draw one country, as finely as the limit of its file allows."""
    plane, (width, height), boxes = lay_out(country, shapes, REGION_FRAME)
    document: dict[str, Any] = {}
    for tolerance in REGION_TOLERANCES:
        simple = simplify(plane, tolerance)
        document = {"country": country, "viewBox": f"0 0 {width} {height}"}
        if boxes:
            document["insets"] = [[round(number, 1) for number in box] for box in boxes]
        if "" in simple:
            document["land"] = svg_path(simple[""], ISLET)
        document["regions"] = {
            code: describe(simple[code], plane[code], REGION_POINT_BELOW) for code in sorted(simple) if code
        }
        if len(compact(document)) <= REGION_BYTES_MAX:
            break
    return document


def compact(document: dict[str, Any]) -> bytes:
    """Write JSON without spaces, accents kept."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def country_names() -> dict[str, str]:
    """Give English short names of all ISO countries and Kosovo."""
    common = {item.alpha_2: getattr(item, "common_name", item.name) for item in pycountry.countries}
    return common | json.loads((TABLES / "country_names.json").read_text(encoding="utf-8"))


def report(drawn: set[str], addresses: dict[str, int], names: dict[str, str]) -> None:
    """Print which regions of the tables have no shape, the most frequent first."""
    used = {place: count for place, count in addresses.items() if "-" in place}
    missing = sorted(used.keys() - drawn, key=lambda code: (-used[code], code))
    share = 1 - sum(used[code] for code in missing) / sum(used.values())
    print(f"{len(drawn)} regions drawn, {len(used)} used; {share:.4%} of their IPv4 addresses have a shape")
    for code in missing:
        print(f"no shape: {code} {names[code]}, {used[code]} addresses")


def main() -> None:
    """Read the arguments and write all files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("natural_earth", type=Path, help="ne_10m_admin_1_states_provinces.parquet of PyPI's giso")
    parser.add_argument("cldr", type=Path, help="subdivisions/en/en.json of npm's cldr-subdivisions-full")
    parser.add_argument("states", type=Path, help="states-10m.json of npm's us-atlas")
    arguments = parser.parse_args()
    regions = RegionCodes(arguments.cldr, arguments.natural_earth)
    shapes = read_shapes(arguments.natural_earth, regions)
    countries = country_names()
    (MAPS / "regions").mkdir(parents=True, exist_ok=True)
    (MAPS / "world.json").write_bytes(compact(draw_world(shapes, countries)))
    shapes["US"] |= {code: shape for code, shape in read_states(arguments.states, regions) if code in shapes["US"]}
    for country, cut in REGION_CUTS.items():
        shapes[country] = {code: turn(shape, cut) for code, shape in shapes[country].items()}
    drawn: set[str] = set()
    for country, by_region in shapes.items():
        if len(by_region) > 1:
            document = draw_regions(country, by_region)
            (MAPS / "regions" / f"{country}.json").write_bytes(compact(document))
            drawn |= document["regions"].keys()
    addresses = count_v4(Places.shipped().tables)
    used = {place for place in addresses if "-" in place}
    names = {code: regions.english_name(code) for code in sorted(used | drawn)}
    (MAPS / "names.json").write_bytes(compact({"countries": countries, "regions": names}))
    report(drawn, addresses, names)


if __name__ == "__main__":
    main()
