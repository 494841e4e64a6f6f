"""The figures that DuckDB gives the audit are right, and what is published keeps R6 and R7 row by row."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from itertools import chain, combinations
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from tests.warehouse.releases.worlds import World, everybody, is_small, shares, stages_of, told
from warehouse.relations import keep_rows, open_duckdb
from warehouse.releases import Cells, Published, publish
from warehouse.releases.audit import Rule
from warehouse.releases.merge import choose

DAY = date(2026, 11, 1)
Row = Mapping[str, Any]


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    opened = open_duckdb(threads=2)
    yield opened
    opened.close()


def _published(connection: duckdb.DuckDBPyConnection, rows: Iterable[Row], cells: Cells, k: int) -> Published:
    """Publish rows, each a view: event_date, site, visitor and the cell's columns."""
    columns = ["event_date", "site", "visitor", *cells.nested]
    types = {"event_date": pa.date32(), "visitor": pa.int64()}
    schema = pa.schema([(name, types.get(name, pa.string())) for name in columns])
    keep_rows(connection, "given_rows", pa.Table.from_pylist(list(rows), schema))
    connection.table("given_rows").create_view(cells.rows, replace=True)
    return publish(connection, cells, k=k, members_min=2)


def _views(counts: Mapping[Any, int], columns: Sequence[str], site: str = "s") -> list[Row]:
    """Give one view for each visitor of each cell; no visitor is in two cells."""
    numbers = iter(range(10**6))
    return [
        {"event_date": DAY, "site": site, "visitor": next(numbers), **dict(zip(columns, cell, strict=True))}
        for cell, visitors in counts.items()
        for _ in range(visitors)
    ]


PAGES = Cells("seen", ("path",), shared=True)
PLACES = Cells("seen", ("country", "region"))
AGENTS = Cells("seen", ("device", "system", "browser"), facets=True)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("k", [3, 5])
def test_figures_and_choices_are_those_of_the_rule_itself(
    connection: duckdb.DuckDBPyConnection, k: int, *, shared: bool
) -> None:
    """Hundreds of random sites, worked out here with sets of visitors."""
    chance = random.Random(k)
    rows: list[Row] = []
    expected: dict[tuple[str, str], tuple[int, int, int]] = {}
    hidden: set[tuple[date, str]] = set()
    for number in range(300):
        site, names = f"s{number}", [f"/{letter}" for letter in "abcdefg"[: chance.randint(1, 7)]]
        views: Counter[tuple[int, int]] = Counter()
        for visitor in range(chance.randint(1, 25)):
            often = chance.randint(1, 3) if shared else 1
            for cell in chance.choices(range(len(names)), [3**-at for at in range(len(names))], k=often):
                views[cell, visitor] += chance.randint(1, 2)
        people = [{visitor for at, visitor in views if at == cell} for cell in range(len(names))]
        totals = [sum(n for (at, _), n in views.items() if at == cell) for cell in range(len(names))]
        for (cell, visitor), times in views.items():
            rows += [{"event_date": DAY, "site": site, "visitor": visitor, "path": names[cell]}] * times
        world = World(tuple(map(len, people)), tuple(totals), partial(_together, people))
        rows_due = _expected(world, names, Rule(k, 2, shared))
        hidden |= set() if rows_due else {(DAY, site)}
        expected |= {(site, name): figures for name, figures in rows_due.items()}
    published = _published(connection, rows, Cells("seen", ("path",), shared=shared), k)
    found = {
        (row["site"], row["path"]): (row["views"], row["visitors"], row["groups"]) for row in published.rows.to_pylist()
    }
    assert found == expected
    assert published.hidden == hidden
    assert {groups > 0 for _, _, groups in found.values()} == {True, False}


def _together(people: Sequence[set[int]], cells: Sequence[int]) -> int:
    return len(set[int]().union(*(people[cell] for cell in cells)))


def _expected(world: World, names: Sequence[str], rule: Rule) -> dict[str, tuple[int, int, int]]:
    present, people = [cell for cell, visitors in enumerate(world.visitors) if visitors], everybody(world)
    rows = {names[cell]: (world.views[cell], told(world.visitors[cell], people, rule), 0) for cell in present}
    if not any(is_small(world, cell, rule) for cell in present):
        return rows
    stages, members = stages_of(world, rule)
    at = choose(stages, rule)
    if at is None:
        return {}
    other = (stages[at].views, told(stages[at].visitors, people, rule), 2)
    return {name: row for name, row in rows.items() if name not in {names[one] for one in members[at]}} | {
        "other": other
    }


