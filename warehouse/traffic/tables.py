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

_DAY: Final = "t.event_date, t.site"
_LINE: Final = (
    "max(case when c.over = {0} then c.visitors end) over (partition by c.event_date, c.site, c.{1}) as {1}_visitors"
)
LINED: Final = {
    "set_columns": f"({_DAY}, t.a), ({_DAY}, t.b), ({_DAY})",
    "over_columns": "t.a as a, t.b as b, grouping(t.a, t.b) as over",
    "line_columns": f"{_LINE.format(1, 'a')}, {_LINE.format(2, 'b')}",
}
UNLINED: Final = {
    "set_columns": f"({_DAY})",
    "over_columns": "cast(null as string) as a, cast(null as string) as b, 3 as over",
    "line_columns": "c.visitors as a_visitors, cast(null as bigint) as b_visitors",
}
"""What is added up besides cells, in tables of two dimensions, and in others: their cells are their lines."""
COUNTED: Final = "crowd_daily_cells"
COUNTED_LEVELS: Final = frozenset({"country", "region", "device", "system", "browser"})
"""What the night counted visitors by; who has which page and host before it is too many rows to be kept twice."""
RELEASED: Final[Mapping[str, Cells]] = {
    "country": Cells("crowd", ("country", "region"), counted=True),
    "region": Cells("crowd", ("country", "region"), counted=True),
    "path": Cells("crowd", ("path",), shared=True, counted=True),
    "referrer_host": Cells("crowd", ("referrer_host",), shared=True, counted=True),
    "device": Cells("crowd", ("device", "system", "browser"), counted=True),
    "system": Cells("crowd", ("device", "system", "browser"), counted=True),
    "browser": Cells("crowd", ("device", "system", "browser"), counted=True),
}
"""As which cells the casual side of each dimension is released; the models' heads say the same of both sides.

Who is in a merged cell of the release stands in no line of it here either, whatever its name: a system's line has those whose device
and system are shown together.
"""


def make_visits(
    connection: duckdb.DuckDBPyConnection, groups: Sequence[str] = tuple(RELEASED), kind: str = "temp table"
) -> None:
    """Make the relation `visits` of casual visitors' page views, from `counted_views` and `own_hosts`.

    It has what tables by `groups` need, and no more: of a row, most is in its page and the host before it. A question reads it
    once, so a view will do for it.
    """
    columns = ", ".join(("event_date", "site", "visitor", *levels_of(groups)))
    connection.execute(f"create or replace {kind} visits as select {columns} from ({_text('crowd/visits')})")  # noqa: S608


def make_table(
    connection: duckdb.DuckDBPyConnection,
    groups: Sequence[str],
    releases: Releases,
    site: str | None = None,
    *,
    is_counted: bool = False,
) -> pa.Table:
    """Make the table by `groups` of every day and site, or of one site.

    Args:
        connection: has the relation `visits`, or `crowd_daily_cells`.
        groups: the dimensions that name a cell; none, one or two.
        releases: the limits in force.
        site: the only site asked for; None for all.
        is_counted: True to make it of `crowd_daily_cells`.

    Returns:
        event_date, site, a, b, views, visitors: one row for each cell, for the rest of each line, and for the whole day.
        Null stands for the rest: with both null it is the rest of the day. A column that is no dimension of this table is ''
        in all rows, and in the row of the whole day both are ''. Figures are rounded; a rest without visitors has no row.
    """
    make_crowd(connection, groups, site, is_counted=is_counted)
    name_those_shown(connection, groups, releases)
    return cross(connection, groups, releases)


def make_crowd(
    connection: duckdb.DuckDBPyConnection, groups: Sequence[str], site: str | None = None, *, is_counted: bool = False
) -> None:
    """Make `crowd`: the visitors of every day by all that tables by `groups` need; see `make_table` and crowd.sql."""
    is_shared = any(RELEASED[group].shared for group in groups)
    text = _text(f"crowd/{'counted' if is_counted else 'each' if is_shared else 'crowd'}")
    text = text.replace("level_columns", "".join(f"{level}, " for level in levels_of(groups)))
    text = text.replace("asked_for", "true" if site is None else "v.site = $site")
    connection.execute(text, None if site is None else {"site": site})


def cross(connection: duckdb.DuckDBPyConnection, groups: Sequence[str], releases: Releases) -> pa.Table:
    """Make the same table from `crowd`, after `name_those_shown` has named the values of its dimensions."""
    _ask(connection, groups)
    lines = LINED if len(groups) > 1 else UNLINED
    _run(connection, "shown", releases, lines)
    if not groups:
        connection.execute("delete from shown")
    elif len(groups) > 1:
        _fold(connection, releases)
    _run(connection, "rests", releases, lines)
    if len(groups) == 1:
        while _has_small_rest(connection, releases) and _run(connection, "hide", releases):
            _run(connection, "rests", releases, lines)
    return connection.sql(_filled("rounded", releases)).to_arrow_table()


def _has_small_rest(connection: duckdb.DuckDBPyConnection, releases: Releases) -> bool:
    small = "select 1 from rests where over = 3 and visitors < ? limit 1"
    return bool(connection.execute(small, [releases.k]).fetchall())


def name_those_shown(connection: duckdb.DuckDBPyConnection, groups: Sequence[str], releases: Releases) -> None:
    """Make a table `named_…` for each dimension: what the casual side of the release shows each day, down to its level.

    It reads `crowd`.
    """
    for cells in {RELEASED[group]: None for group in groups}:
        # What is merged within a value says nothing about the value itself, so deeper levels than those asked for are not made.
        asked = max((_levels(group) for group in groups if RELEASED[group] == cells), key=len)
        made = replace(cells, rows=_gathered(connection, asked), nested=asked)
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


