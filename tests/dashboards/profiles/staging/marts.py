"""The two tables of customers behind one session, as the door shows them to role marketing for purpose profile."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

import duckdb
import pyarrow as pa

from dashboards.profiles import ProfileOptions
from dashboards.profiles.page import render
from dashboards.profiles.reading import read_profiles
from dashboards.questions import Ask
from policy import load_policy
from policy.schemas import arrow_schema
from tests.dashboards.report.staging.reading_pages import Page

MARTS: Final = ("customer_profiles", "customer_daily")
AS_OF: Final = date(2026, 11, 22)
NOW: Final = datetime(2026, 11, 23, 3, 45, tzinfo=UTC)
OPTIONS: Final = ProfileOptions(generated_at=NOW, policy_version="1.4", currency="USD", kept_months=36)
_USUAL: Final[Mapping[str, Any]] = {
    "role": "customer",
    "first_seen": datetime(2026, 1, 5, 9, 30, tzinfo=UTC),
    "last_seen": datetime(2026, 11, 20, 16, 7, tzinfo=UTC),
    "days_seen": 1,
    "sessions": 1,
    "views": 1,
    "minutes": 1,
    "top_country": "US",
    "country": "US",
    "categories": (),
    "last_paths": (),
    "orders": 0,
    "monetary": Decimal(0),
    "amount": Decimal(0),
    "segment": "visitor",
    "as_of": AS_OF,
    "event_date": AS_OF,
    "policy_version": "1.4",
}

Tables = Mapping[str, Sequence[Mapping[str, Any]]]

__all__ = ["AS_OF", "MARTS", "NOW", "OPTIONS", "Tables", "ask_of", "html_of", "mart", "page_of"]


def mart(name: str, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Make one table, as the policy declares it, of rows that name only what matters."""
    schema = arrow_schema(load_policy(), name)
    unknown = {key for row in rows for key in row} - set(schema.names)
    assert not unknown, f"{name} has no columns {sorted(unknown)}"
    full = [{key: row.get(key, _USUAL.get(key)) for key in schema.names} for row in rows]
    for row in full:
        if "frequency" in row:
            row["frequency"] = row["orders"]
    return pa.Table.from_pylist(full, schema=schema)


def ask_of(tables: Tables) -> Ask:
    """Put both tables behind one session."""
    connection = duckdb.connect(config={"threads": 1})
    for name in MARTS:
        connection.register(name, mart(name, tables.get(name, ())))

    def ask(sql: str, parameters: Mapping[str, Any], /) -> pa.Table:
        return connection.sql(sql, params=dict(parameters) or None).to_arrow_table()

    return ask


def html_of(tables: Tables, options: ProfileOptions = OPTIONS) -> str:
    """Write the page of the given tables."""
    return render(read_profiles(ask_of(tables), options), options)


def page_of(tables: Tables, options: ProfileOptions = OPTIONS) -> Page:
    """Write the page of the given tables and read it as people do."""
    return Page(html_of(tables, options))