def test_regions_are_merged_within_their_country(connection: duckdb.DuckDBPyConnection) -> None:
    counts = {
        ("DE", "DE-BE"): 20,
        ("DE", "DE-BY"): 12,
        ("DE", "DE-HH"): 3,
        ("SE", "SE-AB"): 11,  # a lone region of a country that is shown
        ("US", "US-CA"): 6,  # a country that is shown without any region of its own
        ("US", "US-NY"): 7,
        ("unknown", "unknown"): 15,
        ("FR", "FR-IDF"): 5,
        ("JP", "JP-13"): 6,
    }
    rows = _published(connection, _views(counts, PLACES.columns), PLACES, 10).rows.to_pylist()
    assert [(row["country"], row["region"], row["visitors"], row["groups"]) for row in rows] == [
        ("DE", "DE-BE", 20, 0),
        ("DE", "other", 15, 2),  # a small region hides with the next smallest, or the country's sum would tell it
        ("SE", "SE-AB", 11, 0),
        ("US", "other", 13, 2),
        ("other", "other", 11, 2),
        ("unknown", "unknown", 15, 0),
    ]


def test_a_group_that_calls_itself_other_is_not_mistaken_for_the_rest(connection: duckdb.DuckDBPyConnection) -> None:
    counts = {("/a",): 4, ("/b",): 8, ("other",): 12, ("/c",): 20}
    rows = _published(connection, _views(counts, PAGES.columns), PAGES, 10).rows.to_pylist()
    assert [(row["path"], row["visitors"], row["groups"]) for row in rows] == [
        ("(other)", 12, 0),
        ("/c", 20, 0),
        ("other", 12, 2),
    ]


def test_facets_are_sums_of_one_nested_table(connection: duckdb.DuckDBPyConnection) -> None:
    """Desktop less Windows less macOS, whatever of two facets is subtracted, is no group that is small (R7)."""
    counts = {
        ("Desktop", "Windows", "Chrome"): 30,
        ("Desktop", "Windows", "Firefox"): 12,
        ("Desktop", "Windows", "Opera"): 3,
        ("Desktop", "macOS", "Safari"): 4,
        ("Desktop", "Linux", "Firefox"): 15,
        ("Desktop", "BSD", "Firefox"): 7,
        ("Phone", "iOS", "Safari"): 25,
        ("Phone", "Android", "Chrome"): 20,
        ("Tablet", "iOS", "Safari"): 5,
        ("Console", "Other", "Edge"): 6,
    }
    found = _published(connection, _views(counts, AGENTS.nested), AGENTS, 10).rows.to_pylist()
    assert [(row["facet"], row["name"], row["visitors"], row["groups"]) for row in found] == [
        ("browser", "Chrome", 50, 0),
        ("browser", "Firefox", 15, 0),  # the others are merged with Opera on Windows, or on systems that are merged
        ("browser", "Safari", 25, 0),
        ("browser", "other", 15 + 11 + 11, 2),
        ("device", "Desktop", 71, 0),
        ("device", "Phone", 45, 0),
        ("device", "other", 11, 2),
        ("system", "Android", 20, 0),
        ("system", "Linux", 15, 0),
        ("system", "Windows", 45, 0),
        ("system", "iOS", 25, 0),
        ("system", "other", 11 + 11, 2),
    ]


def test_a_day_of_too_few_is_not_published_at_all(connection: duckdb.DuckDBPyConnection) -> None:
    published = _published(connection, _views({("/a",): 5, ("/b",): 4}, PAGES.columns), PAGES, 10)
    assert published.rows.num_rows == 0
    assert published.hidden == {(DAY, "s")}
    assert published.cells_hidden == 0


def test_nothing_comes_of_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    for cells in (PAGES, PLACES, AGENTS):
        published = _published(connection, [], cells, 10)
        assert published.rows.num_rows == 0
        assert published.rows.column_names == ["event_date", "site", *cells.columns, "views", "visitors", "groups"]


