"""Projections of the earth onto a plane (degrees in, y downwards out), and the paths of SVG."""

import re
from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely

Coordinates = npt.NDArray[np.float64]
Projection = Callable[[Coordinates], Coordinates]

EQUAL_EARTH: Final = (1.340264, -0.081106, 0.000893, 0.003796)  # Šavrič, Patterson and Jenny, 2018
RING_POINTS_MIN: Final = 3
UNITS_PER_STEP: Final = 10  # paths are written with one decimal


def equal_earth(meridian: float) -> Projection:
    """Make the equal-area projection of the world around a meridian; longitudes lie within 180 degrees of it."""
    a1, a2, a3, a4 = EQUAL_EARTH

    def project(degrees: Coordinates) -> Coordinates:
        theta = np.arcsin(np.sqrt(3) / 2 * np.sin(np.radians(degrees[:, 1])))
        square = theta * theta
        sixth = square**3
        slope = a1 + 3 * a2 * square + sixth * (7 * a3 + 9 * a4 * square)
        x = 2 * np.sqrt(3) * np.radians(degrees[:, 0] - meridian) * np.cos(theta) / (3 * slope)
        y = theta * (a1 + a2 * square + sixth * (a3 + a4 * square))
        return np.stack([x, -y], axis=1)

    return project


def equirectangular(parallel: float) -> Projection:
    """Make the projection of plain degrees, in which the width of a degree is right at the parallel."""
    width = np.cos(np.radians(parallel))

    def project(degrees: Coordinates) -> Coordinates:
        return np.radians(np.stack([degrees[:, 0] * width, -degrees[:, 1]], axis=1))

    return project


def albers(south: float, north: float, meridian: float) -> Projection:
    """Make the equal-area cone through two parallels, for wide countries away from the equator."""
    sine_south, sine_north = np.sin(np.radians([south, north]))
    cone = (sine_south + sine_north) / 2
    c = 1 - sine_south**2 + 2 * cone * sine_south

    def project(degrees: Coordinates) -> Coordinates:
        radius = np.sqrt(c - 2 * cone * np.sin(np.radians(degrees[:, 1]))) / cone
        angle = cone * np.radians(degrees[:, 0] - meridian)
        return np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)

    return project


def polygons_of(geometry: shapely.Geometry) -> list[shapely.Polygon]:
    """Give the polygons of a geometry, the largest first."""
    parts = [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon" and not part.is_empty]
    return sorted(parts, key=lambda part: -part.area)


def ring_path(points: Coordinates) -> str:
    """Write a closed ring in relative coordinates, or nothing where rounding leaves no area."""
    rounded = np.round(np.asarray(points) * UNITS_PER_STEP).astype(int)
    rounded = rounded[np.append(True, np.any(rounded[1:] != rounded[:-1], axis=1))]
    if len(rounded) <= RING_POINTS_MIN:
        return ""
    start = "M{:g} {:g}".format(*(rounded[0] / UNITS_PER_STEP))
    steps = ["{:g} {:g}".format(*(step / UNITS_PER_STEP)) for step in np.diff(rounded, axis=0)[:-1]]
    return start + "l" + " ".join(steps) + "z"


def svg_path(geometry: shapely.Geometry, area_min: float) -> str:
    """Write the attribute `d` of a geometry; parts below `area_min` are left out, but never the largest."""
    rings = []
    for number, polygon in enumerate(polygons_of(geometry)):
        if number and polygon.area < area_min:
            break
        rings.append(ring_path(polygon.exterior.coords))
        rings.extend(ring_path(hole.coords) for hole in polygon.interiors if shapely.Polygon(hole).area >= area_min)
    path = "".join(rings).replace(" -", "-")
    return re.sub(r"(?<![\d.])0\.", ".", path)  # a plain replacement would turn 10.5 into 1.5
