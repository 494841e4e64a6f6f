"""The two records that grow at their end only: the audit of accesses (R49) and the ledger of disclosures (R33).

Each is a chain: an entry's hash covers the entry before it. Whoever changes, inserts or deletes an entry must make all later
hashes anew; a copy of any later hash, such as the one on an export's receipt, shows it.

An entry of the audit says who asked, as what, for what, which tables and columns, what came of it, how many rows left and how
long that took. What was asked is not in it: the text of a question holds whatever somebody put between quotes. Its oldest entries go
when their time is over; see `cutting`.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar

import msgspec
import sqlalchemy as sa

from warehouse.registry import schema
from warehouse.registry.records import Access, Cut, Disclosure

Entry = TypeVar("Entry", Access, Disclosure)
FIRST: Final = "0" * 64
LISTS: Final = ("tables", "columns")
CUT: Final = "cut"


@dataclass(frozen=True, slots=True)
class Chain(Generic[Entry]):
    """One record that grows at its end only.

    Attributes:
        table: where its entries stand.
        entry: what they are given back as.
        later: fields that its first entries had not; where one is null, the hash is as it was before there was such a field.
    """

    table: sa.Table
    entry: type[Entry]
    later: frozenset[str] = frozenset()

    def append(
        self, connection: sa.Connection, fields: dict[str, Any], complete: Callable[[Entry], Entry] | None = None
    ) -> Entry:
        """Add one entry after the last, within a transaction that writes.

        Args:
            connection: the transaction.
            fields: all fields but number, previous and hash.
            complete: does what needs the entry's number, before it is hashed.
        """
        schema.wait_for_turn(connection)
        columns = self.table.c
        newest = sa.select(columns.number, columns.hash).order_by(columns.number.desc()).limit(1)
        last = connection.execute(newest).one_or_none()
        number, previous = (1, FIRST) if last is None else (last.number + 1, last.hash)
        unsigned = self.entry(**fields, number=number, previous=previous, hash="")
        if complete is not None:
            unsigned = complete(unsigned)
        signed = replace(unsigned, hash=self.hash_of(unsigned))
        row = {name: getattr(signed, name) for name in columns.keys()}  # noqa: SIM118 - no mapping
        plain = {name: msgspec.to_builtins(row[name]) for name in (*LISTS, CUT) if name in row}
        connection.execute(sa.insert(self.table), row | plain)
        return signed

    def read(self, connection: sa.Connection, after: int | None = None, last: int | None = None) -> list[Entry]:
        """Give the entries in their order: all, whatever their numbers, or those above `after`, or up to `last`."""
        number = self.table.c.number
        chosen = sa.select(self.table).order_by(number)
        if after is not None:
            chosen = chosen.where(number > after)
        if last is not None:
            chosen = chosen.where(number <= last)
        rows = connection.execute(chosen).mappings()
        return [self._of_row(dict(row)) for row in rows]

    def _of_row(self, row: dict[str, Any]) -> Entry:
        row |= {name: None if row[name] is None else tuple(row[name]) for name in LISTS}
        if row.get(CUT) is not None:
            row[CUT] = msgspec.convert(row[CUT], Cut)
        return self.entry(**row)

    def first_break(self, entries: Sequence[Entry], gone: int = 0, previous: str = FIRST) -> int | None:
        """Give the first number at which a chain does not hold; None when all of it does.

        Args:
            entries: all that is there, as it was read.
            gone: how many entries went before the first of these.
            previous: the hash of the last of them.
        """
        for number, entry in enumerate(entries, gone + 1):
            if entry.number != number or entry.previous != previous or entry.hash != self.hash_of(entry):
                return number
            previous = entry.hash
        return None

    def hash_of(self, entry: Entry) -> str:
        """Hash an entry without its own hash: SHA-256 of its JSON with sorted keys, times in UTC to the microsecond."""
        fields: dict[str, Any] = msgspec.to_builtins(entry)
        fields["at"] = entry.at.isoformat(timespec="microseconds")
        left_out = {"hash", *(name for name in self.later if fields[name] is None)}
        signed = {name: value for name, value in fields.items() if name not in left_out}
        return hashlib.sha256(msgspec.json.encode(signed, order="sorted")).hexdigest()


AUDIT: Final = Chain(schema.audit, Access, later=frozenset({CUT}))
LEDGER: Final = Chain(schema.disclosures, Disclosure, later=frozenset({"protection"}))
