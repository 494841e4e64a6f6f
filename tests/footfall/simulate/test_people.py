"""People of the simulated shop are as uneven as people are: in time, in eagerness, in taste."""

from datetime import date

import numpy as np
import pytest

from footfall.simulate.traffic.people import draw_views
from footfall.simulate.traffic.rows import DAY_S, Rows
from footfall.simulate.web_log import World

WEDNESDAY, SATURDAY = date(2026, 11, 11), date(2026, 11, 14)


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=5, visitors_a_day=2000)


@pytest.fixture(scope="module")
def views(world: World) -> Rows:
    return draw_views(np.random.default_rng(1), world.people, world.shop, WEDNESDAY)


def test_nobody_is_there_twice(world: World) -> None:
    people = world.people
    assert len(set(zip(people.address.tolist(), people.agent.tolist(), strict=True))) == len(people.address)
    assert set(np.bincount(people.address)) == {1, 2}
    assert people.address.max() < world.first_robot


def test_about_as_many_come_as_were_asked_for(world: World, views: Rows) -> None:
    come = len({(row["address"], row["agent"]) for row in views})
    assert 2000 * 0.95 < come < 2000 * 1.2
    assert world.people.chance.sum() == pytest.approx(2000)


def test_people_sleep_by_their_own_clock(world: World, views: Rows) -> None:
    clock_h = np.zeros(len(world.addresses.texts), np.int64)
    clock_h[world.people.address] = world.people.clock_h
    hours = np.bincount((views["second"] // 3600 + clock_h[views["address"]]) % 24, minlength=24)
    assert hours[1:6].sum() * 5 < hours[18:23].sum()


def test_saturdays_are_quieter(world: World, views: Rows) -> None:
    saturday = draw_views(np.random.default_rng(1), world.people, world.shop, SATURDAY)
    assert len(saturday) < 0.9 * len(views)


def test_few_pages_have_much_of_the_traffic(world: World, views: Rows) -> None:
    counts = np.sort(np.bincount(views["target"], minlength=world.shop.groups["pages"].stop))[::-1]
    tenth = len(counts) // 10
    assert counts[:tenth].sum() > 0.45 * counts.sum()
    assert counts[tenth:].sum() > 0.2 * counts.sum()


def test_a_visit_begins_outside_and_goes_on_inside(views: Rows) -> None:
    inside = np.flatnonzero(views["referrer"] >= 0)
    assert (views["referrer"][inside] == views["target"][inside - 1]).all()
    assert (views["address"][inside] == views["address"][inside - 1]).all()
    assert (views["second"][inside] > views["second"][inside - 1]).all()
    assert views["second"].max() < DAY_S


def test_most_visits_are_short_and_some_are_long(views: Rows) -> None:
    lengths = np.diff(np.append(np.flatnonzero(views["referrer"] < 0), len(views)))
    assert np.median(lengths) <= 2
    assert lengths.max() > 20
