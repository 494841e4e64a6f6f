"""From visitors in cells to rows that may be published: merged level by level, figures by DuckDB, decisions by the audit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib import resources
from itertools import groupby
from typing import Any, Final

import duckdb
import pyarrow as pa

from warehouse.releases.audit import Rule, Stage, groups_told
from warehouse.releases.merge import choose

PARENT: Final = ("event_date", "site", "above")
CHOSEN: Final = pa.schema(
    [
        ("event_date", pa.date32()),
        ("site", pa.string()),
        ("above", pa.string()),
        ("stage", pa.int64()),
        ("members", pa.int64()),
        ("groups", pa.int32()),
    ]
)


@dataclass(frozen=True, slots=True)
class Cells:
    """Which cells are published, and of which rows they are counted.

    Attributes:
        rows: the relation with one row per view: event_date, site, visitor and the columns below, as text.
        nested: the columns that name a cell, the coarser first; one or two.
        within: the column whose values stand apart from one another, such as `facet`; "" for none, or with two nested.
        shared: True where one visitor may be in several cells, as with pages.
        apart: a column of truth values; rows with and without are published each for itself, then added up.
    """

    rows: str
    nested: tuple[str, ...]
    within: str = ""
    shared: bool = False
    apart: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that name a published row beside its day and site, in the order of the table."""
        return (self.within, *self.nested) if self.within else self.nested


@dataclass(frozen=True, slots=True)
class Published:
    """What may be shown, and how much was not.

    Attributes:
        rows: event_date, site, the columns of a cell, views, visitors, groups; ordered by all but the last three.
        cells_hidden: how many cells were merged into some `other`.
        hidden: the days and sites with fewer than k visitors, of which nothing may be shown.
    """

    rows: pa.Table
    cells_hidden: int
    hidden: frozenset[tuple[date, str]]


def publish(
    connection: duckdb.DuckDBPyConnection, cells: Cells, *, k: int, members_min: int, numbers_max: int = 1
) -> Published:
    """Merge small cells so that no row has fewer than `k` visitors and `other` gives no member away (R7).

    Views add up to the rows of `cells.rows`, but for days and sites that are hidden altogether. The visitors of every
    row are distinct ones of that row, those of `other` too.

    What stands apart is published as if the rest did not exist, and rows of one name are added up. So a row has `k`
    visitors or more on each side that is in it, and whatever an attacker can tell of one side, even all of it, tells
    nothing about the other: logged-in views all have the same unknown device, browser, system and referrer, and such equal
    cells of several tables could else be subtracted. A side with fewer than `k` visitors on a day of a site is hidden.

    Args:
        connection: has the relation `cells.rows`.
        cells: what is published.
        k: the fewest people of a row.
        members_min: the fewest cells in `other`.
        numbers_max: how many visitor numbers one person may have on these days; a cell needs as many times `k` numbers.
            Those who are set apart have one each.
    """
    names = ", ".join(("event_date", "site", *cells.columns, "visitor", *([cells.apart] if cells.apart else [])))
    connection.execute("drop table if exists told")
    connection.view(cells.rows).aggregate(f"{names}, count(*) as views", names).create("told")
    told = connection.table("told")
    needed = k * numbers_max
    if not cells.apart or not told.filter(cells.apart).limit(1).fetchall():
        return _publish(connection, told, cells, Rule(needed, members_min, cells.shared))
    sides = [
        _publish(connection, told.filter(side), cells, Rule(fewest, members_min, cells.shared))
        for side, fewest in ((f"not {cells.apart}", needed), (cells.apart, k))
    ]
    return _added_up(sides, cells)


