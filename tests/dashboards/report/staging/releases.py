"""Small releases for the report: rows in few words, as the tables that the door would show."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

import duckdb
import pyarrow as pa

from dashboards.report import Ask, Sources

SITE: Final = "shop.example"
RELEASED_AT: Final = datetime(2026, 11, 23, 3, 40, tzinfo=UTC)
_COUNTS: Final = pa.map_(pa.string(), pa.int64())
_TIME: Final = pa.timestamp("us", tz="UTC")
_DAY: Final = [("event_date", pa.date32()), ("site", pa.string())]
_MEASURES: Final = [
    ("views", pa.int64()),
    ("visitors", pa.int64()),
    ("groups", pa.int32()),
    ("visitors_exact", pa.bool_()),
    ("policy_version", pa.string()),
    ("released_at", _TIME),
]
_REQUESTS: Final = [("requests", pa.int64()), ("bytes", pa.int64()), ("policy_version", pa.string())]


def _release(*cells: str) -> pa.Schema:
    return pa.schema([*_DAY, *((cell, pa.string()) for cell in cells), *_MEASURES])


RELEASES: Final = {
    "geo_daily": _release("country", "region"),
    "page_daily": _release("path"),
    "referrer_daily": _release("referrer_host"),
    "agent_daily": _release("facet", "name"),
    "missing_daily": _release("path"),
}
OPERATIONS: Final = {
    "status_daily": pa.schema(
        [*_DAY, ("kind", pa.string()), ("status", pa.int16()), ("is_bot", pa.bool_()), *_REQUESTS]
    ),
    "geo_daily_cells": pa.schema([*_DAY, ("country", pa.string()), ("region", pa.string()), ("views", pa.int64())]),
    "bot_daily": pa.schema([*_DAY, ("bot_kind", pa.string()), ("bot_label", pa.string()), *_REQUESTS]),
    "intakes": pa.schema(
        [
            ("intake", pa.string()),
            ("source", pa.string()),
            ("origin", pa.int64()),
            ("file", pa.string()),
            ("site", pa.string()),
            ("topic", pa.string()),
            ("lines_in", pa.int64()),
            ("kept", pa.int64()),
            ("dropped", _COUNTS),
            ("dead_letters", _COUNTS),
            ("taken_at", _TIME),
            ("policy_version", pa.string()),
        ]
    ),
}
_USUAL: Final = {
    "site": SITE,
    "groups": 0,
    "visitors_exact": True,
    "policy_version": "1.4",
    "released_at": RELEASED_AT,
    "taken_at": RELEASED_AT,
    "source": "web_log",
    "topic": "web_log",
    "dropped": {},
    "dead_letters": {},
}

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def table(name: str, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Make one table of rows that name only what matters; the rest is usual, or null where nothing is."""
    schema = (RELEASES | OPERATIONS)[name]
    unknown = {key for row in rows for key in row} - set(schema.names)
    assert not unknown, f"{name} has no columns {sorted(unknown)}"
    return pa.Table.from_pylist([{key: _cell(row, key) for key in schema.names} for row in rows], schema=schema)


def sources(tables: Rows) -> Sources:
    """Put the tables behind two sessions, each with its own tables only, as the door does."""
    return Sources(_session(RELEASES, tables), _session(OPERATIONS, tables))


def _session(schemas: Mapping[str, pa.Schema], tables: Rows) -> Ask:
    connection = duckdb.connect(config={"threads": 1})
    for name in schemas:
        connection.register(name, table(name, tables.get(name, ())))

    def ask(sql: str, parameters: Mapping[str, Any], /) -> pa.Table:
        return connection.sql(sql, params=dict(parameters)).to_arrow_table()

    return ask


def _cell(row: Mapping[str, Any], key: str) -> Any:
    value = row.get(key, _USUAL.get(key))
    if key == "event_date" and isinstance(value, str):
        return date.fromisoformat(value)
    if key in {"dropped", "dead_letters"}:
        return list(value.items())
    return value