def _gathered(connection: duckdb.DuckDBPyConnection, levels: Sequence[str]) -> str:
    """Name a relation that has the rows of `crowd` by these levels alone: itself, or `crowd_by_cell`, which is made."""
    if not set(RELEASED).intersection(connection.table("crowd").columns).difference(levels):
        return "crowd"
    names = ", ".join(levels)
    sums = "cast(sum(persons) as bigint) as persons, cast(sum(views) as bigint) as views"
    by = f"event_date, site, {names}, visitor"
    connection.execute(f"create or replace temp table crowd_by_cell as select {by}, {sums} from crowd group by {by}")  # noqa: S608
    return "crowd_by_cell"


def levels_of(groups: Sequence[str]) -> tuple[str, ...]:
    """Name the columns that say whether values of these dimensions are shown: themselves, and what they are within."""
    return tuple(dict.fromkeys(level for group in groups for level in _levels(group)))


def _levels(group: str) -> tuple[str, ...]:
    """Name the columns of the release that say whether a value of this dimension is shown, the dimension last."""
    nested = RELEASED[group].nested
    return nested[: nested.index(group) + 1]


def see_each(connection: duckdb.DuckDBPyConnection, groups: Sequence[str]) -> None:
    """Make the view `each`: one row for each visitor of `visits` and cell of a day: event_date, site, visitor, a, b, views.

    It is what the table by `groups` should tell of, visitor by visitor; null is for a name that the release does not show.
    """
    a, b, joins = _named(groups)
    connection.execute(
        f"create or replace temp view each as select v.event_date, v.site, v.visitor, {a} as a, {b} as b, "  # noqa: S608
        f"cast(count(*) as bigint) as views from visits as v {joins} group by all"
    )


def _named(groups: Sequence[str]) -> tuple[str, str, str]:
    """Give the SQL of both names of a cell where they are shown, and that of the joins which they come from."""
    joins, values = [], []
    for group in groups:
        named = f"named_{group}"
        same = " and ".join(f"{named}.{column} = v.{column}" for column in ("event_date", "site", *_levels(group)))
        joins.append(f"left join {named} on {same}")
        values.append(f"{named}.{group}")
    a, b = [*values, "''", "''"][:2]
    return a, b, " ".join(joins)


def _ask(connection: duckdb.DuckDBPyConnection, groups: Sequence[str]) -> None:
    """Make `asked`: the rows of `crowd` by cell of a day, with null for a name that the release does not show.

    And `above`: in which country (device, system) each visitor is where the table is by what is within these.
    """
    a, b, joins = _named(groups)
    sums = ("cast(sum(v.persons) as bigint)", "cast(sum(v.views) as bigint)", "group by all")
    if set(levels_of(groups)) == set(groups):
        # Each row of the crowd is one of another cell then, or of none.
        sums = ("v.persons", "v.views", "")
    persons, views, by = sums
    connection.execute(
        f"create or replace temp table asked as select v.event_date, v.site, v.visitor, v.lone, {a} as a, {b} as b, "  # noqa: S608
        f"{persons} as persons, {views} as views from crowd as v {joins} {by}"
    )
    who = "event_date, site, visitor, lone"
    above = [
        f"select distinct {who}, '{at}' as at, '{level}' as level, {level} as name from crowd"  # noqa: S608
        for at, group in zip("ab", groups, strict=False)
        for level in _levels(group)[:-1]
        if level not in groups
    ]
    nothing = f"select {who}, 'a' as at, '' as level, '' as name from crowd where false"  # noqa: S608
    connection.execute(f"create or replace temp table above as {' union all '.join([nothing, *above])}")


def _fold(connection: duckdb.DuckDBPyConnection, releases: Releases) -> None:
    """Take lines out of those that are named until cells and all that can be subtracted have nobody or k visitors."""
    _run(connection, "kept", releases)
    same = "f.event_date = {0}.event_date and f.site = {0}.site and f.at = {1} and f.name = {2}"
    fold = f"delete from kept using folded as f where {same.format('kept', 'kept.at', 'kept.name')}"  # noqa: S608
    _run(connection, "fold", releases)
    while connection.execute(fold).fetchall()[0][0]:
        _run(connection, "fold", releases)
    both = " and ".join(
        f"exists (from kept as f where {same.format('shown', repr(line), f'shown.{line}')})" for line in "ab"
    )
    connection.execute(f"delete from shown where not ({both})")  # noqa: S608


def _run(
    connection: duckdb.DuckDBPyConnection, name: str, releases: Releases, columns: Mapping[str, str] | None = None
) -> int:
    """Run one of the statements in `cells`; give how many rows it changed, or made."""
    ((rows,),) = connection.execute(_filled(name, releases, columns)).fetchall()
    return int(rows)


def _filled(name: str, releases: Releases, columns: Mapping[str, str] | None = None) -> str:
    """Give the text of one of `cells` with the limits in it, as constants that DuckDB can reckon with, and these columns."""
    words = {"$k": str(releases.k), "$step": str(releases.rounding), **(columns or {})}
    text = _text(f"cells/{name}")
    for word, value in words.items():
        text = text.replace(word, value)
    return text


def _text(name: str) -> str:
    return (resources.files("warehouse.traffic") / f"{name}.sql").read_text()
