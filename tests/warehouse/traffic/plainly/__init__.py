"""Interactive tables made the plain way: visitor by visitor, nobody counted together; as slow as it is easy to follow.

What these files say is what `warehouse/traffic` has to tell, figure by figure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from policy.model import Releases
from warehouse.releases import Cells, publish

NESTED: Final[Mapping[str, Cells]] = {
    "country": Cells("visits", ("country", "region")),
    "region": Cells("visits", ("country", "region")),
    "path": Cells("visits", ("path",), shared=True),
    "referrer_host": Cells("visits", ("referrer_host",), shared=True),
    "device": Cells("visits", ("device", "system", "browser")),
    "system": Cells("visits", ("device", "system", "browser")),
    "browser": Cells("visits", ("device", "system", "browser")),
}
SAME_LINE: Final = "f.event_date = {0}.event_date and f.site = {0}.site and f.at = {1} and f.name = {2}"


def plain_table(connection: duckdb.DuckDBPyConnection, groups: Sequence[str], releases: Releases) -> pa.Table:
    """Make the table by `groups` of every day and site in `visits`, which has one row per view."""
    for group in groups:
        _name(connection, group, releases)
    _ask(connection, groups)
    connection.execute(
        "create or replace temp table edges as select ? as k, ? as step, ? as is_crossed",
        [releases.k, releases.rounding, len(groups) > 1],
    )
    connection.execute(_text("shown"))
    if not groups:
        connection.execute("delete from shown")
    elif len(groups) == 1:
        while connection.execute(_text("hide")).fetchall()[0][0]:
            pass
    else:
        _fold(connection)
    return connection.sql(_text("rounded")).to_arrow_table()


def _name(connection: duckdb.DuckDBPyConnection, group: str, releases: Releases) -> None:
    cells = replace(NESTED[group], nested=_levels(group))
    rows = publish(connection, cells, k=releases.k, members_min=releases.members_min).rows
    connection.register("published", rows)
    shown = " and ".join(f"{level} <> 'other'" for level in _levels(group))
    shown += " and region <> 'unknown'" if group == "region" else ""
    connection.execute(
        f"create or replace temp table named_{group} as "
        f"select distinct event_date, site, {', '.join(_levels(group))} from published where {shown}"
    )
    connection.unregister("published")


def _levels(group: str) -> tuple[str, ...]:
    nested = NESTED[group].nested
    return nested[: nested.index(group) + 1]


def _ask(connection: duckdb.DuckDBPyConnection, groups: Sequence[str]) -> None:
    joins, values = [], []
    for group in groups:
        named = f"named_{group}"
        same = " and ".join(f"{named}.{column} = v.{column}" for column in ("event_date", "site", *_levels(group)))
        joins.append(f"left join {named} on {same}")
        values.append(f"{named}.{group}")
    a, b = [*values, "''", "''"][:2]
    connection.execute(
        f"create or replace temp table asked as select v.event_date, v.site, v.visitor, {a} as a, {b} as b, "
        f"cast(count(*) as bigint) as views from visits as v {' '.join(joins)} group by all"
    )
    above = [
        f"select distinct event_date, site, visitor, '{at}' as at, '{level}' as level, {level} as name from visits"
        for at, group in zip("ab", groups, strict=False)
        for level in _levels(group)[:-1]
        if level not in groups
    ]
    nothing = "select event_date, site, visitor, 'a' as at, '' as level, '' as name from visits where false"
    connection.execute(f"create or replace temp table above as {' union all '.join([nothing, *above])}")


def _fold(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(_text("kept"))
    fold = f"delete from kept using folded as f where {SAME_LINE.format('kept', 'kept.at', 'kept.name')}"
    connection.execute(_text("fold"))
    while connection.execute(fold).fetchall()[0][0]:
        connection.execute(_text("fold"))
    both = " and ".join(
        f"exists (from kept as f where {SAME_LINE.format('shown', repr(line), f'shown.{line}')})" for line in "ab"
    )
    connection.execute(f"delete from shown where not ({both})")


def _text(name: str) -> str:
    return (Path(__file__).parent / f"{name}.sql").read_text("utf-8")
