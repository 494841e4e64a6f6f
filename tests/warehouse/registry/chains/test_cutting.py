"""The audit's oldest entries go, the rest proves itself, and nobody without the keys makes a cut that holds (R49, R56)."""

import hashlib
import json
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from tests.warehouse.registry.forms import AT
from warehouse.keyring import Keyring
from warehouse.registry import Registry, RegistryError, schema
from warehouse.registry.chain import AUDIT, FIRST
from warehouse.registry.records import Cut

ASKED: dict[str, Any] = {"who": "jane", "role": "analyst", "purpose": "geo_statistics", "tables": ["geo_daily"]}
BEFORE = AT.date() - timedelta(days=1)
GUARDS = {"sqlite": ("no_update", "no_delete", "next_only"), "postgresql": ("no_change", "no_delete", "next_only")}
COLUMNS = "who, role, purpose, tables, columns, rows_out, outcome, reason, duration_ms, hash, cut"


def noted(registry: Registry, *days_ago: int) -> None:
    """Write one entry of each age."""
    for days in days_ago:
        registry.note_access(**ASKED, at=AT - timedelta(days=days), outcome="answered")


def cut(registry: Registry, keyring: Keyring, before: date = BEFORE) -> int:
    return registry.let_accesses_go(before, AT, keyring.audit_seal)


def numbers(registry: Registry) -> list[int]:
    return [entry.number for entry in registry.accesses()]


def tamper(registry: Registry, statement: sa.Executable) -> None:
    """Do what the owner of the database can do."""
    with registry.write() as connection:
        dialect = connection.dialect.name
        of = "" if dialect == "sqlite" else " ON audit"
        for guard in GUARDS[dialect]:
            connection.exec_driver_sql(f"DROP TRIGGER audit_{guard}{of}")
        connection.execute(statement)


def forged(registry: Registry, number: int, *, seal: str = "0" * 64) -> None:
    """State a cut up to a number, in a chain that holds, without the keys."""
    last = next(entry for entry in registry.accesses() if entry.number == number)
    fields: dict[str, Any] = {**ASKED, "at": AT, "tables": (), "columns": None, "rows_out": None}
    with registry.write() as connection:
        said = {"outcome": "answered", "reason": "", "duration_ms": None, "cut": Cut(number, last.hash, BEFORE, seal)}
        AUDIT.append(connection, fields | said)
        connection.execute(sa.delete(schema.audit).where(schema.audit.c.number <= number))


def test_what_is_left_proves_itself(registry: Registry, keyring: Keyring) -> None:
    noted(registry, 9, 8, 1, 0)
    before = registry.accesses()
    assert cut(registry, keyring) == 2
    *kept, said = registry.accesses()
    assert kept == before[2:], "entry by entry as it was"
    assert said.cut == Cut(2, before[1].hash, BEFORE, said.cut.seal if said.cut else "")
    assert (said.who, said.number) == ("nightly", 5)
    assert said.reason == f"lets the entries of before {BEFORE} go, up to number 2 (R56)"
    assert registry.check_accesses(keyring.audit_seal) is None
    assert registry.check_accesses() == 1, "without the keys nobody can tell whether it was cut rightly"
    assert cut(registry, keyring) == 0
    assert numbers(registry) == [3, 4, 5], "where nothing is too old nothing is said"
    noted(registry, 0)
    assert cut(registry, keyring, AT.date()) == 1
    assert numbers(registry) == [4, 5, 6, 7]
    assert registry.check_accesses(keyring.audit_seal) is None
    assert registry.disclosures() == []


def test_an_entry_of_that_very_midnight_stays(registry: Registry, keyring: Keyring) -> None:
    midnight = AT.replace(hour=0)
    for at in (midnight - timedelta(microseconds=1), midnight):
        registry.note_access(**ASKED, at=at, outcome="answered")
    assert cut(registry, keyring, AT.date()) == 1
    assert numbers(registry) == [2, 3]


def test_all_may_be_too_old_and_numbers_go_on(registry: Registry, keyring: Keyring) -> None:
    noted(registry, 9, 8)
    assert cut(registry, keyring) == 2
    noted(registry, 0)
    assert numbers(registry) == [3, 4]
    assert registry.check_accesses(keyring.audit_seal) is None
    # Long after that the entry about the first cut goes, too.
    later = AT + timedelta(days=9)
    assert registry.let_accesses_go(later.date(), later, keyring.audit_seal) == 2
    assert numbers(registry) == [5]
    assert registry.check_accesses(keyring.audit_seal) is None


def test_nothing_goes_early_for_a_clock_that_was_wrong(registry: Registry, keyring: Keyring) -> None:
    noted(registry, 9, -400, 8, 0)
    assert cut(registry, keyring) == 1
    assert numbers(registry) == [2, 3, 4, 5]
    assert registry.check_accesses(keyring.audit_seal) is None


