"""What the nights of some worlds publish: the real models and releases, run in memory over the facts as each night finds them."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import combinations
from typing import Any, Final

import duckdb
import pyarrow as pa

from policy import Policy
from warehouse.attack.claims import Cell, Place
from warehouse.attack.known.observed import Figures, Names, Observed
from warehouse.models import Model, load_models
from warehouse.relations import keep_rows
from warehouse.releases import publish
from warehouse.releases.epochs import small_changes
from warehouse.traffic.question import GROUPS
from warehouse.traffic.tables import RELEASED, cross, make_crowd, make_visits, name_those_shown, see_each

CASUAL: Final = "casual"
CUSTOMERS: Final = "customers"
PAIRS: Final = tuple(combinations(GROUPS, 2))
GRAINS: Final = (
    ("country",), ("country", "region"), ("device",), ("system",), ("browser",), ("device", "system"),
    ("device", "system", "browser"), ("path",), ("referrer_host",),
)  # fmt: skip
MISSING: Final = "missing_daily"
Pair = tuple[date, str]
Tables = dict[str, pa.Table]


def see_models(connection: duckdb.DuckDBPyConnection, given: Mapping[str, pa.Table]) -> None:
    """Make all views of the models over `hits` and `customer_events`; `all_views` are the counted ones of both sides."""
    for name, rows in given.items():
        keep_rows(connection, name, rows)
    for model in _models():
        if model.head.name in {"page_views", "counting_days", "counted_views", "missing_requests"}:
            kind = "table" if model.head.kept else "view"
            connection.execute(f"create or replace {kind} {model.head.name} as {model.sql}")
            if model.head.name == "counted_views":
                connection.execute("create or replace table all_views as from counted_views")
    _see_side(connection, "true")


def _see_side(connection: duckdb.DuckDBPyConnection, condition: str) -> None:
    """Let `counted_views` and what reads it show one side, or both."""
    connection.execute(f"create or replace view counted_views as select * from all_views where {condition}")  # noqa: S608
    for model in _models():
        if model.head.name in {"referrals", "agent_names"}:
            connection.execute(f"create or replace view {model.head.name} as {model.sql}")


@cache
def _models() -> tuple[Model, ...]:
    """Read the models once a process; they are part of the program."""
    return load_models()


def releases() -> tuple[Model, ...]:
    """Give the models that are published for analysts about visitors."""
    return tuple(model for model in _models() if model.head.release)


def publish_all(connection: duckdb.DuckDBPyConnection, policy: Policy, side: str = "") -> Tables:
    """Publish all releases of what the connection shows: of both sides, or of one as if the other were not there."""
    limits = policy.releases
    if side:
        _see_side(connection, "is_logged_in" if side == CUSTOMERS else "not is_logged_in")
    made = {}
    for model in releases():
        if model.head.release is None or (side == CUSTOMERS and model.head.name == MISSING):
            continue
        cells = replace(model.head.release.cells, apart="") if side else model.head.release.cells
        made[model.head.name] = publish(connection, cells, k=limits.k, members_min=limits.members_min).rows
    return made


def cross_all(
    connection: duckdb.DuckDBPyConnection, policy: Policy, pairs: Sequence[tuple[str, str]] = PAIRS
) -> Iterator[tuple[tuple[str, str], pa.Table, list[Any]]]:
    """Make all interactive tables of casual visitors; give each with what its cells really hold."""
    _see_side(connection, "true")
    make_visits(connection)
    for groups in dict.fromkeys(cells.nested for cells in RELEASED.values()):
        make_crowd(connection, groups)
        name_those_shown(connection, groups, policy.releases)
    for groups in pairs:
        make_crowd(connection, groups)
        table = cross(connection, groups, policy.releases)
        see_each(connection, groups)
        yield groups, table, connection.execute(_TRUE_CELLS).fetchall()


_TRUE_CELLS: Final = """
select event_date, site, a, b, count(*), cast(sum(views) as bigint), cast(sum(views) filter (place <= 3) as bigint)
from (
    select *, row_number() over (partition by event_date, site, a, b order by views desc) as place
    from each where a is not null and b is not null
)
group by event_date, site, a, b
"""


def truths(connection: duckdb.DuckDBPyConnection, side: str) -> dict[Pair, dict[Names, dict[Names, Cell]]]:
    """Count the cells of one side as they are."""
    _see_side(connection, "is_logged_in" if side == CUSTOMERS else "not is_logged_in")
    connection.execute(
        "create or replace temp table seen as select v.*, "
        "case when is_logged_in then 'unknown' when referrer_host is null then 'direct' "
        "when o.host is not null then 'internal' else referrer_host end as host "
        "from counted_views as v left join own_hosts as o on o.site = v.site and o.host = v.referrer_host"
    )
    found: dict[Pair, dict[Names, dict[Names, Cell]]] = defaultdict(dict)
    for grain in GRAINS:
        _count(connection, found, grain, "seen", ["host" if name == "referrer_host" else name for name in grain])
    if side == CASUAL:
        _count(connection, found, ("missing",), "missing_requests", ["path"])
    return found


def _count(
    connection: duckdb.DuckDBPyConnection,
    found: dict[Pair, dict[Names, dict[Names, Cell]]],
    grain: Names,
    rows: str,
    columns: Sequence[str],
) -> None:
    listed = ", ".join(columns)
    counted = connection.execute(
        f"""select event_date, site, {listed}, count(*), sum(views), sum(views) filter (place <= 3) from (
            select event_date, site, {listed}, visitor, count(*) as views,
                row_number() over (partition by event_date, site, {listed} order by count(*) desc) as place
            from {rows} group by event_date, site, {listed}, visitor
        ) group by event_date, site, {listed}"""  # noqa: S608
    ).fetchall()
    for day, site, *names, visitors, views, own in counted:
        found[day, site].setdefault(grain, {})[tuple(names)] = Cell(visitors, int(views), int(own))


def by_pair(table: pa.Table) -> dict[Pair, dict[Names, Figures]]:
    """Give the rows of a release by day and site, and by their names."""
    found: dict[Pair, dict[Names, Figures]] = defaultdict(dict)
    names = [name for name in table.column_names if name not in _NO_NAMES]
    for row in table.to_pylist():
        found[row["event_date"], row["site"]][tuple(row[name] for name in names)] = (row["visitors"], row["views"])
    return found


_NO_NAMES: Final = frozenset(
    {"event_date", "site", "views", "visitors", "groups", "visitors_exact", "policy_version", "released_at"}
)


def waiting(before: Tables, after: Tables, k: int) -> frozenset[Pair]:
    """Name the days and sites that stay as they were published, by the rule of the releases (R43)."""
    found: frozenset[Pair] = frozenset()
    for model in releases():
        if model.head.release is not None:
            columns = model.head.release.cells.columns
            found |= small_changes(before[model.head.name], after[model.head.name], columns, {}, k)
    return found


def observe(
    connection: duckdb.DuckDBPyConnection,
    policy: Policy,
    night: int,
    told: Collection[Pair],
    pairs: Sequence[tuple[str, str]] = PAIRS,
) -> dict[tuple[Pair, str], Observed]:
    """Give what an attacker has after a night of each side of the days and sites that are `told` anew."""
    found = {}
    missing = _missing_days(connection)
    for side in (CASUAL, CUSTOMERS):
        tables = {name: by_pair(table) for name, table in publish_all(connection, policy, side).items()}
        true_cells = truths(connection, side)
        for pair in set(tables["geo_daily"]).intersection(told):
            rows = {name: cells[pair] for name, cells in tables.items() if pair in cells}
            place = Place(pair[0], pair[1], side, night)
            found[pair, side] = Observed(place, rows, true_cells[pair], missing.get(pair, (0, 0)))
    crossed: _Nested = defaultdict(lambda: defaultdict(dict))
    crossed_truth: _Nested = defaultdict(lambda: defaultdict(dict))
    for groups, table, true_rows in cross_all(connection, policy, pairs):
        for row in table.to_pylist():
            crossed[row["event_date"], row["site"]][groups][row["a"], row["b"]] = (row["visitors"], row["views"])
        for day, site, a, b, visitors, views, own in true_rows:
            crossed_truth[day, site][groups][a, b] = Cell(visitors, views, own)
    return {
        (pair, side): replace(one, crossed=crossed[pair], crossed_truth=crossed_truth[pair]) if side == CASUAL else one
        for (pair, side), one in found.items()
    }


_Nested = defaultdict[Pair, defaultdict[tuple[str, str], dict[Any, Any]]]


def _missing_days(connection: duckdb.DuckDBPyConnection) -> dict[Pair, Figures]:
    rows = connection.execute(
        "select event_date, site, count(distinct visitor), count(*) from missing_requests group by event_date, site"
    ).fetchall()
    return {(day, site): (visitors, views) for day, site, visitors, views in rows}
