"""Those who were logged in are published apart from those who were not, and added up: neither side tells on the other (R7)."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from warehouse.relations import keep_rows, open_duckdb
from warehouse.releases import Cells, Published, publish

DAY = date(2026, 11, 1)
Row = Mapping[str, Any]
PAGES = Cells("seen", ("path",), shared=True, apart="is_logged_in")
PLACES = Cells("seen", ("country", "region"), apart="is_logged_in")
DEVICES = Cells("seen", ("device",), apart="is_logged_in")
REFERRERS = Cells("seen", ("referrer",), shared=True, apart="is_logged_in")


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    opened = open_duckdb(threads=2)
    yield opened
    opened.close()


def _published(
    connection: duckdb.DuckDBPyConnection, rows: Iterable[Row], cells: Cells, k: int, numbers_max: int = 1
) -> Published:
    types = {"event_date": pa.date32(), "visitor": pa.int64(), "is_logged_in": pa.bool_()}
    columns = ["event_date", "site", "visitor", "is_logged_in", *cells.columns]
    schema = pa.schema([(name, types.get(name, pa.string())) for name in columns])
    keep_rows(connection, "given_rows", pa.Table.from_pylist(list(rows), schema))
    connection.table("given_rows").create_view(cells.rows, replace=True)
    return publish(connection, cells, k=k, members_min=2, numbers_max=numbers_max)


def _rows(site: str, column: str, casual: Mapping[str, int], logged_in: Mapping[str, int]) -> list[Row]:
    """Give one view of each visitor; nobody is in two cells."""
    numbers = iter(range(10**6))
    return [
        {"event_date": DAY, "site": site, "visitor": next(numbers), "is_logged_in": side, column: name}
        for side, counts in ((False, casual), (True, logged_in))
        for name, visitors in counts.items()
        for _ in range(visitors)
    ]


def _figures(published: Published, *columns: str) -> dict[str, tuple[int, ...]]:
    (name,) = (column for column in published.rows.column_names if column in {"path", "device", "referrer"})
    return {row[name]: tuple(row[column] for column in columns) for row in published.rows.to_pylist()}


def test_a_row_is_the_sum_of_both_sides(connection: duckdb.DuckDBPyConnection) -> None:
    rows = _rows("s", "path", {"/a": 12, "/b": 30, "/c": 4, "/d": 7}, {"/a": 11, "/b": 3, "/e": 8, "/f": 9})
    published = _published(connection, rows, PAGES, 10)
    assert _figures(published, "visitors", "groups") == {"/a": (23, 0), "/b": (30, 0), "other": (11 + 20, 2)}
    assert (published.cells_hidden, published.hidden) == (5, frozenset())


def test_a_side_of_too_few_is_left_out(connection: duckdb.DuckDBPyConnection) -> None:
    rows = _rows("s", "path", {"/a": 12, "/b": 30}, {"/a": 5, "/b": 4})
    published = _published(connection, rows, PAGES, 10)
    assert _figures(published, "visitors") == {"/a": (12,), "/b": (30,)}
    assert published.hidden == {(DAY, "s")}
    alone = _published(connection, _rows("s", "path", {"/a": 9}, {"/a": 10}), PAGES, 10)
    assert _figures(alone, "visitors") == {"/a": (10,)}


def test_only_casual_visitors_may_have_several_numbers(connection: duckdb.DuckDBPyConnection) -> None:
    rows = _rows("s", "path", {"/a": 19, "/b": 30}, {"/a": 10, "/b": 15})
    published = _published(connection, rows, PAGES, 10, numbers_max=2)
    assert _figures(published, "visitors", "groups") == {"/a": (10, 0), "/b": (15, 0), "other": (49, 2)}


@pytest.mark.parametrize("cells", [PAGES, PLACES], ids=["pages", "places"])
def test_whoever_knows_one_side_learns_what_is_published_of_the_other_alone(
    connection: duckdb.DuckDBPyConnection, cells: Cells
) -> None:
    """What is published of both is the sum of what would be published of each, on hundreds of random sites."""
    chance = random.Random(11)
    rows: list[Row] = []
    for number in range(200):
        names = [f"{letter}{chance.randint(0, 2)}" for letter in "abcd"[: chance.randint(1, 4)]]
        for side in (False, True):
            for visitor in range(chance.choice((0, 3, 12, 25))):
                name = chance.choices(names, [3**-at for at in range(len(names))])[0]
                own = {"path": name, "country": name[0], "region": name}
                row = {"event_date": DAY, "site": f"s{number}", "visitor": visitor, "is_logged_in": side}
                rows += [row | {column: own[column] for column in cells.columns}] * chance.randint(1, 3)
    added: Counter[tuple[Any, ...]] = Counter()
    hidden: set[tuple[date, str]] = set()
    for side in (False, True):
        one = _published(connection, [row for row in rows if row["is_logged_in"] is side], cells, 4)
        added += _summed(one, cells)
        hidden |= one.hidden
    both = _published(connection, rows, cells, 4)
    assert _summed(both, cells) == added
    assert both.hidden == hidden != set()
    assert min(both.rows.column("visitors").to_pylist()) >= 4


def _summed(published: Published, cells: Cells) -> Counter[tuple[Any, ...]]:
    """Give each figure of each row under its name, so that rows of one name add up."""
    return Counter(
        {
            (row["site"], *(row[column] for column in cells.columns), figure): row[figure]
            for row in published.rows.to_pylist()
            for figure in ("views", "visitors")
        }
    )


def test_nobody_is_told_by_the_group_that_stands_in_two_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """All who are logged in have an unknown device and an unknown referrer: an equal cell of two tables, however many.

    Every small world of two devices, two referrers and a group of logged-in visitors, each a site. Whoever sees the rows of
    both tables cannot tell the visitors of a device or referrer that is not shown, nor of a group of fewer than k. (Fewer than
    k casual visitors are not shown at all; that there are two, in two cells, is what this attacker knows beforehand.)
    """
    pairs = [(one, two) for one in range(1, 9) for two in range(1, 9)]
    worlds = [((a, b), known) for a in pairs for b in pairs if sum(a) == sum(b) <= 12 for known in range(6)]
    seen: dict[int, list[Any]] = {at: [] for at in range(len(worlds))}
    for cells, side in ((DEVICES, 0), (REFERRERS, 1)):
        column = cells.nested[0]
        rows = [
            row
            for at, (casual, known) in enumerate(worlds)
            for row in _rows(str(at), column, dict(zip("ab", casual[side], strict=True)), {"unknown": known})
        ]
        for row in _published(connection, rows, cells, 3).rows.to_pylist():
            seen[int(row["site"])].append((column, row[column], row["visitors"], row["groups"]))
    groups = defaultdict(list)
    for at, world in enumerate(worlds):
        groups[tuple(seen[at])].append(world)
    assert len(groups) > 100
    for look, alike in groups.items():
        for (place, column), name in ((one, name) for one in enumerate(("device", "referrer")) for name in "ab"):
            if {row[1] for row in look} - {"unknown"} and (column, name) not in {row[:2] for row in look}:
                assert len({casual[place]["ab".index(name)] for casual, _ in alike}) > 1, (look, column, name)
        numbers = {known for _, known in alike}
        assert not look or len(numbers) > 1 or numbers == {0} or min(numbers) >= 3, look
        _check_shown(look)


def _check_shown(look: Sequence[tuple[str, str, int, int]]) -> None:
    assert all(visitors >= 3 for _, _, visitors, _ in look)
    totals = Counter[str]()
    for column, _, visitors, _ in look:
        totals[column] += visitors
    assert len(set(totals.values())) <= 1
