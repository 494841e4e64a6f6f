"""The audit grows, and shows whatever else was done to it (R49)."""

import hashlib
import json
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.warehouse.registry.forms import AT
from warehouse.registry import Registry, sqlite_url

ASKED: dict[str, Any] = {
    "at": AT,
    "who": "jane",
    "role": "analyst",
    "purpose": "geo_statistics",
    "tables": ["geo_daily"],
    "columns": ["country", "views"],
    "rows_out": 12,
    "outcome": "answered",
    "reason": "",
    "duration_ms": 7,
}
OTHERS = "role, purpose, tables, columns, rows_out, outcome, reason, duration_ms, previous, hash"
TRIGGERS = ("audit_no_update", "audit_no_delete", "audit_next_only")


def raw(folder: Path, *statements: str) -> None:
    """Run statements as another program would, without our code."""
    connection = sqlite3.connect(folder / "registry" / "registry.db")
    try:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    finally:
        connection.close()


def test_the_chain_is_reckoned_as_described(registry: Registry) -> None:
    registry.note_access(**ASKED)
    registry.note_access(**ASKED | {"columns": None, "rows_out": None, "outcome": "refused", "duration_ms": None})
    first, second = registry.accesses()
    fields = ASKED | {"at": AT.isoformat(timespec="microseconds"), "number": 1, "previous": "0" * 64}
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert first.hash == hashlib.sha256(text.encode()).hexdigest()
    assert (second.number, second.previous, second.columns) == (2, first.hash, None)
    assert registry.check_accesses() is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET outcome = 'answered'",
        "DELETE FROM audit",
        f"INSERT OR REPLACE INTO audit (number, at, who, {OTHERS}) SELECT 1, at, 'x', {OTHERS} FROM audit",
        f"INSERT INTO audit (number, at, who, {OTHERS}) SELECT 3, at, who, {OTHERS} FROM audit",
        f"INSERT INTO audit (at, who, {OTHERS}) SELECT at, who, {OTHERS} FROM audit",
        "UPDATE OR REPLACE audit SET number = 2",
    ],
)
def test_the_audit_cannot_be_rewritten(registry: Registry, tmp_path: Path, statement: str) -> None:
    registry.note_access(**ASKED)
    before = registry.accesses()
    with pytest.raises(sqlite3.IntegrityError, match="the audit is append-only"):
        raw(tmp_path, statement)
    assert registry.accesses() == before


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        *(
            (f"UPDATE audit SET {change} WHERE number = 2", 2)
            for change in (
                *("at = '2026-11-09 12:00:00.000001'", "who = 'x'", "role = 'x'", "purpose = 'x'", "tables = '[]'"),
                *("columns = NULL", "rows_out = 11", "outcome = 'refused'", "reason = 'x'", "duration_ms = 8"),
                "previous = hash",
            )
        ),
        ("DELETE FROM audit WHERE number = 1", 1),
        ("UPDATE audit SET number = 0 WHERE number = 3", 1),
        (f"INSERT OR REPLACE INTO audit (number, at, who, {OTHERS}) SELECT 2, at, 'x', {OTHERS} FROM audit LIMIT 1", 2),
    ],
)
def test_whatever_the_owner_of_the_file_does_shows(
    registry: Registry, tmp_path: Path, statement: str, broken: int
) -> None:
    for number in range(3):
        registry.note_access(**ASKED | {"at": AT + timedelta(seconds=number)})
    raw(tmp_path, *(f"DROP TRIGGER {name}" for name in TRIGGERS), statement)
    assert registry.check_accesses() == broken


def test_two_programs_write_one_chain(tmp_path: Path) -> None:
    with Registry.open(sqlite_url(tmp_path)) as one, Registry.open(sqlite_url(tmp_path)) as other:
        for registry in (one, other, one, other):
            registry.note_access(**ASKED)
        assert [access.number for access in one.accesses()] == [1, 2, 3, 4]
        assert other.check_accesses() is None