def test_the_entry_is_reckoned_as_described(registry: Registry, keyring: Keyring) -> None:
    noted(registry, 9)
    cut(registry, keyring)
    (said,) = registry.accesses()
    assert said.cut is not None
    fields: dict[str, Any] = {
        "at": AT.isoformat(timespec="microseconds"),
        "who": "nightly",
        "role": "batch",
        "purpose": "operations",
        "tables": [],
        "columns": None,
        "rows_out": None,
        "outcome": "answered",
        "reason": said.reason,
        "duration_ms": None,
        "number": 2,
        "previous": said.cut.hash,
        "cut": {"number": 1, "hash": said.cut.hash, "before": str(BEFORE), "seal": ""},
    }

    def hash_of(document: dict[str, Any]) -> str:
        return hashlib.sha256(json.dumps(document, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    key = keyring.purpose_key("audit")
    seal = hashlib.blake2b(hash_of(fields).encode(), key=key, digest_size=32).hexdigest()
    assert said.cut.seal == seal
    assert said.hash == hash_of(
        fields | {"cut": {"number": 1, "hash": said.cut.hash, "before": str(BEFORE), "seal": seal}}
    )


@pytest.fixture
def cut_registry(registry: Registry, keyring: Keyring) -> Registry:
    """Give one that is cut behind its second entry, and says so in its sixth."""
    noted(registry, 9, 8, 1, 1, 0)
    cut(registry, keyring)
    assert numbers(registry) == [3, 4, 5, 6]
    return registry


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("DELETE FROM audit WHERE number = 3", 3),
        ("DELETE FROM audit WHERE number <= 4", 3),
        ("UPDATE audit SET who = 'x' WHERE number = 3", 3),
        ("UPDATE audit SET previous = hash WHERE number = 3", 3),
        ("UPDATE audit SET who = 'x' WHERE number = 6", 6),
        ("DELETE FROM audit WHERE number = 6", 1),
        ("UPDATE audit SET cut = NULL WHERE number = 6", 1),
        (
            f"INSERT INTO audit (number, at, previous, {COLUMNS}) SELECT 2, at, '{FIRST}', {COLUMNS} FROM audit LIMIT 1",
            3,
        ),
    ],
)
def test_whatever_is_done_to_it_shows(cut_registry: Registry, keyring: Keyring, statement: str, broken: int) -> None:
    tamper(cut_registry, sa.text(statement))
    noted(cut_registry, 0)
    assert cut_registry.check_accesses(keyring.audit_seal) == broken


@pytest.mark.parametrize(
    ("field", "value", "broken"),
    [("number", 3, 4), ("hash", "0" * 64, 3), ("before", "2026-11-09", 6), ("seal", "0" * 64, 6)],
)
def test_whatever_is_done_to_the_cut_shows(
    cut_registry: Registry, keyring: Keyring, field: str, value: object, broken: int
) -> None:
    said = cut_registry.accesses()[-1]
    plain = msgspec.to_builtins(said.cut) | {field: value}
    tamper(cut_registry, sa.update(schema.audit).where(schema.audit.c.number == said.number).values(cut=plain))
    noted(cut_registry, 0)
    assert cut_registry.check_accesses(keyring.audit_seal) == broken


def test_a_cut_without_the_keys_shows_for_as_long_as_its_entry_is_there(registry: Registry, keyring: Keyring) -> None:
    """The chain itself holds, and the database let the entries go, for it cannot know the keys."""
    noted(registry, 9, 8, 1, 1)
    cut(registry, keyring)
    sealed = registry.accesses()[-1].cut
    forged(registry, 3, seal=sealed.seal if sealed else "")
    assert numbers(registry) == [4, 5, 6]
    assert registry.check_accesses(keyring.audit_seal) == 6
    noted(registry, 0)
    assert cut(registry, keyring, AT.date()) == 1, "of one that was not forged"
    assert numbers(registry) == [5, 6, 7, 8]
    assert registry.check_accesses(keyring.audit_seal) == 6


def test_the_database_lets_nothing_else_go(registry: Registry, keyring: Keyring) -> None:
    noted(registry, 9, 1, 0)
    cut(registry, keyring)
    before = registry.accesses()
    statements = ("DELETE FROM audit WHERE number = 2", "DELETE FROM audit", "UPDATE audit SET cut = NULL")
    for statement in statements:
        with pytest.raises(RegistryError, match=r"the audit is append-only$"), registry.write() as connection:
            connection.exec_driver_sql(statement)
    assert registry.accesses() == before


def test_nothing_goes_from_a_chain_that_is_broken(registry: Registry, keyring: Keyring) -> None:
    noted(registry, 9, 8, 0)
    tamper(registry, sa.text("UPDATE audit SET who = 'x' WHERE number = 2"))
    assert cut(registry, keyring) == 0
    assert (numbers(registry), registry.check_accesses(keyring.audit_seal)) == ([1, 2, 3], 2)


def test_a_cut_that_fails_changes_nothing(registry: Registry) -> None:
    noted(registry, 9, 0)

    def fail(_: str) -> str:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        registry.let_accesses_go(BEFORE, AT, fail)
    assert numbers(registry) == [1, 2]
    assert registry.check_accesses() is None
