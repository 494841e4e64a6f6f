"""The attack on random worlds: their months are published by the real models and releases, and then attacked."""

import random
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

import pyarrow as pa

from policy import Policy
from warehouse.attack.claims import Claim, Place, named
from warehouse.attack.known.observed import Observed
from warehouse.attack.month import Findings, attack, names_of_month, together
from warehouse.attack.nights import PAIRS, Pair, Tables, by_pair, observe, publish_all, see_models, waiting
from warehouse.attack.worlds import NIGHTS, make_month
from warehouse.relations import open_duckdb


def attack_worlds(
    policy: Policy, numbers: range, seed: int, pairs: Sequence[tuple[str, str]] = PAIRS, k: int | None = None
) -> Findings:
    """Make the worlds of these numbers, publish their month night by night, and attack all that was told.

    Args:
        policy: has the limits in force.
        numbers: which worlds; a world depends on the seed and its number alone.
        seed: of chance.
        pairs: the interactive tables that are asked for.
        k: below which a cell must not be told; the policy's when None.
    """
    small = policy.k if k is None else k
    month = make_month(numbers, seed, random.Random)
    histories: dict[tuple[Pair, str], list[Observed]] = defaultdict(list)
    found: list[Claim] = []
    published: Tables = {}
    with open_duckdb(threads=1) as connection:
        for night in range(NIGHTS):
            see_models(connection, {**month.tables(policy, night), **_given()})
            made = publish_all(connection, policy)
            told = _told(published, made, policy.k)
            found += changes(published, made, told, night, small)
            for key, one in observe(connection, policy, night, told, pairs).items():
                histories[key].append(one)
            published = _replaced(published, made, told)
    names = names_of_month(histories)
    parts = [
        attack(history, names[site, side], policy.releases, small) for ((_, site), side), history in histories.items()
    ]
    return together([*parts, Findings(tuple(found))])


def _given() -> dict[str, pa.Table]:
    """Give what the models are given beside the facts: no settings."""
    text = pa.array([], pa.string())
    return {"own_hosts": pa.table({"site": text, "host": text}), "counting": pa.table({"site": text, "channel": text})}


def _told(published: Tables, made: Tables, k: int) -> frozenset[Pair]:
    """Name the days and sites that this night publishes anew."""
    if not published:
        return frozenset(pair for table in made.values() for pair in by_pair(table))
    changed = set()
    for name, table in made.items():
        before, after = by_pair(published[name]), by_pair(table)
        changed |= {pair for pair in before.keys() | after.keys() if before.get(pair) != after.get(pair)}
    return frozenset(changed - waiting(published, made, k))


def _replaced(published: Tables, made: Tables, told: Collection[Pair]) -> Tables:
    """Put the days and sites that are told into the place of what was published of them."""
    return (
        {
            name: pa.concat_tables([_of(published[name], told, keep=False), _of(table, told, keep=True)])
            for name, table in made.items()
        }
        if published
        else made
    )


def _of(table: pa.Table, pairs: Collection[Pair], *, keep: bool) -> pa.Table:
    rows = zip(table.column("event_date").to_pylist(), table.column("site").to_pylist(), strict=True)
    return table.filter(pa.array([(pair in pairs) is keep for pair in rows], pa.bool_()))


def changes(published: Tables, made: Tables, told: Collection[Pair], night: int, k: int) -> Iterator[Claim]:
    """Subtract each row from itself after the next night: what is left is a set of fewer than k, or it is not."""
    for name, table in made.items() if published else ():
        before, after = by_pair(published[name]), by_pair(table)
        columns = [column for column in table.column_names if column not in {"event_date", "site"}]
        for pair in told:
            for names in before.get(pair, {}).keys() & after.get(pair, {}).keys():
                visitors, views = (new - old for old, new in zip(before[pair][names], after[pair][names], strict=True))
                if (visitors or views) and abs(visitors) < k:
                    cell = named(columns[: len(names)], names)
                    yield Claim("differences", Place(*pair, "both", night), cell, "change", visitors, visitors, True)
