"""Four layers tell programs from people; they stand side by side, and nobody leaves the statistics by the new ones (R12)."""

from datetime import timedelta
from typing import Any

import msgspec

from policy import Policy
from tests.warehouse.nightly.conftest import Warehouse
from tests.warehouse.nightly.hits import crowd, day, hit

LAYERS = ("by_pattern", "by_no_agent", "by_robots_file", "by_rate")
ROBOT = {"is_bot": True, "bot_kind": "Search engines", "bot_label": "Findbot"}
NAMELESS = {"is_bot": True, "bot_kind": "Scripts and libraries", "bot_label": "(no name sent)"}


def layers(warehouse: Warehouse) -> dict[str, tuple[int, int]]:
    """Give requests and page views of each combination, named by the layers that call it a program's."""
    found = {}
    for row in warehouse.rows("bot_layers_daily"):
        found["+".join(name.removeprefix("by_") for name in LAYERS if row[name]) or "people"] = (
            row["requests"],
            row["page_views"],
        )
    return found


def spread(visitor: int, times: int, apart_s: float, **values: object) -> list[dict[str, Any]]:
    """Give hits of one visitor of day 0, so many seconds apart, from noon on."""
    first = hit(day(0), visitor, **values)
    return [{**first, "event_time": first["event_time"] + timedelta(seconds=apart_s * one)} for one in range(times)]


def test_each_layer_has_its_own_label(warehouse: Warehouse, plimus: Policy) -> None:
    a_minute, a_day = plimus.releases.bot_views_minute_max, plimus.releases.bot_views_day_max
    robots = {"path": "/robots.txt", "kind": "resource"}
    warehouse.worker.take(
        [
            *crowd(day(0), 12),
            *spread(100, 2, 1, **ROBOT),
            *spread(101, 3, 1, **NAMELESS),
            *[hit(day(0), 102, **robots), hit(day(0), 102), hit(day(0), 102)],
            *[hit(day(0), 103, **robots, **ROBOT), hit(day(0), 103, **ROBOT)],
            *spread(104, a_minute, 1 / 1000),
            *spread(105, a_minute + 1, 1 / 1000),
            *spread(106, a_day, 30),
            *spread(107, a_day + 1, 30),
            *spread(108, a_day + 1, 30, kind="resource", path="/style.css"),
        ]
    )
    warehouse.night()
    people = 12 + a_minute + a_day
    assert layers(warehouse) == {
        "people": (people + a_day + 1, people),
        "pattern": (2, 2),
        "no_agent": (3, 3),
        "robots_file": (3, 2),
        "pattern+robots_file": (2, 1),
        "rate": (a_minute + 1 + a_day + 1, a_minute + 1 + a_day + 1),
    }


def test_a_sign_holds_for_one_day_and_one_site(warehouse: Warehouse) -> None:
    """Numbers of visitors begin anew each day, so a sign cannot follow anybody; nor does it reach another site."""
    robots = {"path": "/robots.txt", "kind": "resource"}
    warehouse.worker.take(
        [hit(day(0), 1, **robots), hit(day(0), 1), hit(day(1), 1), hit(day(0), 1, site="other"), *crowd(day(1), 12)]
    )
    warehouse.night()
    assert sum(row["requests"] for row in warehouse.rows("bot_layers_daily") if row["by_robots_file"]) == 2


def test_views_of_whoever_behaves_like_a_program_still_count(warehouse: Warehouse) -> None:
    """Published figures stay what they were: a label from behaviour may be wrong about an office behind one address."""
    robots = {"path": "/robots.txt", "kind": "resource"}
    warehouse.worker.take([*crowd(day(0), 12), hit(day(0), 100, **robots), hit(day(0), 100)])
    warehouse.night()
    assert sum(row["views"] for row in warehouse.rows("geo_daily")) == 13


def test_other_limits_make_the_labels_anew(warehouse: Warehouse, plimus: Policy) -> None:
    warehouse.worker.take([*crowd(day(0), 12), *spread(104, 5, 1 / 1000)])
    warehouse.night()
    assert set(layers(warehouse)) == {"people"}
    releases = msgspec.structs.replace(plimus.releases, bot_views_minute_max=4)
    warehouse.night(msgspec.structs.replace(plimus, releases=releases))
    assert layers(warehouse)["rate"] == (5, 5)
