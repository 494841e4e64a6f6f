"""A master key that is lost, wrong, damaged or open to others: one clear line from every verb, and nothing is touched."""

import os
import secrets
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
import sqlalchemy as sa

import footfall
from footfall.__main__ import application
from footfall.house import House
from policy.errors import FootfallError
from tests.footfall.commands.test_readme import built_verbs
from tests.footfall.profile.customers_house import opened
from warehouse.registry import Registry, schema, sqlite_url

WORDS: Final = {
    "run": ("--log", "access.log"),
    "ship": ("access.log",),
    "ingest": ("--drain",),
    "nightly": (),
    "report": ("-o", "report.html"),
    "sql": ("select 1",),
    "status": (),
    "dead-letters list": (),
    "dead-letters show": ("web_log/0/0",),
    "dead-letters replay": (),
    "traffic": ("--by", "country"),
    "simulate": ("--source", "customers"),
    "profile show": ("C-plain",),
    "profile export": ("-o", "list.csv", "--audience", "seller", "--for", "newsletter"),
    "profile open": ("list.csv", "-o", "plain.csv"),
    "keys status": (),
    "keys rotate": (),
    "keys destroy": ("--period", "2026-11", "--purpose", "profile", "--yes"),
    "policy check": (),
    "policy report": ("-o", "policy.html"),
}
NEED_NONE: Final = frozenset({"policy show", "doctor", "attack"})
"""Verbs that read no warehouse, or say for themselves what is wrong with it."""


def lose(master: Path) -> None:
    master.unlink()


def replace(master: Path) -> None:
    master.write_bytes(secrets.token_bytes(32))


def cut(master: Path) -> None:
    master.write_bytes(master.read_bytes()[:31])


def expose(master: Path) -> None:
    master.chmod(0o644)


TROUBLES: Final[dict[Callable[[Path], None], str]] = {
    lose: "there is no master key at ",
    replace: "the master key does not open this registry",
    cut: "must be a file of 32 bytes; it has 31",
    expose: "is open to others (mode 644); chmod 600 ",
}


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a warehouse with people, profiles and keys, and a log beside it."""
    folder = tmp_path_factory.mktemp("wrong key")
    (folder / "access.log").write_text(
        '203.0.113.7 - - [09/Nov/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 512 "-" "-"\n'
    )
    with opened(folder / "site"):
        pass
    return folder


@pytest.fixture
def data(untouched: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be in that folder, with nothing else named in the environment."""
    for name in [name for name in os.environ if name.startswith("FOOTFALL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("FOOTFALL_DATA", str(untouched / "site"))
    monkeypatch.chdir(untouched)
    return untouched / "site"


def content(folder: Path) -> dict[str, bytes]:
    """Give every file but SQLite's own side files, which come and go."""
    files = [file for file in folder.rglob("*") if file.is_file() and not file.name.endswith(("-wal", "-shm"))]
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


def test_every_verb_is_tried() -> None:
    assert set(built_verbs()) <= {*WORDS, *NEED_NONE}


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.__name__)
def test_every_verb_says_in_one_line_what_is_wrong_with_the_master_key(
    data: Path, trouble: Callable[[Path], None]
) -> None:
    master = data / "keys" / "master.key"
    kept = master.read_bytes()
    trouble(master)
    before = content(data)
    try:
        for verb in sorted(set(built_verbs()) & set(WORDS)):
            first, *rest = verb.split()
            with pytest.raises(FootfallError) as caught:
                application((first,))([first, *rest, *WORDS[verb]], standalone_mode=False)
            assert (caught.value.exit_code, "\n" in str(caught.value)) == (1, False), verb
            assert TROUBLES[trouble] in str(caught.value), verb
            assert kept.hex() not in str(caught.value)
        with pytest.raises(FootfallError, match="master key"):
            footfall.connect(data=data)
        assert content(data) == before
    finally:
        master.write_bytes(kept)
        master.chmod(0o600)
    assert sorted(file.name for file in data.parent.iterdir()) == ["access.log", "site"]
    with House.open(data) as house:
        assert house.lake.table("customer_profiles").read().num_rows


def test_a_shell_sees_one_line_and_exit_code_1(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTFALL_MASTER_KEY", "00" * 32)
    words = [sys.executable, "-m", "footfall", "sql", "--role", "marketing", "select 1"]
    ended = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)
    assert ended.stderr.startswith("footfall: the master key does not open this registry")
    assert content(data)


def test_a_key_whose_row_is_gone_is_named(data: Path) -> None:
    """Half of the registry's last copy, say: the files are there, and their key is not."""
    with Registry.open(sqlite_url(data)) as registry, registry.write() as connection:
        rows = connection.execute(sa.select(schema.keys).where(schema.keys.c.period != "")).mappings().all()
        connection.execute(sa.delete(schema.keys).where(schema.keys.c.period != ""))
    try:
        with (
            House.open(data) as house,
            pytest.raises(
                FootfallError,
                match=r"^customer_profiles: 1 of 1 files are locked by the key profile/.* is not in this registry",
            ),
        ):
            house.lake.table("customer_profiles").read()
    finally:
        with Registry.open(sqlite_url(data)) as registry, registry.write() as connection:
            connection.execute(sa.insert(schema.keys), [dict(row) for row in rows])