@pytest.mark.parametrize("regions", [(2, 2), (1, 1, 2), (3, 1)])
def test_no_place_can_be_told_from_both_levels(connection: duckdb.DuckDBPyConnection, regions: tuple[int, ...]) -> None:
    """Every small world of countries and regions, each a site: whoever sees its rows cannot tell a hidden cell."""
    places = [(f"c{one}", f"c{one}-r{two}") for one, many in enumerate(regions) for two in range(many)]
    worlds = [tuple(count + 1 for count in counts) for counts in shares(len(places), 11)]
    rows = chain.from_iterable(
        _views(dict(zip(places, world, strict=True)), PLACES.columns, f"s{number}")
        for number, world in enumerate(worlds)
    )
    seen = defaultdict(list)
    for row in _published(connection, rows, PLACES, 3).rows.to_pylist():
        seen[row["site"]].append(tuple(row[name] for name in ("country", "region", "views", "visitors", "groups")))
    groups = defaultdict(list)
    for number, world in enumerate(worlds):
        groups[tuple(seen[f"s{number}"])].append(world)
    assert len(groups) > 50
    for look, alike in groups.items():
        shown = {(country, region) for country, region, _, _, _ in look}
        merged_to_ones = len(places) == sum(row[3] for row in look)
        for at, place in enumerate(places):
            if look and place not in shown and not merged_to_ones and not _ones_of_a_country(place, look, places):
                assert len({world[at] for world in alike}) > 1, (look, place)


def _ones_of_a_country(
    place: tuple[str, str], look: Sequence[tuple[Any, ...]], places: Sequence[tuple[str, str]]
) -> bool:
    """Say whether all of a country is merged and its sum alone tells that each of its regions had one visitor."""
    own = [row for row in look if row[0] == place[0]]
    regions = sum(1 for country, _ in places if country == place[0])
    return [row[1] for row in own] == ["other"] and own[0][3] == regions


def test_over_any_days_countries_and_regions_differ_by_whole_others_only(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """What a country has beside its shown regions, on any days taken together, is never a single hidden cell (R7)."""
    chance, days = random.Random(7), [date(2026, 11, number) for number in (1, 2, 3)]
    places = [(country, f"{country}-{region}") for country in ("DE", "FR", "JP") for region in "ABC"]
    counts = {
        (f"s{number}", on, place): chance.choice((0, 1, 2, 3, 4, 5, 9))
        for number in range(150)
        for on in days
        for place in places
    }
    rows = [
        {**row, "event_date": on}
        for (site, on, place), visitors in counts.items()
        for row in _views({place: visitors}, PLACES.columns, site)
    ]
    for number, row in enumerate(rows):
        row["visitor"] = number
    published = _published(connection, rows, PLACES, 4)
    found = defaultdict(list)
    for row in published.rows.to_pylist():
        assert row["visitors"] >= 4
        found[row["site"], row["event_date"]].append(row)
    for (site, on), own in found.items():
        total = sum(counts[site, on, place] for place in places)
        assert sum(row["visitors"] for row in own) == sum(row["views"] for row in own) == total
    for site in {site for site, _, _ in counts}:
        for chosen in chain.from_iterable(combinations(days, size) for size in (1, 2, 3)):
            for country in ("DE", "FR", "JP"):
                _check_rest(site, chosen, country, found, counts)


def _check_rest(
    site: str,
    days: Sequence[date],
    country: str,
    found: Mapping[tuple[str, date], list[Row]],
    counts: Mapping[tuple[str, date, tuple[str, str]], int],
) -> None:
    own = [row for on in days for row in found.get((site, on), []) if row["country"] == country]
    shown = {(row["event_date"], row["region"]) for row in own if not row["groups"]}
    hidden = [
        visitors
        for (one, on, place), visitors in counts.items()
        if one == site and place[0] == country and visitors
        if on in {row["event_date"] for row in own} and (on, place[1]) not in shown
    ]
    rest = sum(row["visitors"] for row in own) - sum(row["visitors"] for row in own if not row["groups"])
    assert rest == sum(hidden)
    assert not hidden or (len(hidden) >= 2 and rest > max(hidden))
