"""The registry's tables in SQLAlchemy Core, the same for SQLite and PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

SCHEMA_VERSION: Final = 5
DIALECTS: Final = ("sqlite", "postgresql")
APPEND_ONLY: Final = {"audit": "the audit is", "disclosures": "the ledger of disclosures is"}
CUT_NUMBER: Final = {"sqlite": "json_extract(cut, '$.number')", "postgresql": "cast(cut ->> 'number' AS bigint)"}
"""Up to which number an entry of the audit says that it was cut."""


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


Number: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""A pseudonym as a primary key: SQLite then keeps the rows themselves in its order, so a sorted block is read in one go."""

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
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", Utc, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("tables", sa.JSON(none_as_null=True), nullable=False),
    sa.Column("columns", sa.JSON(none_as_null=True), nullable=True),
    sa.Column("rows_out", sa.BigInteger, nullable=True),
    sa.Column("outcome", sa.String(20), nullable=False),  # answered, refused, failed
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("duration_ms", sa.BigInteger, nullable=True),
    sa.Column("previous", sa.String(64), nullable=False),  # the hash of the row before
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("cut", sa.JSON(none_as_null=True), nullable=True),  # up to which row the audit was cut
)

findings: Final = sa.Table(
    "findings",
    metadata,
    sa.Column("kind", sa.String(80), primary_key=True),
    sa.Column("site", sa.String(255), primary_key=True),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("at", Utc, nullable=False),
)

subjects: Final = sa.Table(
    "subjects",
    metadata,
    sa.Column("subject", Number, primary_key=True, autoincrement=False),  # pseudonym for the purpose `service`
    # Found by whoever knows the profile pseudonym and holds the keys; the pseudonym itself never stands here.
    sa.Column("profile_link", sa.BigInteger, nullable=False, index=True),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("policy_version", sa.String(20), nullable=False),
    sa.Column("auto_login_opt_in", sa.Boolean, nullable=True),  # null: the newest form did not say
    sa.Column("registered_at", Utc, nullable=False),
    sa.Column("changed_at", Utc, nullable=False),  # time of the newest form
    sa.Column("opted_at", Utc, nullable=True),  # time of the newest form that said something about opt-outs
    sa.Column("sealed", sa.LargeBinary, nullable=False),  # who it is, under the subject's own key
)

subject_keys: Final = sa.Table(
    "subject_keys",
    metadata,
    sa.Column("subject", Number, primary_key=True, autoincrement=False),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),  # without this row the subject cannot be read any more
)

opt_outs: Final = sa.Table(
    "opt_outs",
    metadata,
    sa.Column("subject", Number, primary_key=True, autoincrement=False),
    sa.Column("communication", sa.String(40), primary_key=True, index=True),
)

children: Final = sa.Table(
    "children",
    metadata,
    sa.Column("customer", Number, primary_key=True, autoincrement=False),  # profile pseudonym
    sa.Column("flagged_at", Utc, nullable=False),
)

erasures: Final = sa.Table(
    "erasures",
    metadata,
    sa.Column("customer", Number, primary_key=True, autoincrement=False),  # profile pseudonym
    sa.Column("reason", sa.String(20), primary_key=True),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("queued_at", Utc, nullable=False),
)

marks: Final = sa.Table(
    "marks",
    metadata,
    sa.Column("app_id", sa.String(255), primary_key=True),  # cluster/topic id/partition
    sa.Column("mark", sa.BigInteger, nullable=False),  # the next offset
)

