"""Maps and lists in DuckDB's words: every engine writes them differently, so models only declare what is in them."""

import duckdb

from warehouse.models import Head, ListOf, MapOf


def with_nested(
    connection: duckdb.DuckDBPyConnection, rows: duckdb.DuckDBPyRelation, head: Head
) -> duckdb.DuckDBPyRelation:
    """Add the columns that the head of a mart declares as nested; a row without any value gets an empty one.

    Entries of a map are in the order of their keys; the rows are in the order of the mart's keys.
    """
    keys = ", ".join(head.keys)
    for name, nested in head.nested.items():
        made_of = nested.map_of or nested.list_of
        if made_of is None:
            continue
        values = _map(made_of) if isinstance(made_of, MapOf) else _list(made_of)
        inner = connection.view(made_of.rows).aggregate(f"{keys}, {values} as {name}", keys)
        empty = f"cast({'[]' if nested.list_of else 'map([], [])'} as {inner.types[-1]})"
        on = " and ".join(f"outer_rows.{key} = inner_rows.{key}" for key in head.keys)
        columns = ", ".join(f"outer_rows.{column} as {column}" for column in rows.columns)
        rows = (
            rows.set_alias("outer_rows")
            .join(inner.set_alias("inner_rows"), on, how="left")
            .project(f"{columns}, coalesce(inner_rows.{name}, {empty}) as {name}")
        )
    return rows.order(keys) if head.nested else rows


def _map(made_of: MapOf) -> str:
    key, value = made_of.key, made_of.value
    return f"map(list({key} order by {key}), list({value} order by {key}))"


def _list(made_of: ListOf) -> str:
    items = ", ".join(f"{item} := {item}" for item in made_of.items)
    return f"list(struct_pack({items}) order by {made_of.order})"
