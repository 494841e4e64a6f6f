"""From an older schema to ours, in the one transaction that also makes what is not there."""

import sqlalchemy as sa

from warehouse.registry import audit, schema

CHAINED_AUDIT = 3
"""From this version on the audit is a chain, and the tables that only grow take the next number only."""


def make_tables(connection: sa.Connection, found: int | None) -> None:
    """Make what is not there, and bring what is there into the shape of today.

    Args:
        connection: a transaction that writes.
        found: the version of the schema that is there; None where there is none.
    """
    if found is None or found >= CHAINED_AUDIT:
        schema.metadata.create_all(connection)
        return
    entries = _unchained(connection)
    has_ledger = sa.inspect(connection).has_table(schema.disclosures.name)
    # Its triggers go with it.
    connection.exec_driver_sql(f"DROP TABLE {schema.audit.name}")
    schema.metadata.create_all(connection)
    if has_ledger:
        schema.take_next_only(schema.disclosures, connection)
    for entry in entries:
        audit.append(connection, entry)


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
