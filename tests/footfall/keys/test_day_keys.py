"""A day key ends with the late window, on the running way: lines in, the window over, the night, and nothing left of it (T1, R5)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import sqlalchemy as sa

from footfall.clauses import Evidence, check_clause
from footfall.commands.pipeline.nightly import nightly
from footfall.house import MASTER_FILE, House
from ingest.reduce import Reduced, reduce_intake
from ingest.sinks import Sinks
from tests.footfall.clocked_house import Clock, opened
from tests.ingest.conftest import NOON, ORIGIN, intake_of, key, line
from warehouse.registry import schema

DAY: Final = date(2026, 11, 22)
VISITORS: Final = 24
LATE: Final = timedelta(hours=48)


def reduced(house: House, clock: Clock, first: int, day_key: Callable[[date], bytes] | None = None) -> Reduced:
    """Reduce the lines of one day's visitors, always the same ones, as the worker does; with its keys or with another."""
    intake = intake_of([line(number) for number in range(VISITORS)], [key(first + n) for n in range(VISITORS)], first)
    context = house.context(
        f"topic-id/0/{first}", clock(), lambda events: np.zeros(len(events), np.bool_), lambda _: None
    )
    if day_key:
        context = replace(context, day_key=day_key)
    return reduce_intake(intake, context, origins=house.registry.origins(), positions={}, site="shop")


def take(house: House, clock: Clock, first: int) -> set[int]:
    """Take the lines into every sink; give the visitors' numbers."""
    rows = reduced(house, clock, first)
    intake = intake_of([line(number) for number in range(VISITORS)], [key(first + n) for n in range(VISITORS)], first)
    Sinks(house.lake, house.subjects).commit(intake, rows)
    return numbers(rows)


def _always(key: bytes, _: date) -> bytes:
    return key


def numbers(rows: Reduced) -> set[int]:
    return set(rows.tables["hits"].column("visitor").to_pylist())


def holding(folder: Path, wanted: list[bytes]) -> list[str]:
    """Name the files below a folder, whatever they are, that have any of these bytes, as they are or in hexadecimal."""
    found = {form for one in wanted for form in (one, one.hex().encode(), one.hex().upper().encode())}
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if any(one in content for content in [path.read_bytes()] for one in found)]


def wrapped(house: House) -> list[bytes]:
    chosen = sa.select(schema.keys.c.wrapped).where(schema.keys.c.purpose == "day", schema.keys.c.wrapped.is_not(None))
    with house.registry.read() as connection:
        return list(connection.execute(chosen).scalars())


def night(house: House, clock: Clock) -> tuple[date, ...]:
    """Run the night, see that every line has its place, and give the days that lost a key."""
    summary = nightly(house, lambda _, __: None, clock=clock)
    assert summary.holds, summary.accounting
    return summary.day_keys_destroyed


def says(house: House, clock: Clock) -> tuple[str, str]:
    """Check R5 as `footfall policy check` does."""
    clause = next(clause for clause in house.policy.clauses if clause.id == "R5")
    with Evidence(house, now=clock()) as evidence:
        found = check_clause(evidence, clause)
    return found.result, found.evidence


def test_a_day_key_ends_with_the_late_window(tmp_path: Path) -> None:
    clock, folder = Clock(), tmp_path
    with opened(folder, clock) as worker, opened(folder, clock) as house:
        worker.registry.register_origin(ORIGIN, "access.log", "shop", clock())
        first = take(worker, clock, 0)
        secret = bytes(worker.keyring.day_key(DAY))
        blobs = wrapped(house)
        assert numbers(reduced(house, clock, 0, partial(_always, secret))) == first, (
            "whoever has the key has the numbers"
        )
        assert holding(folder, blobs), "until then the key is there, wrapped"
        clock.at = NOON + LATE - timedelta(seconds=1)
        told = f"1 day key, 1 live, the oldest of {DAY}: 48 h of its 48 h are over"
        result, evidence = says(house, clock)
        assert (result, evidence.endswith(told)) == ("holds", True), evidence
        clock.at = NOON + LATE + timedelta(hours=26)  # nights that did not run
        result, evidence = says(house, clock)
        assert result == "does not hold"
        assert f"1 day key outlived the late window, the oldest of {DAY}" in evidence
        assert night(house, clock) == (DAY,)
        result, evidence = says(house, clock)
        assert (result, evidence.endswith("1 day key, 0 live")) == ("holds", True), evidence

        assert holding(folder, [secret, *blobs]) == []
        left = [
            house.keyring.import_key(),
            *map(house.keyring.purpose_key, ("profile", "event", "service", "subjects")),
        ]
        for candidate in [*left, (folder / MASTER_FILE).read_bytes(), bytes(16)]:
            assert not numbers(reduced(house, clock, 0, partial(_always, candidate))) & first

        second = take(worker, clock, VISITORS)
        assert not second & first, "late lines of the same people get numbers of another key"
        assert bytes(house.keyring.day_key(DAY)) != secret
        assert night(house, clock) == ()
        released = house.lake.table("geo_daily").read().to_pylist()
        assert [(row["event_date"], row["visitors_exact"]) for row in released] == [(DAY, False)]
        assert sum(row["visitors"] for row in released) == 2 * VISITORS