def _publish(
    connection: duckdb.DuckDBPyConnection, told: duckdb.DuckDBPyRelation, cells: Cells, rule: Rule
) -> Published:
    """Publish `told`: the columns of `cells`, visitor, and how many views."""
    if len(cells.nested) == 1:
        level = _level(connection, told, cells.within or "''", cells.nested[0], rule)
        rows = level.rows.drop_columns([] if cells.within else ["above"])
        merged = level.chosen
    else:
        level = _level(connection, told, "''", cells.nested[0], rule)
        inner = _level(connection, told, cells.nested[0], cells.nested[1], rule)
        rows = _nest(connection, level.rows, inner.rows)
        shown = {(row["event_date"], row["site"], row["name"]) for row in level.rows.to_pylist() if not row["groups"]}
        merged = level.chosen + [choice for choice in inner.chosen if _parent(choice) in shown]
    rows = rows.rename_columns(["event_date", "site", *cells.columns, "views", "visitors", "groups"])
    return Published(
        rows.sort_by([(name, "ascending") for name in ("event_date", "site", *cells.columns)]),
        sum(choice["members"] for choice in merged if choice["stage"] is not None),
        frozenset((choice["event_date"], choice["site"]) for choice in level.chosen if choice["stage"] is None),
    )


def _added_up(sides: Sequence[Published], cells: Cells) -> Published:
    keys, figures = ["event_date", "site", *cells.columns], ["views", "visitors", "groups"]
    rows = pa.concat_tables([side.rows for side in sides])
    added = rows.group_by(keys).aggregate([(name, "sum") for name in figures])
    added = added.select([*keys, *(f"{name}_sum" for name in figures)]).rename_columns(rows.column_names)
    return Published(
        added.cast(rows.schema).sort_by([(name, "ascending") for name in keys]),
        sum(side.cells_hidden for side in sides),
        frozenset().union(*(side.hidden for side in sides)),
    )


@dataclass(frozen=True, slots=True)
class _Level:
    """Rows of one level (`PARENT`, name, views, visitors, groups), and what was chosen where cells are small."""

    rows: pa.Table
    chosen: list[dict[str, Any]]


def _level(
    connection: duckdb.DuckDBPyConnection, told: duckdb.DuckDBPyRelation, above: str, name: str, rule: Rule
) -> _Level:
    """Merge the cells called `name` in each day, site and `above` (both are SQL expressions over `told`)."""
    connection.execute("create or replace temp table rule as select cast(? as bigint) as k", [rule.k])
    connection.execute("drop table if exists counted")
    # A host or program may call itself other; it must not be mistaken for the merged row.
    own_name = f"case when {name} = 'other' then '(other)' else {name} end"
    by = f"event_date, site, {above}, {own_name}, visitor"
    columns = f"event_date, site, {above} as above, {own_name} as name, visitor, cast(sum(views) as bigint) as views"
    told.aggregate(columns, by).create("counted")
    connection.execute(_text("stages"))
    stages = connection.sql("from stages order by event_date, site, above, stage").to_arrow_table()
    chosen = [_choice(parent, list(found), rule) for parent, found in groupby(stages.to_pylist(), _parent)]
    connection.register("chosen", pa.Table.from_pylist(chosen, CHOSEN))
    published = connection.sql(_text("rows")).to_arrow_table()
    connection.unregister("chosen")
    return _Level(published, chosen)


def _choice(parent: tuple[date, str, str], found: list[dict[str, Any]], rule: Rule) -> dict[str, Any]:
    small = found[0]["members"]
    stages = [
        Stage(small, row["members"] - small, row["visitors"], row["views"], row["visitors_next"]) for row in found
    ]
    at = choose(stages, rule)
    return {
        **dict(zip(PARENT, parent, strict=True)),
        "stage": at,
        "members": None if at is None else stages[at].members,
        "groups": None if at is None else groups_told(stages[at], rule),
    }


def _parent(row: dict[str, Any]) -> tuple[date, str, str]:
    return row["event_date"], row["site"], row["above"]


def _nest(connection: duckdb.DuckDBPyConnection, outer: pa.Table, inner: pa.Table) -> pa.Table:
    connection.register("outer_rows", outer)
    connection.register("inner_rows", inner)
    rows = connection.sql(_text("nested")).to_arrow_table()
    connection.unregister("outer_rows")
    connection.unregister("inner_rows")
    return rows


def _text(name: str) -> str:
    return (resources.files("warehouse.releases") / f"{name}.sql").read_text()
