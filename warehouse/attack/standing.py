"""The attack on a warehouse as it stands: what its releases and interactive answers tell now, compared with its rows."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import duckdb
import pyarrow as pa

from warehouse.asking import Asker
from warehouse.attack.claims import Claim, Place, named
from warehouse.attack.known.observed import Observed
from warehouse.attack.month import Findings, attack, names_of_month, together
from warehouse.attack.nights import Pair, by_pair, observe, publish_all, releases, see_models
from warehouse.lake import Lake
from warehouse.nightly.given import Given
from warehouse.relations import open_duckdb, view_files, view_keyed
from warehouse.traffic.settled import settled_days

FACTS: Final = {"operations": "hits", "profile": "customer_events"}


DAYS_AT_ONCE: Final = 14
"""How many days are read at once: enough that the many questions of a day do not cost more than its rows."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What came of an attack on a warehouse.

    Attributes:
        findings: what was learned.
        days: how many days were attacked in full.
        days_left: how many older days that could be were not, for so many were not asked for.
        days_waiting: how many days moved on since they were released, or number one person twice; of them only rows can be had.
        remade: how many of the days of sites are not what their rows give now, for another program or setting released them; of them
            only rows were looked at.
    """

    findings: Findings
    days: int
    days_left: int
    days_waiting: int
    remade: int


def attack_standing(
    lake: Lake,
    given: Given,
    inexact: Collection[date],
    asker: Asker,
    *,
    days_max: int,
    progress: Callable[[int, int], None],
) -> Standing:
    """Attack the stored releases and the interactive answers of a warehouse.

    Of every stored row it is asked whether it has k visitors. Days whose rows are those that were released are attacked in full,
    by what each side tells by itself; the others wait, and nothing but their stored rows can be had of them.

    Args:
        lake: the tables, with the keys of personal columns.
        given: the settings that the nights were given.
        inexact: days on which one person may have several visitor numbers; only their stored rows are looked at.
        asker: who looks at rows to tell true claims from others; audited.
        days_max: how many days are attacked in full, the newest.
        progress: is told how many of the sides of days are done, and how many there are so far.
    """
    policy = given.policy
    asker.note(tuple(FACTS.values()), None, None, "")
    settled, waiting = settled_days(lake)
    exact = [day for day in settled if day not in inexact]
    days = exact[-days_max:]
    stored = {
        model.head.name: lake.table(str(model.head.release and model.head.release.table)).read() for model in releases()
    }
    histories: dict[tuple[Pair, str], list[Observed]] = {}
    remade = 0
    for some in _batched(days, DAYS_AT_ONCE):
        progress(len(histories), 2 * len(days))
        with open_duckdb(threads=1) as connection:
            _see(connection, lake, some)
            see_models(connection, given.relations())
            made = publish_all(connection, policy)
            here = {name: _of_days(table, some) for name, table in stored.items()}
            told = _as_stored(made, here)
            remade += len(frozenset[Pair]().union(*map(by_pair, here.values())) - told)
            histories |= {key: [one] for key, one in observe(connection, policy, 0, told).items()}
    names = names_of_month(histories)
    parts = [Findings(tuple(_small_rows(stored, policy.k)))]
    for done, (((_, site), side), history) in enumerate(histories.items()):
        progress(done, len(histories))
        parts.append(attack(history, names[site, side], policy.releases, policy.k))
    return Standing(
        together(parts),
        days=len(days),
        days_left=len(exact) - len(days),
        days_waiting=len(waiting) + len(settled) - len(exact),
        remade=remade,
    )


def _see(connection: duckdb.DuckDBPyConnection, lake: Lake, days: Collection[date]) -> None:
    hits, events = lake.table("hits"), lake.table("customer_events")
    view_files(connection, hits, columns=hits.schema.names, days=days)
    view_keyed(connection, events, columns=events.schema.names, days=days)


def _batched(days: Sequence[date], size: int) -> Iterator[Sequence[date]]:
    """Give days by so many."""
    return (days[first : first + size] for first in range(0, len(days), size))


def _of_days(table: pa.Table, days: Collection[date]) -> pa.Table:
    return table.filter(pa.array([one in days for one in table.column("event_date").to_pylist()], pa.bool_()))


def _as_stored(made: dict[str, pa.Table], stored: dict[str, pa.Table]) -> frozenset[Pair]:
    """Name the days of sites whose stored releases are what their rows give; others were made by another program or setting."""
    both = [(by_pair(table), by_pair(stored[name])) for name, table in made.items()]
    pairs = frozenset(pair for _, there in both for pair in there)
    return frozenset(pair for pair in pairs if all(rows.get(pair) == there.get(pair) for rows, there in both))


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
