"""From visitors in cells to rows that may be published: merged level by level, figures by DuckDB, decisions by the audit."""

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
    """

    rows: str
    nested: tuple[str, ...]
    within: str = ""
    shared: bool = False

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


def publish(connection: duckdb.DuckDBPyConnection, cells: Cells, *, k: int, members_min: int) -> Published:
    """Merge small cells so that no row has fewer than `k` visitors and `other` gives no member away (R7).

    Views add up to the rows of `cells.rows`, but for days and sites that are hidden altogether. The visitors of every
    row are distinct ones of that row, those of `other` too.
    """
    rule = Rule(k, members_min, cells.shared)
    if len(cells.nested) == 1:
        level = _level(connection, cells.rows, cells.within or "''", cells.nested[0], rule)
        rows = level.rows.drop_columns([] if cells.within else ["above"])
        merged = level.chosen
    else:
        level = _level(connection, cells.rows, "''", cells.nested[0], rule)
        inner = _level(connection, cells.rows, cells.nested[0], cells.nested[1], rule)
        rows = _nest(connection, level.rows, inner.rows)
        shown = {(row["event_date"], row["site"], row["name"]) for row in level.rows.to_pylist() if not row["groups"]}
        merged = level.chosen + [choice for choice in inner.chosen if _parent(choice) in shown]
    rows = rows.rename_columns(["event_date", "site", *cells.columns, "views", "visitors", "groups"])
    return Published(
        rows.sort_by([(name, "ascending") for name in ("event_date", "site", *cells.columns)]),
        sum(choice["members"] for choice in merged if choice["stage"] is not None),
        frozenset((choice["event_date"], choice["site"]) for choice in level.chosen if choice["stage"] is None),
    )


@dataclass(frozen=True, slots=True)
class _Level:
    """Rows of one level (`PARENT`, name, views, visitors, groups), and what was chosen where cells are small."""

    rows: pa.Table
    chosen: list[dict[str, Any]]


def _level(connection: duckdb.DuckDBPyConnection, rows: str, above: str, name: str, rule: Rule) -> _Level:
    """Merge the cells called `name` in each day, site and `above` (both are SQL expressions over `rows`)."""
    connection.execute("create or replace temp table rule as select cast(? as bigint) as k", [rule.k])
    connection.execute("drop table if exists counted")
    # A host or program may call itself other; it must not be mistaken for the merged row.
    own_name = f"case when {name} = 'other' then '(other)' else {name} end"
    by = f"event_date, site, {above}, {own_name}, visitor"
    columns = f"event_date, site, {above} as above, {own_name} as name, visitor, count(*) as views"
    connection.view(rows).aggregate(columns, by).create("counted")
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
