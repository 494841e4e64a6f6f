"""The audit's oldest entries go when their time is over, and the rest still proves itself (R49, R56).

A cut is an entry of the audit: it says which entry was the last to go, and its hash, so the chain goes on from there. The entry is
covered by the chain like any other, and has a seal under a key of the keyring: whoever can write the database, and has no key, can
make no cut that holds. Entries go from the beginning only, as far as all of them are too old. One from a clock that ran ahead keeps
those after it too: nothing goes too early. Nor does anything go from a chain that is broken there, or what shows that would be gone.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time

import sqlalchemy as sa

from warehouse.registry import schema
from warehouse.registry.chain import AUDIT, FIRST
from warehouse.registry.records import Access, Cut

Seal = Callable[[str], str]
"""Makes a keyed hash of a text, in hexadecimal."""


def last_too_old(connection: sa.Connection, before: date) -> int | None:
    """Give the number of the last entry that may go; None where none may."""
    entries, limit = schema.audit.c, datetime.combine(before, time(), UTC)
    first_kept = sa.select(sa.func.min(entries.number)).where(entries.at >= limit).scalar_subquery()
    last = sa.select(sa.func.max(entries.number)).where(entries.number < sa.func.coalesce(first_kept, 2**31))
    number: int | None = connection.execute(last).scalar_one()
    return number


def let_go(connection: sa.Connection, before: date, at: datetime, seal: Seal) -> int:
    """Cut what is from before a day (UTC) off the audit, within a transaction that writes; say how many entries went."""
    schema.wait_for_turn(connection)
    number = last_too_old(connection, before)
    old = [] if number is None else AUDIT.read(connection, last=number)
    if not old or AUDIT.first_break(old, *_end_of_gone(connection)) is not None:
        return 0
    last = old[-1]
    fields = {
        "at": at,
        "who": "nightly",
        "role": "batch",
        "purpose": "operations",
        "tables": (),
        "columns": None,
        "rows_out": None,
        "outcome": "answered",
        "reason": f"lets the entries of before {before} go, up to number {last.number} (R56)",
        "duration_ms": None,
    }
    cut = Cut(last.number, last.hash, before, "")
    AUDIT.append(connection, fields | {"cut": cut}, lambda entry: _sealed(entry, seal))
    connection.execute(sa.delete(schema.audit).where(schema.audit.c.number <= last.number))
    return len(old)


def first_break(entries: Sequence[Access], seal: Seal | None) -> int | None:
    """Give the first number at which what is there of the audit does not hold; None when all of it does."""
    cuts = [entry.cut for entry in entries if entry.cut is not None]
    gone, previous = (cuts[-1].number, cuts[-1].hash) if cuts and seal else (0, FIRST)
    broken = AUDIT.first_break(entries, gone, previous)
    false = (
        entry.number for entry in entries if entry.cut is not None and seal and entry.cut != _sealed(entry, seal).cut
    )
    return min((number for number in (broken, next(false, None)) if number is not None), default=None)


def _end_of_gone(connection: sa.Connection) -> tuple[int, str]:
    """Give the number and the hash of the last entry that went before; of the one before the first where none did."""
    entries = schema.audit.c
    said = sa.select(entries.cut).where(entries.cut.is_not(None)).order_by(entries.number.desc()).limit(1)
    cut = connection.execute(said).scalar_one_or_none()
    return (0, FIRST) if cut is None else (cut["number"], cut["hash"])


def _sealed(entry: Access, seal: Seal) -> Access:
    """Seal a cut: the seal covers the whole entry, with its place in the chain."""
    if entry.cut is None:
        return entry
    unsealed = replace(entry, cut=replace(entry.cut, seal=""), hash="")
    return replace(entry, cut=replace(entry.cut, seal=seal(AUDIT.hash_of(unsealed))))
