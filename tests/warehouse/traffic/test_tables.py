"""Interactive tables are what they would be if every visitor was looked at alone, whatever they are counted from."""

import random
from collections.abc import Iterator

import duckdb
import pytest

from policy import load_policy
from tests.warehouse.traffic.plainly import plain_table
from warehouse.attack.nights import PAIRS, see_models
from warehouse.attack.worlds import make_month
from warehouse.models import load_models
from warehouse.relations import keep_rows, open_duckdb
from warehouse.traffic.question import GROUPS
from warehouse.traffic.tables import COUNTED, COUNTED_LEVELS, levels_of, make_table, make_visits

TABLES = ((), *((group,) for group in GROUPS), *PAIRS)
RELEASES = load_policy().releases


@pytest.fixture(scope="module")
def worlds() -> Iterator[duckdb.DuckDBPyConnection]:
    """Give small worlds of many cells near k: their views, some of one visitor in several places, and what a night would count."""
    month = make_month(range(3), 2, random.Random)
    settings = {
        "own_hosts": "select 'w1-open' as site, 'news.example' as host",
        "counting": "select '' as site, '' as channel where false",
    }
    with open_duckdb(threads=1) as connection:
        given = {name: connection.sql(sql).to_arrow_table() for name, sql in settings.items()}
        see_models(connection, {**month.tables(load_policy(), 0), **given})
        changes = {
            17: "country = 'FR', region = 'FR-IDF'",
            19: "device = 'Phone', system = 'iOS'",
            23: "browser = 'other'",
        }
        for nth, change in changes.items():
            connection.execute(f"update all_views set {change} where rowid % {nth} = 0")
        model = next(model for model in load_models() if model.head.table == COUNTED)
        keep_rows(connection, COUNTED, connection.sql(model.sql).to_arrow_table())
        make_visits(connection)
        yield connection


def test_nobody_is_lost_who_is_counted_together(worlds: duckdb.DuckDBPyConnection) -> None:
    different = []
    named = 0
    for groups in TABLES:
        expected = plain_table(worlds, groups, RELEASES)
        named += sum(row["a"] not in {None, ""} and row["b"] is not None for row in expected.to_pylist())
        if make_table(worlds, groups, RELEASES) != expected:
            different.append((groups, "of the rows"))
        if (
            set(levels_of(groups)) <= COUNTED_LEVELS
            and make_table(worlds, groups, RELEASES, is_counted=True) != expected
        ):
            different.append((groups, "of what the night counted"))
    assert different == []
    assert named > 50  # else there was nothing to differ


def test_one_site_alone_is_as_it_is_among_others(worlds: duckdb.DuckDBPyConnection) -> None:
    for is_counted in (True, False):
        everywhere = make_table(worlds, ("country", "device"), RELEASES, is_counted=is_counted).to_pylist()
        for site in {row["site"] for row in everywhere}:
            alone = make_table(worlds, ("country", "device"), RELEASES, site, is_counted=is_counted).to_pylist()
            assert alone == [row for row in everywhere if row["site"] == site]
    assert make_table(worlds, ("country",), RELEASES, "no'site", is_counted=True).num_rows == 0
