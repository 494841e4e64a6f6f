"""Profiles, made a second time."""

from typing import Final

import pyarrow as pa

from footfall.clauses.evidence import Evidence
from footfall.clauses.finding import Finding, judged, not_applicable

MARTS: Final = {"customer_daily": ("event_date", "customer"), "customer_profiles": ("customer",)}


def profiles_are_a_function(evidence: Evidence) -> Finding:
    """R17: profiles made anew in memory from the retained events are those that are stored, row for row."""
    house, night = evidence.house, evidence.last_night
    if not evidence.has_profiles:
        return not_applicable("there are no profiles; registrations and events make them, `footfall nightly` then")
    registered = set(night.given.registered.column("customer").to_pylist())
    profiles = evidence.customers("customer_profiles").tolist()
    defects, told = [], []
    behind = [mart for mart in MARTS if not night.has_caught_up(mart)]
    if not behind:
        strangers = len(set(profiles) - registered)
        if strangers:
            defects.append(f"{strangers} profiles belong to nobody who is registered")
    for mart, keys in MARTS.items():
        if mart in behind:
            told.append(f"{mart} waits for the next night, for what it is made of has changed")
            continue
        made = night.make(mart)
        stored = house.lake.table(mart).read(columns=made.column_names)
        different = _different(made, stored, keys)
        if different:
            defects.append(f"{different} rows of {mart} differ from those made anew")
        told.append(f"{made.num_rows:,} rows of {mart} made anew are the same")
    if len(behind) == len(MARTS):
        return not_applicable(
            "events or registrations came in after the last night; `footfall nightly` makes the profiles anew"
        )
    return judged(f"{len(profiles):,} profiles of {len(registered):,} registered customers; {'; '.join(told)}", defects)


def _different(made: pa.Table, stored: pa.Table, keys: tuple[str, ...]) -> int:
    """Count the rows that are in one table and not, or not the same, in the other."""
    order = [(key, "ascending") for key in keys]
    made, stored = made.cast(stored.schema).sort_by(order), stored.sort_by(order)
    if made.equals(stored):
        return 0
    rows = [{_key(row, keys): row for row in table.to_pylist()} for table in (made, stored)]
    return sum(rows[0].get(key) != rows[1].get(key) for key in rows[0].keys() | rows[1].keys()) or abs(
        made.num_rows - stored.num_rows
    )


def _key(row: dict[str, object], keys: tuple[str, ...]) -> tuple[object, ...]:
    return tuple(row[key] for key in keys)
