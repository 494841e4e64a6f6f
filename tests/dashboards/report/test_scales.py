"""The round numbers of axes and of the map's colours, and what the map draws."""

import re
from datetime import date, timedelta

import pytest

from dashboards.report.sections.days import scale
from dashboards.report.sections.places import steps
from tests.dashboards.report.staging.cases import html_of, page_of


@pytest.mark.parametrize(
    ("top", "step", "end"),
    [
        (0, 1, 1),
        (1, 1, 1),
        (5, 1, 5),
        (6, 2, 6),
        (496, 100, 500),
        (1035, 250, 1250),
        (2501, 1000, 3000),
        (9876543210, 2000000000, 10000000000),
    ],
)
def test_an_axis_has_at_most_five_round_steps(top: float, step: float, end: float) -> None:
    assert scale(top) == (step, end)
    assert end / step <= 5
    assert end >= top


@pytest.mark.parametrize(
    ("top", "expected"),
    [
        (0, []),
        (19, []),
        (20, [20]),
        (462, [20, 50, 100, 250]),
        (1000, [50, 100, 500, 1000]),
        (10**6, [250, 2500, 25000, 250000]),
    ],
)
def test_the_maps_steps_are_round_and_spread_over_all_sizes(top: int, expected: list[int]) -> None:
    assert steps(top) == expected


def test_the_map_colours_only_countries_of_the_table_and_draws_the_smallest_as_dots() -> None:
    day = {"event_date": "2015-05-17", "views": 30, "visitors": 20}
    geo = [
        day | {"country": "AD", "region": "AD-07"},
        day | {"country": "FR", "region": "FR-IDF", "views": 300},
        day | {"country": "unknown", "region": "unknown"},
        day | {"country": "other", "region": "other", "groups": 5},
    ]
    page = page_of({"geo_daily": geo})
    shapes = [(tag, value) for tag, name, value in page.attributes if name == "class" and value.startswith("place s")]
    assert shapes == [("path", "place s5"), ("circle", "place s2")]
    assert "20 to 49" in page.section("places")
    assert "250 and more" in page.section("places")
    assert "50 to 99" not in page.section("places")


@pytest.mark.parametrize(("days", "at_the_end"), [(14, []), (57, ["100%"])])
def test_a_day_is_named_in_the_middle_below_its_bar_unless_the_picture_ends_there(
    days: int, at_the_end: list[str]
) -> None:
    first = date(2026, 9, 1)
    geo = [
        {"event_date": str(first + timedelta(day)), "country": "DE", "region": "DE-BE", "views": 30, "visitors": 20}
        for day in range(days)
    ]
    html = html_of({"geo_daily": geo})
    middles = {f"{100 / days * (day + 0.5):.2f}".rstrip("0").rstrip(".") + "%" for day in range(days)}
    places = re.findall(r'<text class="day[^"]*" x="([^"]+)" y="[^"]+" text-anchor="([^"]+)"', html)
    assert len(places) >= 7
    assert {place for place, anchor in places if anchor == "middle"} <= middles
    assert [place for place, anchor in places if anchor != "middle"] == at_the_end