disclosures: Final = sa.Table(
    "disclosures",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", Utc, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("recipient", sa.Text, nullable=False),
    sa.Column("agreement", sa.Text, nullable=True),
    sa.Column("communication", sa.Text, nullable=True),
    sa.Column("audience", sa.Text, nullable=True),
    sa.Column("tables", sa.JSON(none_as_null=True), nullable=False),
    sa.Column("columns", sa.JSON(none_as_null=True), nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("policy_version", sa.Text, nullable=False),
    sa.Column("previous", sa.String(64), nullable=False),  # the hash of the row before
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("protection", sa.String(60), nullable=True),  # a key's id, or plain; null: from before there was a choice
)


@sa.event.listens_for(audit, "after_create")
@sa.event.listens_for(disclosures, "after_create")
def _keep_appending(target: sa.Table, connection: sa.Connection, **_: Any) -> None:
    """Make a table append-only in the database itself, not only in this program: rows with the next number, and no other change.

    Of the audit those rows may go that its newest row says are cut. On SQLite INSERT OR REPLACE deletes a row, and no trigger
    hears of that; the number tells.
    """
    name, text = target.name, f"{APPEND_ONLY[target.name]} append-only"
    next_number = f"(SELECT coalesce(max(number), 0) + 1 FROM {name})"  # noqa: S608 - one of our own two names
    has_cut = "cut" in target.columns
    if connection.dialect.name == "sqlite":
        is_kept = f"WHEN {_is_kept(CUT_NUMBER['sqlite'])} " if has_cut else ""
        for verb, condition in (("UPDATE", ""), ("DELETE", is_kept)):
            connection.exec_driver_sql(
                f"CREATE TRIGGER {name}_no_{verb.lower()} BEFORE {verb} ON {name} {condition}"
                f"BEGIN SELECT RAISE(ABORT, '{text}'); END",
            )
        connection.exec_driver_sql(
            f"CREATE TRIGGER {name}_next_only BEFORE INSERT ON {name} WHEN NEW.number IS NOT {next_number} "
            f"BEGIN SELECT RAISE(ABORT, '{text}'); END",
        )
        return
    wrong = {"change": ("true", "NEW"), "next": (f"NEW.number IS DISTINCT FROM {next_number}", "NEW")}
    guards = {
        "no_change": f"UPDATE {'' if has_cut else 'OR DELETE '}OR TRUNCATE ON {name} FOR EACH STATEMENT EXECUTE FUNCTION {name}_change()",
        "next_only": f"INSERT ON {name} FOR EACH ROW EXECUTE FUNCTION {name}_next()",
    }
    if has_cut:
        wrong["delete"] = (_is_kept(CUT_NUMBER["postgresql"]), "OLD")
        guards["no_delete"] = f"DELETE ON {name} FOR EACH ROW EXECUTE FUNCTION {name}_delete()"
    for what, (condition, row) in wrong.items():
        connection.exec_driver_sql(
            f"CREATE OR REPLACE FUNCTION {name}_{what}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN IF {condition} THEN RAISE EXCEPTION '{text}'; END IF; RETURN {row}; END $$",
        )
    for guard, what in guards.items():
        connection.exec_driver_sql(f"CREATE TRIGGER {name}_{guard} BEFORE {what}")


def _is_kept(number: str) -> str:
    """Say in SQL that a row of the audit is none of those that its newest row says are cut."""
    newest = f"SELECT {number} FROM audit ORDER BY number DESC LIMIT 1"  # noqa: S608 - our own words
    return f"OLD.number > coalesce(({newest}), 0)"


def wait_for_turn(connection: sa.Connection) -> None:
    """Let one such transaction at a time go on; SQLite's writers do so anyway, PostgreSQL's wait for this row."""
    connection.execute(sa.select(schema_version.c.version).with_for_update()).scalar_one()


def insert_if_absent(connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> bool:
    """Insert one row unless its primary key is taken; tell whether it was inserted."""
    statement = _insert(connection, table).values(**row)
    key = list(table.primary_key.columns)
    # Not by the number of rows: through psycopg that is unknown here, and a child would go unflagged.
    absent = statement.on_conflict_do_nothing(index_elements=key).returning(key[0])
    return connection.execute(absent).first() is not None


def insert_or_update(
    connection: sa.Connection, table: sa.Table, row: Mapping[str, Any], replaced: Sequence[str]
) -> None:
    """Insert one row, or replace the columns in `replaced` of the row that has its primary key."""
    statement = _insert(connection, table).values(**row)
    known = statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns), set_={name: row[name] for name in replaced}
    )
    connection.execute(known)


def insert_or_replace(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows with a value for every column; each takes the place of the row that has its primary key."""
    if rows:
        statement = _insert(connection, table)
        others = {column.name: statement.excluded[column.name] for column in table.columns if not column.primary_key}
        known = statement.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=others)
        connection.execute(known, list(rows))


def _insert(connection: sa.Connection, table: sa.Table) -> "sqlite.Insert | postgresql.Insert":
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - 80 ms of start that SQLite does not need

    return postgresql.insert(table)
