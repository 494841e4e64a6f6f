"""The registry: private files, idempotent origins, an append-only audit, the last word of each finding."""

import dataclasses
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from threading import Barrier

import pytest
import sqlalchemy as sa
from sqlalchemy.schema import CreateTable

from policy.errors import FootfallError, UsageError
from warehouse.registry import Finding, Origin, Registry, RegistryError, schema, sqlite_url

AT = datetime(2026, 11, 9, 12, 0, 0, 123456, tzinfo=UTC)
LATER = AT + timedelta(hours=1)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with Registry.open(sqlite_url(tmp_path)) as opened:
        yield opened


def file_of(tmp_path: Path) -> Path:
    return tmp_path / "registry" / "registry.db"


def raw(tmp_path: Path, statement: str) -> None:
    """Run one statement as another program would, without our code."""
    connection = sqlite3.connect(file_of(tmp_path))
    try:
        connection.execute(statement)
        connection.commit()
    finally:
        connection.close()


def test_files_are_for_their_owner_alone(registry: Registry, tmp_path: Path) -> None:
    registry.note_finding("topic_keeps_too_long", "", "web_log", AT)
    folder = tmp_path / "registry"
    files = sorted(folder.iterdir())
    assert [file.name for file in files] == ["registry.db", "registry.db-shm", "registry.db-wal"]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_file_open_to_others_is_closed_to_them(tmp_path: Path) -> None:
    Registry.open(sqlite_url(tmp_path)).close()
    file_of(tmp_path).chmod(0o644)
    Registry.open(sqlite_url(tmp_path)).close()
    assert file_of(tmp_path).stat().st_mode & 0o777 == 0o600


def test_the_database_waits_syncs_and_overwrites(registry: Registry) -> None:
    wanted = {"journal_mode": "wal", "secure_delete": 1, "foreign_keys": 1, "busy_timeout": 30_000, "synchronous": 2}
    with registry.read() as connection:
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in wanted}
    assert found == wanted


def test_an_origin_is_registered_once(registry: Registry) -> None:
    registry.register_origin(-5, "access.log", "shop", AT)
    registry.register_origin(-5, "access.log", "shop", LATER)
    assert registry.origins() == {-5: Origin(-5, "access.log", "shop", AT)}


def test_a_renamed_file_keeps_its_origin(registry: Registry) -> None:
    registry.register_origin(7, "access.log", "shop", AT)
    registry.register_origin(7, "access.log.1", "shop", LATER)
    assert registry.origins() == {7: Origin(7, "access.log.1", "shop", AT)}


def test_folders_of_an_origin_are_not_kept(registry: Registry) -> None:
    registry.register_origin(7, "/home/jane.doe/logs/access.log", "shop", AT)
    assert registry.origins()[7].file == "access.log"


def test_one_file_cannot_belong_to_two_sites(registry: Registry) -> None:
    registry.register_origin(7, "access.log", "shop", AT)
    with pytest.raises(RegistryError, match=r"shipped for the site shop before .* cannot be shipped for blog too"):
        registry.register_origin(7, "access.log", "blog", AT)
    assert registry.origins()[7].site == "shop"


@pytest.mark.parametrize("origin", [-(2**63), 2**63 - 1])
def test_origins_reach_to_both_ends(registry: Registry, origin: int) -> None:
    registry.register_origin(origin, "a.log", "shop", AT)
    assert list(registry.origins()) == [origin]


def test_every_knock_is_audited_in_order(registry: Registry) -> None:
    registry.note_access(
        at=AT,
        who="jane",
        role="analyst",
        purpose="geo_statistics",
        tables=["geo_daily"],
        columns=["views"],
        rows_out=3,
        outcome="answered",
        duration_ms=12,
    )
    registry.note_access(
        at=LATER,
        who="jane",
        role="analyst",
        purpose="profile",
        tables=["hits"],
        outcome="refused",
        reason="not for analyst",
    )
    first, second = registry.accesses()
    asked = ("jane", "analyst", "geo_statistics", ("geo_daily",), ("views",), 3, "answered", "", 12)
    assert dataclasses.astuple(first) == (AT, *asked, 1, "0" * 64, first.hash, None)
    refused = ("jane", "analyst", "profile", ("hits",), None, None, "refused", "not for analyst", None)
    assert dataclasses.astuple(second) == (LATER, *refused, 2, first.hash, second.hash, None)
    assert (first.allowed, second.allowed) == (True, False)


def test_the_last_finding_of_a_kind_and_site_counts(registry: Registry) -> None:
    registry.note_finding("password_in_cookie", "shop", "2 lines", AT)
    registry.note_finding("password_in_cookie", "blog", "1 line", AT)
    registry.note_finding("password_in_cookie", "shop", "5 lines", LATER)
    assert registry.findings() == [
        Finding("password_in_cookie", "blog", "1 line", AT),
        Finding("password_in_cookie", "shop", "5 lines", LATER),
    ]


