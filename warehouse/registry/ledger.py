"""The ledger of disclosures (R33): it only grows, and each row's hash covers the row before it.

Whoever changes, inserts or deletes a row must make all later hashes anew; a copy of any later hash, such as the one on an
export's receipt, shows it.
"""

import hashlib
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from warehouse.registry import schema
from warehouse.registry.records import Disclosure

FIRST: Final = "0" * 64


def append(connection: sa.Connection, fields: dict[str, Any]) -> Disclosure:
    """Add one disclosure after the last, within a transaction that writes.

    Args:
        connection: the transaction.
        fields: all of `Disclosure` but number, previous and hash.
    """
    schema.wait_for_turn(connection)
    ledger = schema.disclosures.c
    newest = sa.select(ledger.number, ledger.hash).order_by(ledger.number.desc()).limit(1)
    last = connection.execute(newest).one_or_none()
    number, previous = (1, FIRST) if last is None else (last.number + 1, last.hash)
    unsigned = Disclosure(number=number, previous=previous, hash="", **fields)
    signed = Disclosure(number=number, previous=previous, hash=hash_of(unsigned), **fields)
    row = {name: getattr(signed, name) for name in schema.disclosures.columns.keys()}  # noqa: SIM118 - no mapping
    connection.execute(
        sa.insert(schema.disclosures), row | {"tables": list(signed.tables), "columns": list(signed.columns)}
    )
    return signed


def read(connection: sa.Connection) -> list[Disclosure]:
    """Give the whole ledger in its order."""
    rows = connection.execute(sa.select(schema.disclosures).order_by(schema.disclosures.c.number)).mappings()
    return [Disclosure(**{**row, "tables": tuple(row["tables"]), "columns": tuple(row["columns"])}) for row in rows]


def first_break(disclosures: list[Disclosure]) -> int | None:
    """Give the first number at which the chain does not hold; None when all of it does."""
    previous = FIRST
    for number, disclosure in enumerate(disclosures, 1):
        if disclosure.number != number or disclosure.previous != previous or disclosure.hash != hash_of(disclosure):
            return number
        previous = disclosure.hash
    return None


def hash_of(disclosure: Disclosure) -> str:
    """Hash a disclosure without its own hash: SHA-256 of its JSON with sorted keys, times in UTC to the microsecond."""
    fields: dict[str, Any] = msgspec.to_builtins(disclosure)
    fields["at"] = disclosure.at.isoformat(timespec="microseconds")
    del fields["hash"]
    if disclosure.protection is None:  # as entries were hashed before there was such a field
        del fields["protection"]
    return hashlib.sha256(msgspec.json.encode(fields, order="sorted")).hexdigest()
