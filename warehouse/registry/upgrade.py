"""From an older schema to ours, in the one transaction that also makes what is not there."""

import sqlalchemy as sa

from warehouse.registry import schema
from warehouse.registry.chain import AUDIT

CHAINED_AUDIT = 3
"""From this version on the audit is a chain, and the tables that only grow take the next number only."""

PROTECTION = 4
"""From this version on the ledger says whether a file was locked."""

CUT = 5
"""From this version on the audit's oldest entries may go, and an entry says so."""


def make_tables(connection: sa.Connection, found: int | None) -> None:
    """Make what is not there, and bring what is there into the shape of today.

    Args:
        connection: a transaction that writes.
        found: the version of the schema that is there; None where there is none.
    """
    version = schema.SCHEMA_VERSION if found is None else found
    entries = _unchained(connection) if version < CHAINED_AUDIT else None
    accesses = _without(connection, "cut", schema.audit) if CHAINED_AUDIT <= version < CUT else None
    disclosures = _without(connection, "protection", schema.disclosures) if version < PROTECTION else None
    for table, rows in ((schema.audit, entries), (schema.audit, accesses), (schema.disclosures, disclosures)):
        if rows is not None:
            connection.exec_driver_sql(f"DROP TABLE {table.name}")  # its triggers go with it
    schema.metadata.create_all(connection)
    for entry in entries or ():
        AUDIT.append(connection, entry)
    for table, rows in ((schema.audit, accesses), (schema.disclosures, disclosures)):
        for row in rows or ():
            connection.execute(sa.insert(table), row)


def _without(connection: sa.Connection, later: str, table: sa.Table) -> list[dict[str, object]] | None:
    """Read a chain of before, which had not this column yet; None where there is none. No hash changes."""
    if not sa.inspect(connection).has_table(table.name):
        return None
    kept = [column for column in table.columns if column.name != later]
    rows = connection.execute(sa.select(*kept).order_by(table.c.number)).mappings().all()
    return [{**row, later: None} for row in rows]


def _unchained(connection: sa.Connection) -> list[dict[str, object]]:
    """Read an audit of before: what came of an access stood in two columns, and nobody had looked at the clock."""
    old = sa.Table(
        schema.audit.name,
        sa.MetaData(),
        *(sa.Column(name, schema.audit.c[name].type) for name in ("number", "at", "who", "role", "purpose")),
        *(sa.Column(name, schema.audit.c[name].type) for name in ("tables", "columns", "rows_out", "reason")),
        sa.Column("allowed", sa.Boolean),
    )
    rows = connection.execute(sa.select(old).order_by(old.c.number)).mappings().all()
    return [
        {
            "at": row["at"],
            "who": row["who"],
            "role": row["role"],
            "purpose": row["purpose"],
            "tables": tuple(row["tables"]),
            "columns": None if row["columns"] is None else tuple(row["columns"]),
            "rows_out": row["rows_out"],
            "outcome": "refused" if not row["allowed"] else "failed" if row["reason"] else "answered",
            "reason": row["reason"],
            "duration_ms": None,
        }
        for row in rows
    ]
