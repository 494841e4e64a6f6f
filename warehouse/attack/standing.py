"""The attack on a warehouse as it stands: what its releases and interactive answers tell now, compared with its rows."""

from collections.abc import Collection
from datetime import date
from typing import Final

import duckdb
import pyarrow as pa

from warehouse.asking import Asker
from warehouse.attack.claims import Claim, Place, named
from warehouse.attack.month import Findings, attack, names_of_month, together
from warehouse.attack.nights import Pair, by_pair, observe, publish_all, releases, see_models
from warehouse.lake import Lake
from warehouse.nightly.given import Given
from warehouse.relations import open_duckdb, view_files, view_keyed
from warehouse.traffic.settled import settled_days

FACTS: Final = {"operations": "hits", "profile": "customer_events"}


def attack_standing(lake: Lake, given: Given, inexact: Collection[date], asker: Asker) -> Findings:
    """Attack the stored releases and the interactive answers of a warehouse.

    Of every stored row it is asked whether it has k visitors. Days whose rows are those that were released are attacked in full,
    by what each side tells by itself; the others wait, and nothing but their stored rows can be had of them.

    Args:
        lake: the tables, with the keys of personal columns.
        given: the settings that the nights were given.
        inexact: days on which one person may have several visitor numbers; only their stored rows are looked at.
        asker: who looks at rows to tell true claims from others; audited.
    """
    policy = given.policy
    asker.note(tuple(FACTS.values()), None, None, "")
    days = [day for day in settled_days(lake)[0] if day not in inexact]
    stored = {
        model.head.name: lake.table(str(model.head.release and model.head.release.table)).read() for model in releases()
    }
    parts = [Findings(tuple(_small_rows(stored, policy.k)), {}, 0)]
    for day in days:
        with open_duckdb(threads=1) as connection:
            _see(connection, lake, day)
            see_models(connection, given.relations())
            made = publish_all(connection, policy)
            told = _as_stored(made, {name: _of_day(table, day) for name, table in stored.items()})
            observed = observe(connection, policy, 0, told)
        histories = {key: [one] for key, one in observed.items()}
        names = names_of_month(histories)
        parts += [
            attack(history, names[site, side], policy.releases, policy.k)
            for ((_, site), side), history in histories.items()
        ]
    return together(parts)


def _see(connection: duckdb.DuckDBPyConnection, lake: Lake, day: date) -> None:
    hits, events = lake.table("hits"), lake.table("customer_events")
    view_files(connection, hits, columns=hits.schema.names, days=[day])
    view_keyed(connection, events, columns=events.schema.names, days=[day])


def _of_day(table: pa.Table, day: date) -> pa.Table:
    return table.filter(pa.array([one == day for one in table.column("event_date").to_pylist()], pa.bool_()))


def _as_stored(made: dict[str, pa.Table], stored: dict[str, pa.Table]) -> frozenset[Pair]:
    """Name the sites of a day whose stored releases are what their rows give; others were made by another program or setting."""
    pairs = frozenset(pair for table in stored.values() for pair in by_pair(table))
    return frozenset(
        pair
        for pair in pairs
        if all(by_pair(table).get(pair) == by_pair(stored[name]).get(pair) for name, table in made.items())
    )


def _small_rows(stored: dict[str, pa.Table], k: int) -> list[Claim]:
    found = []
    for name, table in stored.items():
        for pair, rows in by_pair(table).items():
            for names, (visitors, _) in rows.items():
                if visitors < k:
                    columns = [f"{name} {at}" for at in range(1, len(names) + 1)]
                    place = Place(*pair, "both", 0)
                    found.append(
                        Claim("rows", place, named(columns, names), "visitors", visitors, visitors, is_true=True)
                    )
    return found
