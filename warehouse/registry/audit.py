"""The audit of accesses (R49): it only grows, and each entry's hash covers the entry before it.

An entry says who asked, as what, for what, which tables and columns, what came of it, how many rows left and how long that
took. What was asked is not in it: the text of a question holds whatever somebody put between quotes.
"""

import hashlib
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from warehouse.registry import schema
from warehouse.registry.records import Access

FIRST: Final = "0" * 64


def append(connection: sa.Connection, fields: dict[str, Any]) -> Access:
    """Add one entry after the last, within a transaction that writes.

    Args:
        connection: the transaction.
        fields: all of `Access` but number, previous and hash.
    """
    schema.wait_for_turn(connection)
    audit = schema.audit.c
    newest = sa.select(audit.number, audit.hash).order_by(audit.number.desc()).limit(1)
    last = connection.execute(newest).one_or_none()
    number, previous = (1, FIRST) if last is None else (last.number + 1, last.hash)
    unsigned = Access(**fields, number=number, previous=previous)
    signed = Access(**fields, number=number, previous=previous, hash=hash_of(unsigned))
    row = {name: getattr(signed, name) for name in schema.audit.columns.keys()}  # noqa: SIM118 - no mapping
    listed = {"tables": list(signed.tables), "columns": None if signed.columns is None else list(signed.columns)}
    connection.execute(sa.insert(schema.audit), row | listed)
    return signed


def read(connection: sa.Connection, after: int) -> list[Access]:
    """Give the entries with numbers above `after`, in their order."""
    chosen = sa.select(schema.audit).where(schema.audit.c.number > after).order_by(schema.audit.c.number)
    rows = connection.execute(chosen).mappings()
    return [
        Access(
            **{
                **row,
                "tables": tuple(row["tables"]),
                "columns": None if row["columns"] is None else tuple(row["columns"]),
            }
        )
        for row in rows
    ]


def first_break(accesses: list[Access]) -> int | None:
    """Give the first number at which the chain does not hold; None when all of it does."""
    previous = FIRST
    for number, access in enumerate(accesses, 1):
        if access.number != number or access.previous != previous or access.hash != hash_of(access):
            return number
        previous = access.hash
    return None


def hash_of(access: Access) -> str:
    """Hash an entry without its own hash: SHA-256 of its JSON with sorted keys, times in UTC to the microsecond."""
    fields: dict[str, Any] = msgspec.to_builtins(access)
    fields["at"] = access.at.isoformat(timespec="microseconds")
    del fields["hash"]
    return hashlib.sha256(msgspec.json.encode(fields, order="sorted")).hexdigest()
