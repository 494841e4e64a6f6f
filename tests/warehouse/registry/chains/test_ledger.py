"""The ledger of disclosures grows, and shows whatever else was done to it (R33)."""

import hashlib
import json
import sqlite3
from datetime import UTC, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from tests.warehouse.registry.forms import AT
from warehouse.registry import Disclosure, Registry, RegistryError, schema, sqlite_url

EXPORT: dict[str, Any] = {
    "at": AT,
    "who": "joan",
    "role": "marketing",
    "purpose": "marketing",
    "recipient": "vendor",
    "agreement": "A-17",
    "communication": "newsletter",
    "audience": "seller",
    "tables": ["customer_profiles"],
    "columns": ["customer", "segment"],
    "rows": 1234,
    "policy_version": "1.4",
}
OTHERS = "role, purpose, recipient, agreement, communication, audience, tables, columns, rows, policy_version, previous, hash, protection"
FIRST_HASH = "718242ce79787c8f4fd72d3b328054775caee45a55af468aa696f2cbbfabf3f7"


def tamper(folder: Path, *statements: str) -> None:
    """Do what the owner of the file can do."""
    with sqlite3.connect(folder / "registry" / "registry.db") as connection:
        connection.execute("DROP TRIGGER IF EXISTS disclosures_no_update")
        connection.execute("DROP TRIGGER IF EXISTS disclosures_no_delete")
        connection.execute("DROP TRIGGER IF EXISTS disclosures_next_only")
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_a_disclosure_comes_back_with_its_place_in_the_chain(registry: Registry) -> None:
    first = registry.disclose(**EXPORT)
    plain = {name: value for name, value in EXPORT.items() if name not in {"agreement", "communication", "audience"}}
    second = registry.disclose(
        **plain | {"at": AT.astimezone(timezone(timedelta(hours=5))), "tables": (), "columns": ()}
    )
    assert registry.disclosures() == [first, second]
    assert first == Disclosure(
        **EXPORT | {"tables": ("customer_profiles",), "columns": ("customer", "segment")},
        number=1,
        previous="0" * 64,
        hash=first.hash,
    )
    assert (second.number, second.previous, second.agreement) == (2, first.hash, None)
    assert second.at.tzinfo == UTC
    assert registry.check_disclosures() is None


def test_the_chain_is_reckoned_the_same_for_ever(registry: Registry) -> None:
    """A hash on a receipt of years ago must still be found; this one is the standard library's, by the ledger's description."""
    fields = EXPORT | {"at": "2026-11-09T12:00:00.000000+00:00", "number": 1, "previous": "0" * 64}
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(text.encode()).hexdigest() == FIRST_HASH
    assert registry.disclose(**EXPORT).hash == FIRST_HASH


def test_the_hash_covers_whether_a_file_is_locked(registry: Registry, tmp_path: Path) -> None:
    assert registry.disclose(**EXPORT, protection="export/2026-11/1").hash != FIRST_HASH
    tamper(tmp_path, "UPDATE disclosures SET protection = 'plain'")
    assert registry.check_disclosures() == 1


def test_an_empty_ledger_holds(registry: Registry) -> None:
    assert registry.disclosures() == []
    assert registry.check_disclosures() is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE disclosures SET rows = 0",
        "DELETE FROM disclosures",
        f"INSERT OR REPLACE INTO disclosures SELECT 1, at, 'x', {OTHERS} FROM disclosures",
        f"INSERT INTO disclosures SELECT 3, at, who, {OTHERS} FROM disclosures",
    ],
)
def test_the_ledger_cannot_be_rewritten(registry: Registry, tmp_path: Path, statement: str) -> None:
    registry.disclose(**EXPORT)
    connection = sqlite3.connect(tmp_path / "registry" / "registry.db")
    with pytest.raises(sqlite3.IntegrityError, match="the ledger of disclosures is append-only"):
        connection.execute(statement)
    connection.close()
    assert len(registry.disclosures()) == 1


@pytest.mark.parametrize("table", ["audit", "disclosures"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET number = 2", "DELETE FROM {}"])
def test_what_grows_only_is_changed_in_no_database(registry: Registry, table: str, verb: str) -> None:
    registry.disclose(**EXPORT)
    registry.note_access(at=AT, who="joan", role="batch", purpose="operations", tables=(), outcome="answered")
    names = ", ".join(column.name for column in schema.metadata.tables[table].columns if column.name != "number")
    for statement in (verb.format(table), f"INSERT INTO {table} SELECT 7, {names} FROM {table}"):
        with pytest.raises(RegistryError, match=r"append-only$"), registry.write() as connection:
            connection.exec_driver_sql(statement)
    assert (len(registry.disclosures()), len(registry.accesses())) == (1, 1)


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        *(
            (f"UPDATE disclosures SET {change} WHERE number = 3", 3)
            for change in (
                *("at = '2026-11-09 12:00:00.000001'", "who = 'x'", "role = 'x'", "purpose = 'x'", "recipient = 'x'"),
                *("agreement = NULL", "communication = 'x'", "audience = NULL", "tables = '[]'"),
                *("columns = '[\"customer\"]'", "rows = 1233", "policy_version = '1.5'", "hash = previous"),
                "previous = hash",
            )
        ),
        ("DELETE FROM disclosures WHERE number = 1", 1),
        ("DELETE FROM disclosures WHERE number = 3", 3),
        ("UPDATE disclosures SET number = 9 WHERE number = 3", 3),
        ("UPDATE disclosures SET number = 0 WHERE number = 5", 1),
        (f"INSERT OR REPLACE INTO disclosures SELECT 2, at, 'x', {OTHERS} FROM disclosures WHERE number = 2", 2),
    ],
)
def test_whatever_is_done_to_it_shows(registry: Registry, tmp_path: Path, statement: str, broken: int) -> None:
    for _ in range(5):
        registry.disclose(**EXPORT)
    tamper(tmp_path, statement)
    assert registry.check_disclosures() == broken


def test_what_comes_after_a_break_does_not_mend_it(registry: Registry, tmp_path: Path) -> None:
    for _ in range(3):
        registry.disclose(**EXPORT)
    tamper(tmp_path, "UPDATE disclosures SET rows = 1 WHERE number = 2")
    registry.disclose(**EXPORT)
    assert registry.check_disclosures() == 2


def test_times_without_zone_are_refused(registry: Registry) -> None:
    with pytest.raises(RegistryError, match="has no zone"):
        registry.disclose(**EXPORT | {"at": AT.replace(tzinfo=None)})
    assert registry.disclosures() == []


def test_the_ledger_is_there_again(tmp_path: Path) -> None:
    for number in (1, 2):
        with Registry.open(sqlite_url(tmp_path)) as registry:
            assert registry.disclose(**EXPORT).number == number
            assert registry.check_disclosures() is None
