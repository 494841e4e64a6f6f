"""The registry's tables in SQLAlchemy Core, the same for SQLite and PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

SCHEMA_VERSION: Final = 1
DIALECTS: Final = ("sqlite", "postgresql")


class Utc(sa.TypeDecorator[datetime]):
    """A point in time: in and out in UTC with its zone, for SQLite itself keeps no zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Store as UTC; `registry.utc` has refused naive times before."""
        del dialect
        return value if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Give the zone back that SQLite dropped."""
        del dialect
        return value if value is None else value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)


metadata: Final = sa.MetaData()

schema_version: Final = sa.Table(
    "schema_version",
    metadata,
    sa.Column("row", sa.Integer, primary_key=True, autoincrement=False),  # always 1: there is one version
    sa.Column("version", sa.Integer, nullable=False),
)

keys: Final = sa.Table(
    "keys",
    metadata,
    sa.Column("purpose", sa.String(40), primary_key=True),
    sa.Column("period", sa.String(40), primary_key=True),
    sa.Column("generation", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("wrapped", sa.LargeBinary, nullable=True),  # null: the key is destroyed, that it existed is not
    sa.Column("created_at", Utc, nullable=False),
    sa.Column("destroyed_at", Utc, nullable=True),
)

origins: Final = sa.Table(
    "origins",
    metadata,
    sa.Column("origin", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("site", sa.Text, nullable=False),
    sa.Column("registered_at", Utc, nullable=False),
)

audit: Final = sa.Table(
    "audit",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", Utc, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("tables", sa.JSON(none_as_null=True), nullable=False),
    sa.Column("columns", sa.JSON(none_as_null=True), nullable=True),
    sa.Column("rows_out", sa.BigInteger, nullable=True),
    sa.Column("allowed", sa.Boolean, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)

findings: Final = sa.Table(
    "findings",
    metadata,
    sa.Column("kind", sa.String(80), primary_key=True),
    sa.Column("site", sa.String(255), primary_key=True),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("at", Utc, nullable=False),
)


@sa.event.listens_for(audit, "after_create")
def _keep_appending(target: sa.Table, connection: sa.Connection, **_: Any) -> None:
    """Make the audit append-only in the file itself, not only in this program."""
    if connection.dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            connection.exec_driver_sql(
                f"CREATE TRIGGER {target.name}_no_{verb.lower()} BEFORE {verb} ON {target.name} "
                "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
            )


def insert_if_absent(connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> bool:
    """Insert one row unless its primary key is taken; tell whether it was inserted."""
    statement = _insert(connection, table).values(**row)
    absent = statement.on_conflict_do_nothing(index_elements=list(table.primary_key.columns))
    return connection.execute(absent).rowcount == 1


def insert_or_update(
    connection: sa.Connection, table: sa.Table, row: Mapping[str, Any], replaced: Sequence[str]
) -> None:
    """Insert one row, or replace the columns in `replaced` of the row that has its primary key."""
    statement = _insert(connection, table).values(**row)
    known = statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns), set_={name: row[name] for name in replaced}
    )
    connection.execute(known)


def _insert(connection: sa.Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)
