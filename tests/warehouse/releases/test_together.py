"""All tables of a release together (R7): seeded worlds, each published as the models say, and other worlds that look the same.

Another world is made by letting visitors of some members of an `other` be visitors of another member. It changes one column
and so one table; if that table then shows the same rows, nobody can tell the worlds apart by all tables together.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import duckdb
import pyarrow as pa
import pytest

from warehouse.models import load_models
from warehouse.relations import keep_rows, open_duckdb
from warehouse.releases import Cells, publish

DAY: Final = date(2026, 11, 1)
K: Final = 10
ACCOMPLICES: Final = 3
CELLS: Final[Mapping[str, Cells]] = {
    model.head.name: model.head.release.cells for model in load_models() if model.head.release
}
PLACES = (
    ("US", "US-CA"),
    ("US", "US-NY"),
    ("US", "US-TX"),
    ("DE", "DE-BE"),
    ("DE", "DE-BY"),
    ("FR", "FR-IDF"),
    ("JP", "JP-13"),
)
AGENTS = (
    ("Desktop", "Windows", "Chrome"),
    ("Desktop", "Windows", "Firefox"),
    ("Phone", "iOS", "Safari"),
    ("Phone", "Android", "Chrome"),
    ("Desktop", "macOS", "Safari"),
    ("Desktop", "Linux", "Firefox"),
    ("Tablet", "iOS", "Safari"),
    ("Desktop", "Windows", "Opera"),
)
PATHS = tuple(f"/{letter}" for letter in "abcdefghijk")
HOSTS = ("direct", "internal", "search.example", "news.example", "a.example", "b.example")
TEXTS = ("path", "referrer_host", "country", "region", "device", "system", "browser")
Row = dict[str, Any]
SHOWN = ("views", "visitors", "groups")


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    opened = open_duckdb(threads=2)
    yield opened
    opened.close()


def _world(chance: random.Random) -> list[Row]:
    """Give the views of one day: one place and agent a visitor, one page and host a view; some visitors are logged in."""
    rows = []
    for visitor in range(chance.randint(14, 90)):
        is_logged_in = chance.random() < 0.2
        country, region = chance.choices(PLACES, [2**-at for at in range(len(PLACES))])[0]
        device, system, browser = chance.choices(AGENTS, [1.6**-at for at in range(len(AGENTS))])[0]
        if is_logged_in:
            region = device = system = browser = "unknown"
        for _ in range(chance.choice((1, 1, 2, 4))):
            path = chance.choices(PATHS, [1.5**-at for at in range(len(PATHS))])[0]
            host = "unknown" if is_logged_in else chance.choices(HOSTS, [2**-at for at in range(len(HOSTS))])[0]
            names = (path, host, country, region, device, system, browser)
            rows.append({"visitor": visitor, "is_logged_in": is_logged_in, **dict(zip(TEXTS, names, strict=True))})
    return rows


def _published(
    connection: duckdb.DuckDBPyConnection, cells: Cells, worlds: Sequence[Sequence[Row]]
) -> list[dict[tuple[str, ...], tuple[int, ...]]]:
    """Publish worlds, each as a site of its own; give the rows of each by their names."""
    schema = pa.schema(
        [("event_date", pa.date32()), ("site", pa.string()), ("visitor", pa.int64()), ("is_logged_in", pa.bool_())]
        + [(name, pa.string()) for name in TEXTS]
    )
    rows = [{"event_date": DAY, "site": str(at), **row} for at, world in enumerate(worlds) for row in world]
    keep_rows(connection, "given_rows", pa.Table.from_pylist(rows, schema))
    connection.table("given_rows").create_view(cells.rows, replace=True)
    found: list[dict[tuple[str, ...], tuple[int, ...]]] = [{} for _ in worlds]
    for row in publish(connection, cells, k=K, members_min=2).rows.to_pylist():
        found[int(row["site"])][tuple(row[name] for name in cells.columns)] = tuple(row[name] for name in SHOWN)
    return found


def test_all_tables_add_up_to_the_same_and_nothing_can_be_subtracted(connection: duckdb.DuckDBPyConnection) -> None:
    chance = random.Random(1)
    worlds = [_world(chance) for _ in range(40)]
    for world in worlds[:5]:  # and days on which everybody is in one cell
        world[:] = [{**row, "path": "/a", "country": "US", "region": "US-CA"} for row in world]
    tables = {name: _published(connection, cells, worlds) for name, cells in CELLS.items() if name != "missing_daily"}
    hidden = 0
    for at, world in enumerate(worlds):
        people = {side: {row["visitor"] for row in world if row["is_logged_in"] is side} for side in (False, True)}
        shown = [side for side, visitors in people.items() if len(visitors) >= K]
        hidden += len(people) - len(shown)
        views = sum(1 for row in world if row["is_logged_in"] in shown)
        visitors = sum(len(people[side]) for side in shown)
        for name, found in tables.items():
            totals: defaultdict[str, Counter[str]] = defaultdict(Counter)
            for names, (row_views, row_visitors, groups) in found[at].items():
                facet = names[0] if name == "agent_daily" else ""
                totals[facet].update(views=row_views, visitors=row_visitors)
                assert row_visitors >= K, (name, names)
                assert groups in {0, 2}, (name, names)
                assert (groups == 2) == (names[-1] == "other"), (name, names)
                outside = visitors - row_visitors
                assert outside == 0 or outside >= K, (name, names)
            assert all(total["views"] == views for total in totals.values()), name
            if name in ("geo_daily", "agent_daily"):
                assert all(total["visitors"] == visitors for total in totals.values()), name
    assert hidden > 10


@dataclass(frozen=True, slots=True)
class Hidden:
    """A cell of a world that is merged: its names, those of the other members of the same `other`, and who is in it."""

    column: str
    names: tuple[str, ...]
    members: tuple[tuple[str, ...], ...]


def _hidden(world: Sequence[Row], cells: Cells, nested: Mapping[tuple[str, ...], tuple[int, ...]]) -> Iterator[Hidden]:
    """Name the cells of casual visitors that are merged, at the level at which they are."""
    present = {tuple(row[name] for name in cells.nested) for row in world if not row["is_logged_in"]}
    for depth in range(1, len(cells.nested) + 1):
        level = {names[:depth] for names in present}
        shown = {names[:depth] for names in nested}
        for names in sorted(level):
            members = tuple(sorted(one for one in level if one[:-1] == names[:-1] and one not in shown))
            is_parent_shown = depth == 1 or names[:-1] in {one[: depth - 1] for one in shown}
            if names not in shown and is_parent_shown:
                yield Hidden(cells.nested[depth - 1], names, members)


def _others(
    chance: random.Random, world: Sequence[Row], cells: Cells, hidden: Hidden, known: set[int]
) -> list[list[Row]]:
    """Give other worlds: visitors of other members, none of them an accomplice, are in the hidden cell, or some of its own elsewhere."""
    depth, found = len(hidden.names), []
    columns = cells.nested[:depth]
    own = {
        row["visitor"] for row in world if not row["is_logged_in"] and tuple(row[c] for c in columns) == hidden.names
    }
    theirs: dict[int, list[tuple[str, ...]]] = defaultdict(list)
    for row in world:
        names = tuple(row[column] for column in columns)
        if not row["is_logged_in"] and names in hidden.members and names != hidden.names:
            theirs[row["visitor"]].append(names)
    example = {
        tuple(row[column] for column in columns): {column: row[column] for column in cells.nested} for row in world
    }
    free = sorted(set(theirs) - known)
    leaving = sorted(own - known)
    for _ in range(40):
        if chance.random() < 0.7 and free:
            moved, to, source = set(chance.sample(free, chance.randint(1, len(free)))), hidden.names, hidden.members
        elif leaving:
            others = [one for one in hidden.members if one != hidden.names]
            moved, source = set(chance.sample(leaving, chance.randint(1, len(leaving)))), (hidden.names,)
            to = chance.choice(others) if others else hidden.names
        else:
            continue
        found.append(
            [
                {**row, **example[to]}
                if row["visitor"] in moved
                and not row["is_logged_in"]
                and tuple(row[column] for column in columns) in source
                else row
                for row in world
            ]
        )
    return found


TABLES = ("geo_daily", "agent_daily", "page_daily", "referrer_daily")


@pytest.mark.parametrize("name", TABLES)
def test_of_a_hidden_cell_there_are_other_worlds_that_look_the_same(
    connection: duckdb.DuckDBPyConnection, name: str
) -> None:
    """With other visitors and views in it, and with k/2 visitors or more, whatever three of the visitors tell."""
    _judge(connection, name, worlds=1)


@pytest.mark.long
@pytest.mark.parametrize("name", TABLES)
def test_of_every_hidden_cell_there_are_other_worlds_that_look_the_same(
    connection: duckdb.DuckDBPyConnection, name: str
) -> None:
    """The same of many worlds."""
    _judge(connection, name, worlds=8)


def _judge(connection: duckdb.DuckDBPyConnection, name: str, worlds: int) -> None:
    cells = CELLS[name]
    nested = Cells(cells.rows, cells.nested, cells.shared)
    chance = random.Random(name)
    judged = 0
    for _ in range(worlds):
        world = _world(chance)
        casual = [row for row in world if not row["is_logged_in"]]
        (inner,) = _published(connection, nested, [casual])
        if not inner:
            continue
        known = set(chance.sample(sorted({row["visitor"] for row in casual}), ACCOMPLICES))
        for hidden in _hidden(world, cells, inner):
            others = _others(chance, world, cells, hidden, known)
            look, *looks = _published(connection, cells, [world, *others])
            same = [world] + [other for other, seen in zip(others, looks, strict=True) if seen == look]
            figures = [_figures(one, cells.nested, hidden.names) for one in same]
            assert len({visitors for _, visitors in figures}) > 1, (hidden, figures)
            assert len({views for views, _ in figures}) > 1, (hidden, figures)
            assert max(visitors for _, visitors in figures) >= K / 2, (hidden, figures)
            judged += 1
    assert judged >= worlds


def _figures(world: Sequence[Row], nested: Sequence[str], names: tuple[str, ...]) -> tuple[int, int]:
    columns = nested[: len(names)]
    own = [
        row["visitor"] for row in world if not row["is_logged_in"] and tuple(row[column] for column in columns) == names
    ]
    return len(own), len(set(own))
