"""From visitors in cells to rows that may be published: merged level by level, figures by DuckDB, decisions by the audit.

The rule for all tables of a release together, and why it holds, stands in the docstring of `warehouse.releases`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib import resources
from itertools import groupby
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from warehouse.releases.audit import Rule, Stage
from warehouse.releases.merge import choose

PARENT: Final = ("event_date", "site", "above")
FIGURES: Final = ("views", "visitors", "groups")
GROUPS: Final = 2
"""What `groups` of a row `other` says: two or more. How many they are would bound each of them."""
END: Final = "chr(31)"
"""The SQL of what ends each name in a path of names; no name has it."""
CHOSEN: Final = pa.schema(
    [("event_date", pa.date32()), ("site", pa.string()), ("above", pa.string()), ("stage", pa.int64())]
)


@dataclass(frozen=True, slots=True)
class Cells:
    """Which cells are published, and of which rows they are counted.

    Attributes:
        rows: the relation with one row per view: event_date, site, visitor and the columns below, as text.
        counted: True where the relation is counted already: it has one row per visitor and cell, with `views` and 0 `persons`, but
            those who are in one cell only stand together in one row of that cell, as so many `persons` without a visitor.
        nested: the columns that name a cell, the coarser first.
        shared: True where one visitor may be in several cells, as with pages.
        apart: a column of truth values; rows with and without are published each for itself, then added up.
        facets: True where each of `nested` is shown for itself: the rows of its names (`facet`, `name`) add up the nested ones.
    """

    rows: str
    nested: tuple[str, ...]
    shared: bool = False
    apart: str = ""
    facets: bool = False
    counted: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that name a published row beside its day and site, in the order of the table."""
        return ("facet", "name") if self.facets else self.nested


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
    row are distinct ones of that row, those of `other` too; where visitors are shared and fewer than `k` of the day's are
    not in a row, it says `k` fewer than the day has.

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
    told = _tell(connection, cells)
    needed = k * numbers_max
    if not cells.apart or not told.filter(cells.apart).limit(1).fetchall():
        sides = [_publish(connection, told, cells, Rule(needed, members_min, cells.shared))]
    else:
        sides = [
            _publish(connection, told.filter(side), cells, Rule(fewest, members_min, cells.shared))
            for side, fewest in ((f"not {cells.apart}", needed), (cells.apart, k))
        ]
    return Published(
        _added_up(pa.concat_tables([side.rows for side in sides]), cells),
        sum(side.cells_hidden for side in sides),
        frozenset().union(*(side.hidden for side in sides)),
    )


def _tell(connection: duckdb.DuckDBPyConnection, cells: Cells) -> duckdb.DuckDBPyRelation:
    """Give `told`: one row per visitor of a cell, and of a side, with its views and 0 persons; see `Cells.counted`."""
    # A host or program may call itself other; it must not be mistaken for the merged row.
    named = {name: f"case when {name} = 'other' then '(other)' else {name} end" for name in cells.nested}
    same = ["event_date", "site", "visitor", *([cells.apart] if cells.apart else [])]
    columns = ", ".join([*same, *(f"{sql} as {name}" for name, sql in named.items())])
    if cells.counted:
        return connection.table(cells.rows).project(f"{columns}, persons, views")
    counted = f"{columns}, cast(0 as bigint) as persons, count(*) as views"
    connection.execute("drop table if exists told")
    connection.view(cells.rows).aggregate(counted, ", ".join([*same, *named.values()])).create("told")
    return connection.table("told")


def _publish(
    connection: duckdb.DuckDBPyConnection, told: duckdb.DuckDBPyRelation, cells: Cells, rule: Rule
) -> Published:
    """Publish `told`: one row per visitor of a cell, the columns of `cells.nested`, visitor, persons, and how many views."""
    outer = _level(connection, told, cells.nested, 1, rule)
    rows, merged = outer.rows, outer.chosen
    for depth in range(2, len(cells.nested) + 1):
        inner = _level(connection, told, cells.nested, depth, rule)
        shown = {_path(row) for row in rows.filter(pc.equal(rows.column("groups"), 0)).to_pylist()}
        merged = merged + [choice for choice in inner.chosen if _parent(choice) in shown]
        rows = _nest(connection, rows, inner.rows)
    connection.register("leaves", rows)
    named = ", ".join(f"{_own_name(at, len(cells.nested))} as {name}" for at, name in enumerate(cells.nested))
    leaves = connection.sql(f"select event_date, site, {named}, {', '.join(FIGURES)} from leaves").to_arrow_table()  # noqa: S608
    connection.unregister("leaves")
    return Published(
        _facets(leaves, cells.nested) if cells.facets else leaves,
        sum(choice["members"] for choice in merged if choice["stage"] is not None),
        frozenset((choice["event_date"], choice["site"]) for choice in outer.chosen if choice["stage"] is None),
    )


