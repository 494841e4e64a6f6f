"""Reading and writing the registry, one short transaction a call."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import PurePath
from types import TracebackType
from typing import Self

import sqlalchemy as sa

from warehouse.registry import cutting, schema
from warehouse.registry.chain import AUDIT, LEDGER
from warehouse.registry.connect import WRITES, RegistryError, naming_trouble, open_engine
from warehouse.registry.records import Access, Disclosure, Finding, Origin, Outcome
from warehouse.registry.traces import forget_old_pages, holds_bytes


class Registry:
    """The open registry; several processes and threads may have it open at once.

    Every time that is passed in must carry its zone; every time that comes out is UTC. Use it as a context manager,
    or call `close`.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._writing_engine = engine.execution_options(**{WRITES: True})

    @classmethod
    def open(cls, url: str) -> Self:
        """Open the registry at `url` (`sqlite_url` names the default) and make it when it is not there.

        Raises:
            UsageError: the URL names nothing that can be a registry.
            RegistryError: it cannot be opened, or a newer program wrote it.
        """
        return cls(open_engine(url))

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Give a connection that sees one state of all tables."""
        with naming_trouble(self._engine), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Give a connection whose changes take effect together when the block ends, or not at all."""
        with naming_trouble(self._engine), self._writing_engine.begin() as connection:
            yield connection

    def forget_old_pages(self) -> None:
        """Make what was overwritten leave the database's files; see `traces`."""
        with naming_trouble(self._engine):
            forget_old_pages(self._engine)

    def holds_bytes(self, wanted: Collection[bytes]) -> bool:
        """Search the database's own files for any of these bytes; see `traces`."""
        return holds_bytes(self._engine, wanted)

    def register_origin(self, origin: int, file: str, site: str, at: datetime) -> None:
        """Note where the lines of `origin` come from; calling again changes nothing but a new file name.

        Args:
            origin: the file's fingerprint, signed 64 bits.
            file: its name; folders are cut off, for they may name people.
            site: the site it was shipped for.
            at: the time of the first call is kept.

        Raises:
            RegistryError: the same lines were shipped for another site before.
        """
        row = {"origin": origin, "file": PurePath(file).name, "site": site, "registered_at": utc(at)}
        with self.write() as connection:
            if schema.insert_if_absent(connection, schema.origins, row):
                return
            chosen = schema.origins.c.origin == origin
            known = connection.execute(sa.select(schema.origins).where(chosen)).one()
            if known.site != site:
                raise RegistryError(
                    f"{row['file']} was shipped for the site {known.site} before (as {known.file}) and cannot be "
                    f"shipped for {site} too; `footfall forget-import` takes the first import back",
                )
            if known.file != row["file"]:
                connection.execute(sa.update(schema.origins).where(chosen).values(file=row["file"]))

    def origins(self) -> dict[int, Origin]:
        """Give every known origin by its number, in ascending order."""
        with self.read() as connection:
            rows = connection.execute(sa.select(schema.origins).order_by(schema.origins.c.origin)).all()
        return {row.origin: Origin(row.origin, row.file, row.site, row.registered_at) for row in rows}

    def note_access(
        self,
        *,
        at: datetime,
        who: str,
        role: str,
        purpose: str,
        tables: Sequence[str],
        columns: Sequence[str] | None = None,
        rows_out: int | None = None,
        outcome: Outcome,
        reason: str = "",
        duration_ms: int | None = None,
    ) -> None:
        """Append one access, or one refusal, to the audit; the fields are those of `Access`."""
        fields = {
            "at": utc(at),
            "who": who,
            "role": role,
            "purpose": purpose,
            "tables": tuple(tables),
            "columns": None if columns is None else tuple(columns),
            "rows_out": rows_out,
            "outcome": outcome,
            "reason": reason,
            "duration_ms": duration_ms,
        }
        with self.write() as connection:
            AUDIT.append(connection, fields)

    def accesses(self, after: int | None = None) -> list[Access]:
        """Give the audit in the order in which it was written: all of it, or the entries after a number."""
        with self.read() as connection:
            return AUDIT.read(connection, after)

    def check_accesses(self, seal: cutting.Seal | None = None) -> int | None:
        """Give the first number at which the audit's chain does not hold; None when all of it does.

        Who has no `seal` believes no cut: where one was made, the chain ends there.
        """
        return cutting.first_break(self.accesses(), seal)

    def let_accesses_go(self, before: date, at: datetime, seal: cutting.Seal) -> int:
        """Let the audit's oldest entries go, up to the first that is not from before a day (UTC); say how many went.

        Args:
            before: the first day of which entries stay.
            at: when this is done.
            seal: makes the keyed hash that proves the cut.
        """
        with self.read() as connection:
            if cutting.last_too_old(connection, before) is None:
                return 0
        seal("")  # where its key is not there yet it is made now, for that writes, too
        with self.write() as connection:
            return cutting.let_go(connection, before, utc(at), seal)

    def note_finding(self, kind: str, site: str, detail: str, at: datetime) -> None:
        """Keep the last word about one kind of trouble on one site ("" for the whole warehouse); no detail: it is over."""
        row = {"kind": kind, "site": site, "detail": detail, "at": utc(at)}
        with self.write() as connection:
            schema.insert_or_update(connection, schema.findings, row, replaced=("detail", "at"))

    def findings(self) -> list[Finding]:
        """Give the open findings by kind, then site."""
        order = (schema.findings.c.kind, schema.findings.c.site)
        with self.read() as connection:
            rows = connection.execute(sa.select(schema.findings).order_by(*order)).all()
        return [Finding(row.kind, row.site, row.detail, row.at) for row in rows]

    def disclose(
        self,
        *,
        at: datetime,
        who: str,
        role: str,
        purpose: str,
        recipient: str,
        agreement: str | None = None,
        communication: str | None = None,
        audience: str | None = None,
        tables: Sequence[str],
        columns: Sequence[str],
        rows: int,
        policy_version: str,
        protection: str | None = None,
    ) -> Disclosure:
        """Append one disclosure to the ledger (R33); the fields are those of `Disclosure`, which comes back with its hash."""
        fields = {
            "at": utc(at),
            "who": who,
            "role": role,
            "purpose": purpose,
            "recipient": recipient,
            "agreement": agreement,
            "communication": communication,
            "audience": audience,
            "tables": tuple(tables),
            "columns": tuple(columns),
            "rows": rows,
            "policy_version": policy_version,
            "protection": protection,
        }
        with self.write() as connection:
            return LEDGER.append(connection, fields)

    def disclosures(self) -> list[Disclosure]:
        """Give the whole ledger in its order."""
        with self.read() as connection:
            return LEDGER.read(connection)

    def check_disclosures(self) -> int | None:
        """Give the first number at which the ledger's chain does not hold; None when all of it does."""
        return LEDGER.first_break(self.disclosures())

    def close(self) -> None:
        """Give all connections back; a second call does nothing."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def utc(at: datetime) -> datetime:
    """Give a time in UTC.

    Raises:
        RegistryError: the time has no zone, so nobody can say which moment it means.
    """
    if at.utcoffset() is None:
        raise RegistryError(f"the time {at.isoformat()} has no zone; the registry takes times with one")
    return at.astimezone(UTC)