def test_times_without_zone_are_refused(registry: Registry) -> None:
    naive = AT.replace(tzinfo=None)
    with pytest.raises(RegistryError, match="has no zone"):
        registry.register_origin(1, "a.log", "shop", naive)
    with pytest.raises(RegistryError, match="has no zone"):
        registry.note_finding("kind", "", "detail", naive)
    with pytest.raises(RegistryError, match="has no zone"):
        registry.note_access(at=naive, who="j", role="r", purpose="p", tables=[], outcome="answered")


def test_times_come_back_in_utc(registry: Registry) -> None:
    registry.note_finding("kind", "", "detail", AT.astimezone(timezone(timedelta(hours=5, minutes=30))))
    (found,) = registry.findings()
    assert found.at == AT
    assert found.at.tzinfo == UTC


def test_what_was_written_is_there_again(tmp_path: Path) -> None:
    with Registry.open(sqlite_url(tmp_path)) as registry:
        registry.register_origin(1, "a.log", "shop", AT)
    with Registry.open(sqlite_url(tmp_path)) as registry:
        assert list(registry.origins()) == [1]


def test_a_failing_block_changes_nothing(registry: Registry) -> None:
    row = {"kind": "k", "site": "", "detail": "d", "at": AT}

    def fail_half_way() -> None:
        with registry.write() as connection:
            schema.insert_or_update(connection, schema.findings, row, replaced=("detail",))
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fail_half_way()
    assert registry.findings() == []


def test_a_newer_schema_is_left_alone(tmp_path: Path) -> None:
    Registry.open(sqlite_url(tmp_path)).close()
    raw(tmp_path, "UPDATE schema_version SET version = 9")
    with pytest.raises(RegistryError, match=f"has schema 9 and this program knows {schema.SCHEMA_VERSION}; install"):
        Registry.open(sqlite_url(tmp_path))


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    file_of(tmp_path).parent.mkdir()
    file_of(tmp_path).write_bytes(b"hello, I am a letter and not a database" * 100)
    with pytest.raises(RegistryError, match=r"registry\.db cannot be used: file is not a database"):
        Registry.open(sqlite_url(tmp_path))


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "registry").write_text("in the way")
    with pytest.raises(RegistryError, match="cannot be opened"):
        Registry.open(sqlite_url(tmp_path))


@pytest.mark.parametrize("url", ["nonsense", "mysql://localhost/registry", "sqlite://", "sqlite:///:memory:"])
def test_addresses_that_cannot_be_are_wrong_use(url: str) -> None:
    with pytest.raises(UsageError, match="registry"):
        Registry.open(url)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://jane:CANARY:CANARY@localhost:1/registry",  # can be read after all, and nobody is there
        "postgresql://jane:can@CANARY:CANARY@localhost/registry",
        "postgresql://jane@localhost:CANARY/registry",
        "postgresql+CANARY://jane:CANARY@localhost/registry",
        "postgresql+psycopg2://jane:CANARY@localhost/registry",
        "sqlite+CANARY:////registry.db",
    ],
)
def test_what_stands_in_an_address_is_never_shown(tmp_path: Path, url: str) -> None:
    with pytest.raises(FootfallError, match="registry") as caught:
        Registry.open(url.replace("registry.db", f"{tmp_path}/registry.db"))
    assert "CANARY" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("name", ["plain", "with blank", "a?b=c", "50%41", "#one"])
def test_any_folder_name_will_do(tmp_path: Path, name: str) -> None:
    with Registry.open(sqlite_url(tmp_path / name)):
        assert file_of(tmp_path / name).is_file()


def test_many_may_open_a_new_registry_at_once(tmp_path: Path) -> None:
    together = Barrier(8)

    def open_and_write(number: int) -> None:
        together.wait()
        with Registry.open(sqlite_url(tmp_path)) as registry:
            registry.register_origin(number, "a.log", "shop", AT)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(open_and_write, range(8)))
    with Registry.open(sqlite_url(tmp_path)) as registry:
        assert list(registry.origins()) == list(range(8))


@pytest.mark.parametrize("table", schema.metadata.sorted_tables, ids=lambda table: table.name)
def test_tables_are_spelled_for_postgresql_too(table: sa.Table) -> None:
    statement = str(CreateTable(table).compile(dialect=sa.make_url("postgresql://").get_dialect()()))
    assert statement.strip().startswith(f"CREATE TABLE {table.name}")
    times = [column.name for column in table.columns if isinstance(column.type, schema.Utc)]
    assert statement.count("TIMESTAMP WITH TIME ZONE") == len(times)