def _own_name(at: int, depth: int) -> str:
    """Give the SQL of the name of a leaf at one of its levels."""
    return "name" if at == depth - 1 else f"string_split(above, {END})[{at + 1}]"


def _facets(leaves: pa.Table, nested: Sequence[str]) -> pa.Table:
    """Give the rows of one name after the other: each leaf stands once in every facet."""
    parts = []
    for facet in nested:
        part = leaves.select(["event_date", "site", facet, *FIGURES])
        # A leaf whose deeper names are merged is still one of its own device.
        is_own = pc.not_equal(leaves.column(facet), "other")
        part = part.set_column(
            part.schema.get_field_index("groups"),
            "groups",
            pc.if_else(is_own, pa.scalar(0, leaves.schema.field("groups").type), leaves.column("groups")),
        )
        named = part.add_column(2, "facet", pa.repeat(pa.scalar(facet), part.num_rows))
        parts.append(named.rename_columns(["event_date", "site", "facet", "name", *FIGURES]))
    return pa.concat_tables(parts)


def _added_up(rows: pa.Table, cells: Cells) -> pa.Table:
    """Add up rows of one name, and put them in order."""
    keys = ["event_date", "site", *cells.columns]
    added = rows.group_by(keys).aggregate([("views", "sum"), ("visitors", "sum"), ("groups", "max")])
    added = added.select([*keys, "views_sum", "visitors_sum", "groups_max"]).rename_columns([*keys, *FIGURES])
    return added.cast(rows.schema).sort_by([(name, "ascending") for name in keys])


@dataclass(frozen=True, slots=True)
class _Level:
    """Rows of one level (`PARENT`, name, views, visitors, groups), and what was chosen where cells are small."""

    rows: pa.Table
    chosen: list[dict[str, Any]]


def _level(
    connection: duckdb.DuckDBPyConnection,
    told: duckdb.DuckDBPyRelation,
    nested: Sequence[str],
    depth: int,
    rule: Rule,
) -> _Level:
    """Merge the cells that `nested` names at this depth, in each day, site and path of the names before it."""
    connection.execute(
        "create or replace temp table rule as select cast(? as bigint) as k, cast(? as boolean) as shared",
        [rule.k, rule.shared],
    )
    connection.execute("drop table if exists counted")
    *outer, own = nested[:depth]
    above = f"concat({', '.join(f'{name}, {END}' for name in outer)})" if outer else "''"
    by = f"event_date, site, {above}, {own}, visitor"
    columns = f"event_date, site, {above} as above, {own} as name, visitor, "
    if depth == len(nested):
        told.project(columns + "persons, views").create("counted")
    else:
        figures = ", ".join(f"cast(sum({figure}) as bigint) as {figure}" for figure in ("persons", "views"))
        told.aggregate(columns + figures, by).create("counted")
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
    }


def _parent(row: dict[str, Any]) -> tuple[date, str, str]:
    return row["event_date"], row["site"], row["above"]


def _path(row: dict[str, Any]) -> tuple[date, str, str]:
    """Name what the cells within a row call their parent."""
    return row["event_date"], row["site"], f"{row['above']}{row['name']}\x1f"


def _nest(connection: duckdb.DuckDBPyConnection, outer: pa.Table, inner: pa.Table) -> pa.Table:
    connection.register("outer_rows", outer)
    connection.register("inner_rows", inner)
    rows = connection.sql(_text("nested")).to_arrow_table()
    connection.unregister("outer_rows")
    connection.unregister("inner_rows")
    return rows


def _text(name: str) -> str:
    return (resources.files("warehouse.releases") / f"{name}.sql").read_text()
