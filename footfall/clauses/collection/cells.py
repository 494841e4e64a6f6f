"""Published cells counted again from the rows, and the two facts kept apart."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pyarrow.compute as pc

from footfall.clauses.evidence import Evidence
from footfall.clauses.finding import Finding, judged, not_applicable
from warehouse.models import Model
from warehouse.nightly.publishing import FOR_END, FOR_MONTH, held_days

OTHER: Final = "other"
LINKS: Final = ("customer", "visitor", "event", "intake", "subject", "order_id", "event_id", "customer_id", "session")

Key = tuple[Any, ...]


def no_small_cells(evidence: Evidence) -> Finding:
    """R7: no published cell has fewer than k visitors; counted again from the rows, cells and totals are the same."""
    policy = evidence.house.policy
    night = evidence.last_night
    released = [model for model in night.releases() if evidence.house.lake.table(_release(model)).files()]
    if not released:
        return not_applicable("nothing is published yet; `footfall nightly` publishes")
    defects: list[str] = []
    cells = counted = totals = behind = 0
    for model in released:
        rows = evidence.house.lake.table(_release(model)).read()
        cells += rows.num_rows
        small = pc.sum(pc.less(rows.column("visitors"), policy.k)).as_py() or 0
        if small:
            least = pc.min(rows.column("visitors")).as_py()
            defects.append(f"{_release(model)} has {small} cells below {policy.k} visitors, the least of {least}")
        lonely = pc.sum(pc.equal(rows.column("groups"), 1)).as_py() or 0
        if lonely:
            defects.append(f"{_release(model)} has {lonely} rows of one hidden group alone")
        again = _Recount(evidence, model)
        defects += again.defects(rows.to_pylist())
        counted, totals, behind = counted + again.cells, totals + again.totals, behind + again.is_behind
    recount = (
        f"{counted:,} counted again from the rows, and the totals of {totals:,} days and sites, all the same"
        if totals or not behind
        else "none can be counted again from the rows before the next night"
    )
    told = f"; days of {behind} tables wait for the next night, for what they are made of has changed" if behind else ""
    return judged(
        f"{cells:,} published cells of {len(released)} tables with {policy.k} visitors or more; {recount}{told}",
        defects,
    )


class _Recount:
    """The cells of one release, counted from the rows of some days.

    A release adds up sides that were merged each for itself (who was logged in, and who was not), so a cell holds what one
    side or both have.
    """

    def __init__(self, evidence: Evidence, model: Model) -> None:
        table = evidence.house.lake.table(_release(model))
        # A day that waits, for its end or for the month (R43), shows what it showed before; so does one whose rows went.
        waiting = (
            held_days(table, FOR_MONTH) | held_days(table, FOR_END) | evidence.last_night.bases[model.head.name].closed
        )
        behind = evidence.last_night.days_behind(model)
        self.is_behind = not behind.isdisjoint(table.days())
        days = [day for day in table.days() if day not in waiting | behind]
        self.days = set(days[-evidence.bounds.days_max :])
        self.name = _release(model)
        self._k = evidence.house.policy.k
        self._inexact = evidence.house.keyring.inexact_days()
        self.cells = self.totals = 0
        self._cells = evidence.last_night.cells_of(model)
        self._exact = evidence.last_night.count(model, self.days, whole=False).to_pylist()
        self._crowds = evidence.last_night.count(model, self.days, whole=True).to_pylist()

    def defects(self, published: list[dict[str, Any]]) -> Iterator[str]:
        """Compare what is published of these days."""
        rows = [row for row in published if row["event_date"] in self.days]
        sides: defaultdict[Key, list[tuple[int, int]]] = defaultdict(list)
        for row in self._exact:
            sides[self._key(row)].append((row["views"], row["visitors"]))
        for row in rows:
            if row["groups"] == 0 and OTHER not in [row[name] for name in self._cells.columns]:
                self.cells += 1
                if not self._fits(row, sides[self._key(row)]):
                    yield f"{self.name}: a cell of {row['event_date']} is not what its rows add up to"
        told: defaultdict[Key, int] = defaultdict(int)
        for row in rows:
            told[self._total(row)] += row["views"]
        for key, views in self._due().items():
            self.totals += 1
            if told.pop(key, 0) != views:
                yield f"{self.name}: the views of {key[0]} do not add up to those of the rows"
        if told:
            yield f"{self.name}: {len(told)} days and sites are published that no rows are there for"

    def _due(self) -> dict[Key, int]:
        """Give the views that must be published of each day and site: those of every side that is a crowd."""
        due: defaultdict[Key, int] = defaultdict(int)
        for row in self._crowds:
            # One person may have several numbers on a day that was numbered anew; who was logged in has one.
            numbers = 1 if row["side"] else self._inexact.get(row["event_date"], 1)
            if row["visitors"] >= self._k * numbers:
                due[self._total(row)] += row["views"]
        return due

    def _key(self, row: dict[str, Any]) -> Key:
        return (row["event_date"], row["site"], *(row[name] for name in self._cells.columns))

    def _total(self, row: dict[str, Any]) -> Key:
        return (row["event_date"], row["site"], *([row["facet"]] if self._cells.facets else []))

    def _fits(self, row: dict[str, Any], sides: list[tuple[int, int]]) -> bool:
        """Tell whether a cell is one of its sides or both; of a facet, that it is no more, for small leaves of it are elsewhere."""
        views, visitors = sum(views for views, _ in sides), sum(visitors for _, visitors in sides)
        if self._cells.facets:
            return row["views"] <= views and row["visitors"] <= visitors
        # Where visitors are shared, a row tells fewer of them than it has when nearly all of the day's are in it.
        return any(
            row["views"] == told and (row["visitors"] <= most if self._cells.shared else row["visitors"] == most)
            for told, most in (*sides, (views, visitors))
        )


def no_common_key(evidence: Evidence) -> Finding:
    """R8: the facts share no id, no purpose opens both, and a join of their numbers gives no row."""
    policy = evidence.house.policy
    names = {about: _columns(evidence, about) for about in ("visitors", "customers")}
    shared = sorted(names["visitors"] & names["customers"] & set(LINKS))
    defects = [f"both facts have the column {name}" for name in shared]
    defects += [
        f"hits have the column {name}" for name in sorted(names["visitors"] & {"customer", "customer_id", "subject"})
    ]
    if not evidence.is_refused("select count(*) as n from hits", "profile"):
        defects.append("hits were read for the purpose profile")
    visitors = np.array([row["visitor"] for row in evidence.ask("select distinct visitor from hits")], np.int64)
    people = [evidence.customers(table) for table in ("customer_events", "purchases")]
    registered = evidence.registry("select subject, profile_link from subjects")
    numbers = [np.array(column, np.int64) for column in zip(*registered, strict=True)]
    for what, other in zip(("customers", "buyers", "subjects", "links of subjects"), (*people, *numbers), strict=False):
        joined = np.intersect1d(visitors, other).size
        if joined:
            defects.append(f"{joined} visitors have the number of {what}")
    apart = sum(map(len, (*people, *numbers)))
    return judged(
        f"{len(visitors):,} visitor numbers joined with {apart:,} numbers of customers and subjects: 0 rows; "
        f"no id in common among {len(names['visitors'])} and {len(names['customers'])} columns; policy {policy.version}",
        defects,
    )


def _columns(evidence: Evidence, about: str) -> set[str]:
    tables = evidence.house.policy.tables
    stored = {name: set(schema.names) for name, schema in evidence.schemas().values()}
    facts = [name for name, table in tables.items() if table.kind == "fact" and table.about == about]
    return set().union(*(stored.get(name, set()) for name in facts))


def _release(model: Model) -> str:
    return model.head.release.table if model.head.release else ""
