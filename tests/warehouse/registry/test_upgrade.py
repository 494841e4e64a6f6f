"""A registry of an older version becomes one of ours, all at once or not at all, and keeps what it has."""

import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.warehouse.registry.forms import AT, NOBODY, Form, table
from warehouse.keyring import Keyring, MasterKey
from warehouse.registry import Access, Finding, Origin, Registry, Subjects, schema, sqlite_url

ANSWERED = Access(AT, "jane", "analyst", "geo_statistics", ("geo_daily",), ("views",), 3, "answered", "")
NEW = {"children", "disclosures", "erasures", "marks", "opt_outs", "subject_keys", "subjects"}


class StoppedError(Exception):
    """Stands for a crash."""


def written_by(version: int, project: Path, folder: Path) -> Path:
    """Make a folder whose registry an older version wrote."""
    (folder / "registry").mkdir()
    with sqlite3.connect(folder / "registry" / "registry.db") as connection:
        connection.executescript((project / "tests" / "data" / f"registry_version_{version}.sql").read_text())
    connection.close()
    return folder


@pytest.fixture
def old(project: Path, tmp_path: Path) -> Path:
    """Give a folder whose registry the first version wrote."""
    return written_by(1, project, tmp_path)


def looked_at(folder: Path) -> tuple[int, set[str]]:
    """Give the version and the tables, as another program sees them."""
    connection = sqlite3.connect(folder / "registry" / "registry.db")
    (version,) = connection.execute("SELECT version FROM schema_version").fetchone()
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    connection.close()
    return version, tables


def test_nothing_is_lost_and_the_new_tables_work(old: Path) -> None:
    version, tables = looked_at(old)
    assert (version, tables & NEW) == (1, set())
    with Registry.open(sqlite_url(old)) as registry:
        assert registry.origins() == {7: Origin(7, "access.log", "shop", AT)}
        assert registry.findings() == [Finding("password_in_cookie", "shop", "2 lines", AT)]
        (access,) = registry.accesses()
        assert replace(access, hash="") == replace(ANSWERED, number=1, previous="0" * 64)
        assert registry.check_accesses() is None
        keyring = Keyring(registry, MasterKey(bytes(range(32))), lambda: AT)
        (before,) = keyring.status()
        assert len(keyring.import_key()) == 16
        assert keyring.status() == [before]
        subjects = Subjects(registry, keyring, lambda: AT)
        assert subjects.commit(table([Form("c-1")]), NOBODY, app_id="a", start=0, end=1)
        assert subjects.account("c-1") is not None
    assert looked_at(old) == (5, {table.name for table in schema.metadata.sorted_tables})


def test_an_upgrade_that_fails_changes_nothing(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = looked_at(old)

    def fail(*_: object, **__: object) -> None:
        raise StoppedError

    monkeypatch.setattr(schema, "insert_or_update", fail)
    with pytest.raises(StoppedError):
        Registry.open(sqlite_url(old))
    assert looked_at(old) == before
    monkeypatch.undo()
    Registry.open(sqlite_url(old)).close()
    assert looked_at(old)[0] == 5


def test_an_audit_of_version_2_becomes_a_chain(project: Path, tmp_path: Path) -> None:
    with Registry.open(sqlite_url(written_by(2, project, tmp_path))) as registry:
        answered, refused, failed = registry.accesses()
        assert [one.outcome for one in (answered, refused, failed)] == ["answered", "refused", "failed"]
        assert replace(answered, number=0, previous="", hash="") == ANSWERED
        assert (refused.tables, refused.reason) == (("hits",), "hits may not be read by analyst")
        assert (failed.columns, failed.rows_out, failed.duration_ms) == (("views",), None, None)
        assert registry.check_accesses() is None
        assert [one.protection for one in registry.disclosures()] == [None]
        assert registry.check_disclosures() is None


def test_an_audit_of_version_4_keeps_its_hashes_and_can_be_cut(project: Path, tmp_path: Path) -> None:
    folder = written_by(4, project, tmp_path)
    connection = sqlite3.connect(folder / "registry" / "registry.db")
    before = [one for (one,) in connection.execute("SELECT hash FROM audit ORDER BY number")]
    connection.close()
    with Registry.open(sqlite_url(folder)) as registry:
        assert [entry.hash for entry in registry.accesses()] == before
        assert (registry.check_accesses(), registry.check_disclosures()) == (None, None)
        assert [one.protection for one in registry.disclosures()] == ["plain"]
        seal = Keyring(registry, MasterKey(bytes(range(32))), lambda: AT).audit_seal
        assert registry.let_accesses_go(AT.date() + timedelta(days=1), AT, seal) == 3
        assert registry.check_accesses(seal) is None


@pytest.mark.parametrize("version", [1, 2, 4])
def test_an_upgraded_registry_is_made_like_a_new_one(
    project: Path, version: int, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    old = written_by(version, project, tmp_path)
    new = tmp_path_factory.mktemp("new")
    for folder in (old, new):
        Registry.open(sqlite_url(folder)).close()
    made = []
    for folder in (old, new):
        connection = sqlite3.connect(folder / "registry" / "registry.db")
        rows = connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY type, name").fetchall()
        made.append([(kind, name, " ".join((text or "").split())) for kind, name, text in rows])
        connection.close()
    assert made[0] == made[1]
