"""Where shapes stand on a map: which parts are drawn, how large, and what has a box of its own."""

from typing import Final, NamedTuple

import numpy as np
import shapely
from shapely import affinity

from transform.geography.build.projections import Projection, albers, equirectangular, polygons_of

Shapes = dict[str, shapely.Geometry]

CONIC_SPAN_MIN: Final = 20.0  # degrees of longitude
CONIC_LATITUDE_MIN: Final = 22.0
REMOTE: Final = 0.1  # islands farther from their region than this share of the country's diagonal are left out,
LARGE_ISLAND: Final = 0.025  # unless they are larger than this share of the region;
SPECK: Final = 1e-5  # and those smaller than this share of the country's frame always
MARGIN: Final = 4.0


class Box(NamedTuple):
    """A part of the frame."""

    left: float
    top: float
    width: float
    height: float

    def times(self, width: float, height: float) -> "Box":
        """Turn shares of a frame into units."""
        return Box(self.left * width, self.top * height, self.width * width, self.height * height)

    def inside(self, margin: float) -> "Box":
        """Leave a margin on all sides."""
        return Box(self.left + margin, self.top + margin, self.width - 2 * margin, self.height - 2 * margin)


# Regions drawn in a box of their own, in shares of the frame, and the shares at the left and at the bottom that the
# rest of the country leaves free for them.
INSETS: Final = {
    "US": {"US-AK": Box(0.0, 0.76, 0.24, 0.24), "US-HI": Box(0.26, 0.84, 0.14, 0.16)},
    "ES": {"ES-CN": Box(0.0, 0.84, 0.3, 0.16)},
    "PT": {"PT-20": Box(0.0, 0.02, 0.34, 0.16), "PT-30": Box(0.0, 0.22, 0.34, 0.12)},
    "EC": {"EC-W": Box(0.0, 0.02, 0.2, 0.22)},
    "CO": {"CO-SAP": Box(0.0, 0.02, 0.16, 0.18)},
    "NZ": {"NZ-CIT": Box(0.0, 0.02, 0.24, 0.16)},
}
INSET_ROOM: Final = {"US": (0.0, 0.0), "ES": (0.0, 0.12), "PT": (0.38, 0.0), "EC": (0.22, 0.0)}


def size(shapes: Shapes) -> tuple[float, float]:
    """Give width and height of all shapes together."""
    west, south, east, north = shapely.total_bounds(np.array(list(shapes.values())))
    return east - west, north - south


def turn(geometry: shapely.Geometry, cut: float) -> shapely.Geometry:
    """Move the parts west of the meridian `cut` to the east end, so that no line crosses the map."""
    return shapely.union_all(
        [
            affinity.translate(part, 360 if part.centroid.x < cut else -360 if part.centroid.x > cut + 360 else 0)
            for part in polygons_of(geometry)
        ]
    )


def place_in(box: Box, shapes: Shapes) -> Shapes:
    """Scale and move shapes of the plane, as large as the box allows and in its middle."""
    west, north, _, _ = shapely.total_bounds(np.array(list(shapes.values())))
    width, height = size(shapes)
    scale = min(box.width / width, box.height / height)
    x = box.left + (box.width - scale * width) / 2 - scale * west
    y = box.top + (box.height - scale * height) / 2 - scale * north
    return {key: affinity.affine_transform(shape, [scale, 0, 0, scale, x, y]) for key, shape in shapes.items()}


def project(shapes: Shapes, projection: Projection) -> Shapes:
    """Project all shapes; shared borders stay shared, because every point is projected alone."""
    return {key: shapely.transform(shape, projection) for key, shape in shapes.items()}


def choose_projection(shapes: Shapes) -> Projection:
    """Choose a cone for wide countries away from the equator, plain degrees for the others."""
    west, south, east, north = shapely.total_bounds(np.array(list(shapes.values())))
    middle = (south + north) / 2
    if east - west > CONIC_SPAN_MIN and abs(middle) > CONIC_LATITUDE_MIN:
        sixth = (north - south) / 6
        return albers(south + sixth, north - sixth, (west + east) / 2)
    return equirectangular(middle)


def simplify(shapes: Shapes, tolerance: float) -> Shapes:
    """Simplify all shapes together, so that neighbours keep one line between them."""
    return dict(zip(shapes, shapely.coverage_simplify(list(shapes.values()), tolerance), strict=True))


def drop_remote(shapes: Shapes) -> Shapes:
    """Leave out specks and far islands, which would shrink everything else; no region loses its main part."""
    mains = {code: polygons_of(shape)[0] for code, shape in shapes.items()}
    land = mains.get("")
    if land and all(land.distance(main) for code, main in mains.items() if code):
        del mains[""]  # islands without a code, such as New Zealand's outlying ones
    west, south, east, north = shapely.union_all(list(mains.values())).bounds
    reach, speck = REMOTE * np.hypot(east - west, north - south), SPECK * (east - west) * (north - south)
    kept = {}
    for code in mains:
        first, *rest = polygons_of(shapes[code])
        near = [
            part
            for part in rest
            if part.area > speck and (part.distance(first) < reach or part.area > LARGE_ISLAND * first.area)
        ]
        kept[code] = shapely.union_all([first, *near])
    return kept


def lay_out(country: str, shapes: Shapes, frame: tuple[int, int]) -> tuple[Shapes, tuple[int, int], list[Box]]:
    """Give the shapes of a country in units, the size of its map (at most `frame`), and the boxes of insets."""
    insets = {code: share for code, share in INSETS.get(country, {}).items() if code in shapes}
    main = drop_remote({code: shape for code, shape in shapes.items() if code not in insets})
    main = project(main, choose_projection(main))
    main_width, main_height = size(main)
    left, bottom = INSET_ROOM.get(country, (0.0, 0.0))
    width, height = frame
    room = width * (1 - left) - 2 * MARGIN
    height = min(height, round((room * main_height / main_width + 2 * MARGIN) / (1 - bottom)))
    room_below = height * (1 - bottom) - 2 * MARGIN
    if not insets:
        width = min(width, round(room_below * main_width / main_height + 2 * MARGIN))
        room = width - 2 * MARGIN
    placed = place_in(Box(width * left + MARGIN, MARGIN, room, room_below), main)
    boxes = []
    for code, share in insets.items():
        alone = drop_remote({code: shapes[code]})
        boxes.append(share.times(width, height))
        placed |= place_in(boxes[-1].inside(MARGIN), project(alone, choose_projection(alone)))
    return placed, (width, height), boxes
