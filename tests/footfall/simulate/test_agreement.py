"""The pipeline reads the simulated log as it was meant: what was planted for one end must mean the same at the other."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from footfall.simulate import write_web_log
from footfall.simulate.web_log import World
from tests.footfall.simulate.reading import lines_of
from transform.access_log import parse_lines
from transform.agents import classify_agents
from transform.reasons import Reason
from transform.urls import is_static


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=5, visitors_a_day=5)


def test_robots_are_known_as_robots_and_people_as_people(world: World) -> None:
    agents = world.agents
    is_bot = classify_agents(pa.array(agents.texts)).column("is_bot").to_pylist()
    first_robot = len(agents.people_weights)
    mistaken = [text for number, text in enumerate(agents.texts) if is_bot[number] != (number >= first_robot)]
    assert mistaken == []


def test_files_are_known_as_files_and_pages_as_pages(world: World) -> None:
    paths = [target.decode("utf-8", "replace").partition("?")[0] for target in world.shop.targets]
    static = is_static(pa.array(paths)).to_pylist()
    wrong = [paths[page] for page in world.shop.groups["pages"] if static[page]]
    wrong += [
        paths[file]
        for name in ("resources", "images", "videos")
        for file in world.shop.groups[name]
        if not static[file]
    ]
    assert wrong == []


@pytest.mark.parametrize("proxy", [False, True])
def test_lines_are_read_or_left_as_planted(tmp_path: Path, *, proxy: bool) -> None:
    planted = write_web_log(tmp_path, seed=21, start=date(2026, 11, 9), days=2, visitors_a_day=100, proxy=proxy)
    rows, left = parse_lines(pa.array(lines_of(tmp_path, planted), pa.binary()))
    counts = {entry["values"]: entry["counts"] for entry in left.column("reason").value_counts().to_pylist()}
    out_of_range = planted.dead_letters.pop(Reason.TIME_OUT_OF_RANGE)  # the parser reads them, a later step refuses
    assert counts == planted.dropped | planted.dead_letters
    assert rows.num_rows == planted.kept + out_of_range
    assert (rows.column("forwarded").null_count == 0) is proxy
