"""The tables that answer questions: cells of one day and site by two dimensions at most, with nothing small in them or between them (R7).

Names are those of the day's releases of casual visitors; whoever is in an `other` there has no name here either. Of two
dimensions, lines (one country over all pages, one page over all countries) are folded into what is not named until these things
have nobody in them, or k visitors at least: each cell of two named lines; what is left of it in each of its lines; the rest
of each named line; and whatever is in no named line, for that follows from the other three. So nothing small can be
subtracted, and of what is folded only sums of k or more are known. Of each cell and line k visitors of the day are outside.

Tables of nested dimensions can be linked: pages by country less pages by region, pages by device less pages by system. So a fifth
thing has nobody or k visitors: what the named regions of a country leave of it in a line of the other dimension.

A rest of the day that all but 1 to k-1 of its visitors are in says that k are not, as the releases do, for the rounding of so large
a number could tell how many are not.

All figures are rounded before they are added up over days and sites. So an answer says no more than the tables of its days, and
no choice of days, sites or company moves a cell across the edge of its rounding.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import resources
from typing import Final

import duckdb
import pyarrow as pa

from policy.model import Releases
from warehouse.releases import Cells, publish

NOTHING: Final = ""
RELEASED: Final[Mapping[str, Cells]] = {
    "country": Cells("visits", ("country", "region")),
    "region": Cells("visits", ("country", "region")),
    "path": Cells("visits", ("path",), shared=True),
    "referrer_host": Cells("visits", ("referrer_host",), shared=True),
    "device": Cells("visits", ("device", "system", "browser")),
    "system": Cells("visits", ("device", "system", "browser")),
    "browser": Cells("visits", ("device", "system", "browser")),
}
"""As which cells the casual side of each dimension is released; the models' heads say the same of both sides.

Who is in a merged cell of the release stands in no line of it here either, whatever its name: a system's line has those whose device
and system are shown together.
"""


def make_visits(connection: duckdb.DuckDBPyConnection, groups: Sequence[str] = tuple(RELEASED)) -> None:
    """Make the relation `visits` of casual visitors' page views, from `counted_views` and `own_hosts`.

    It has what tables by `groups` need, and no more: of a row, most is in its page and the host before it.
    """
    columns = dict.fromkeys(("event_date", "site", "visitor", *(level for one in groups for level in _levels(one))))
    connection.execute(
        f"create or replace temp table visits as select {', '.join(columns)} from ({_text('visits')})"  # noqa: S608
    )


def make_table(connection: duckdb.DuckDBPyConnection, groups: Sequence[str], releases: Releases) -> pa.Table:
    """Make the table by `groups` of every day and site in `visits`.

    Args:
        connection: has the relation `visits`.
        groups: the dimensions that name a cell; none, one or two.
        releases: the limits in force.

    Returns:
        event_date, site, a, b, views, visitors: one row for each cell, for the rest of each line, and for the whole day.
        Null stands for the rest: with both null it is the rest of the day. A column that is no dimension of this table is ''
        in all rows, and in the row of the whole day both are ''. Figures are rounded; a rest without visitors has no row.
    """
    name_those_shown(connection, groups, releases)
    return cross(connection, groups, releases)


def cross(connection: duckdb.DuckDBPyConnection, groups: Sequence[str], releases: Releases) -> pa.Table:
    """Make the same table after `name_those_shown` has named the values of its dimensions."""
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


def name_those_shown(connection: duckdb.DuckDBPyConnection, groups: Sequence[str], releases: Releases) -> None:
    """Make a table `named_…` for each dimension: what the casual side of the release shows each day, down to its level."""
    for cells in {RELEASED[group]: None for group in groups}:
        # What is merged within a value says nothing about the value itself, so deeper levels than those asked for are not made.
        asked = max((_levels(group) for group in groups if RELEASED[group] == cells), key=len)
        made = replace(cells, nested=asked)
        rows = publish(connection, made, k=releases.k, members_min=releases.members_min).rows
        connection.register("published", rows)
        for group in groups:
            if RELEASED[group] == cells:
                levels = _levels(group)
                # No host, page or program of its own is called other: the release renames it.
                shown = " and ".join(f"{level} <> 'other'" for level in levels)
                # Regions without a name stand in every country; they have no line of their own here.
                shown += " and region <> 'unknown'" if group == "region" else ""
                connection.execute(
                    f"create or replace temp table named_{group} as "  # noqa: S608 - names of the closed list
                    f"select distinct event_date, site, {', '.join(levels)} from published where {shown}"
                )
        connection.unregister("published")


def _levels(group: str) -> tuple[str, ...]:
    """Name the columns of the release that say whether a value of this dimension is shown, the dimension last."""
    nested = RELEASED[group].nested
    return nested[: nested.index(group) + 1]


def _ask(connection: duckdb.DuckDBPyConnection, groups: Sequence[str]) -> None:
    """Make `asked`: one row for each visitor and cell of a day, with null for a name that the release does not show.

    And `above`: in which country (device, system) each visitor is where the table is by what is within these.
    """
    joins, values = [], []
    for group in groups:
        named = f"named_{group}"
        same = " and ".join(f"{named}.{column} = v.{column}" for column in ("event_date", "site", *_levels(group)))
        joins.append(f"left join {named} on {same}")
        values.append(f"{named}.{group}")
    a, b = [*values, "''", "''"][:2]
    connection.execute(
        f"create or replace temp table asked as select v.event_date, v.site, v.visitor, {a} as a, {b} as b, "  # noqa: S608
        f"cast(count(*) as bigint) as views from visits as v {' '.join(joins)} group by all"
    )
    above = [
        f"select distinct event_date, site, visitor, '{at}' as at, '{level}' as level, {level} as name from visits"  # noqa: S608
        for at, group in zip("ab", groups, strict=False)
        for level in _levels(group)[:-1]
        if level not in groups
    ]
    nothing = "select event_date, site, visitor, 'a' as at, '' as level, '' as name from visits where false"
    connection.execute(f"create or replace temp table above as {' union all '.join([nothing, *above])}")


def _fold(connection: duckdb.DuckDBPyConnection) -> None:
    """Take lines out of those that are named until cells and all that can be subtracted have nobody or k visitors."""
    connection.execute(_text("kept"))
    same = "f.event_date = {0}.event_date and f.site = {0}.site and f.at = {1} and f.name = {2}"
    fold = f"delete from kept using folded as f where {same.format('kept', 'kept.at', 'kept.name')}"  # noqa: S608
    connection.execute(_text("fold"))
    while connection.execute(fold).fetchall()[0][0]:
        connection.execute(_text("fold"))
    both = " and ".join(
        f"exists (from kept as f where {same.format('shown', repr(line), f'shown.{line}')})" for line in "ab"
    )
    connection.execute(f"delete from shown where not ({both})")  # noqa: S608


def _text(name: str) -> str:
    return (resources.files("warehouse.traffic") / f"{name}.sql").read_text()
