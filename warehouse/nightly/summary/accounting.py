"""Whether everything that came in found its place (R58), and by which way of collection (R15)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final

import duckdb

from policy import Policy

CUSTOMER_TABLES: Final = ("customer_events", "purchases")


@dataclass(frozen=True, slots=True)
class Accounting:
    """Whether every line found its place.

    Attributes:
        lines_in, kept, dropped, dead_letters: totals over all intakes.
        hits: rows of finished intakes in the lake.
        hits_unfinished: rows of intakes that a worker has not finished yet.
        intakes_off: intakes whose lines do not add up, or whose rows are not all there though their time is not over.
        stored: what finished intakes say they stored, by source and table, as `(source, table, rows)`.
        collected: the rows of the lake by table and way of collection, as `(table, collected_via, rows)`.
        missing: how many rows there are too few, by table or way of collection; empty when all that was stored is there.
    """

    lines_in: int
    kept: int
    dropped: int
    dead_letters: int
    hits: int
    hits_unfinished: int
    intakes_off: int
    stored: tuple[tuple[str, str, int], ...]
    collected: tuple[tuple[str, str, int], ...]
    missing: dict[str, int]

    @property
    def holds(self) -> bool:
        """True when ``lines_in = kept + dropped + dead letters`` and what was kept is there, for every intake."""
        return self.intakes_off == 0 and not self.missing


def account(connection: duckdb.DuckDBPyConnection, policy: Policy, erased: Mapping[str, int]) -> Accounting:
    """Compare the views `intakes`, `hits`, `customer_events` and `purchases`; `intakes` must not be newer than the others.

    Rows about customers carry no intake, so they are compared in sum; more of them than intakes tell are in progress.
    `erased` says by table how many were taken out since, and so are not missing. Hits are compared intake by intake, and what is
    not there any more in sum: it must be no more than what was let go.
    """
    lines_in, kept, dropped, dead_letters, hits, unfinished, off, short, gone = map(
        int, connection.sql(_text("accounting")).fetchall()[0]
    )
    if gone > erased.get("hits", 0):
        off += short
    told = connection.sql(_text("ways")).fetchall()
    stored = tuple((source, table, rows) for source, _, table, rows in told if source)
    collected = tuple((table, way, rows) for _, way, table, rows in told if way)
    missing = _missing(stored, collected, policy, erased)
    return Accounting(lines_in, kept, dropped, dead_letters, hits, unfinished, off, stored, collected, missing)


def _missing(
    stored: tuple[tuple[str, str, int], ...],
    collected: tuple[tuple[str, str, int], ...],
    policy: Policy,
    erased: Mapping[str, int],
) -> dict[str, int]:
    """Count by table and by way how many rows there are fewer than finished intakes stored.

    The records of some sources may state another way than their source's, so of that way there may be fewer.
    """
    due: Counter[str] = Counter()
    for source, table, rows in stored:
        if table in CUSTOMER_TABLES:
            due[table] += rows
        declared = policy.sources[source]
        if table in (*CUSTOMER_TABLES, "hits") and "collected_via" not in {field.name for field in declared.fields}:
            due[declared.collected_via] += rows
    found: Counter[str] = Counter(erased)
    for table, source in (("purchases", "transaction"), ("hits", "web_log")):
        found[policy.sources[source].collected_via] += erased.get(table, 0)
    for table, way, rows in collected:
        found[table] += rows
        found[way] += rows
    return {name: rows - found[name] for name, rows in sorted(due.items()) if rows > found[name]}


def _text(name: str) -> str:
    return (resources.files("warehouse.nightly.summary") / f"{name}.sql").read_text()
