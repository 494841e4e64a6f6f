"""`footfall keys destroy`: a month's key or a person's goes for ever, is proved gone, and the rest goes on (R48)."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa

from footfall.__main__ import application
from footfall.commands.answers import profile
from footfall.commands.pipeline.nightly import nightly
from footfall.house import House, now
from policy.errors import FootfallError, UsageError
from policy.schemas import arrow_schema
from tests.footfall.profile.customers_house import form, opened, register
from tests.warehouse.nightly.customers import at, event
from tests.warehouse.registry import postgresql
from warehouse.keyring import KeyringError
from warehouse.lake import LakeError
from warehouse.lake.files import unlock
from warehouse.registry import schema, sqlite_url

Run = Callable[..., str]
OCTOBER, NOVEMBER = at(-5), at(3)


@pytest.fixture(scope="module")
def fresh_database() -> Iterator[Callable[[], str]]:
    """Give what empties the database of the tests' own server and tells its address."""
    with postgresql.server() as fresh:
        yield fresh


@pytest.fixture(params=["sqlite", "postgresql"])
def registry(request: pytest.FixtureRequest) -> str:
    """Name the registry of the warehouse as the setting does; the file below its folder is named by nothing."""
    return "" if request.param == "sqlite" else str(request.getfixturevalue("fresh_database")())


@pytest.fixture
def data(registry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a warehouse with two sellers' events of October and of November, in several files and under two generations."""
    for name in [name for name in os.environ if name.startswith("FOOTFALL_")]:
        monkeypatch.delenv(name)
    if registry:
        monkeypatch.setenv("FOOTFALL_REGISTRY", registry)
    folder = tmp_path / "site"
    monkeypatch.setenv("FOOTFALL_DATA", str(folder))
    with opened(folder, profiles=False) as house:
        table = house.lake.table("customer_events")
        plain, champion = (house.subjects.pseudonym(name) for name in ("S-plain", "S-champion"))
        days = [[(plain, OCTOBER)], [(plain, OCTOBER), (champion, NOVEMBER)]]
        for start, rows in enumerate(days):
            found = pa.Table.from_pylist(
                [event(who, when, "/tools/saw") for who, when in rows], arrow_schema(house.policy, "customer_events")
            )
            table.commit(table.stage(found), app_id="c/t/0", start=start, end=start + 1)
            house.keyring.new_generation("profile", "2026-10")
    return folder


@pytest.fixture
def run(data: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the verb and give what it printed."""
    del data

    def run(*words: str) -> str:
        application(("keys",))(["keys", "destroy", *words], standalone_mode=False)
        return capsys.readouterr().out

    return run


def people(house: House) -> int:
    return int(house.lake.table("customer_events").read(columns=["customer"]).num_rows)


def everything(folder: Path, registry: str) -> bytes:
    """Give every byte of a folder and, where the registry is a database elsewhere, of the files of its tables."""
    folders = [folder]
    if registry:
        # What was deleted leaves a server's log of changes in its owner's time; its tables it leaves at once.
        folders.append(Path(str(sa.make_url(registry).query["host"])) / "data" / "base")
        engine = sa.create_engine(registry, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql("CHECKPOINT")
    files = [path for one in folders for path in sorted(one.rglob("*")) if path.is_file()]
    return b"\0".join(path.read_bytes() for path in files)


def test_r48_a_month_is_destroyed_for_ever_and_the_rest_goes_on(
    run: Run, data: Path, registry: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with House.open(data) as house:
        raw = [house.keyring.key_by_id(f"profile/2026-10/{generation}") for generation in (1, 2, 3)]
        old = [file for file in house.lake.table("customer_events").files() if "2026-10" in file]
        with house.registry.read() as connection:
            wrapped = connection.execute(sa.select(schema.keys.c.wrapped).where(schema.keys.c.period == "2026-10"))
            blobs = list(wrapped.scalars())
        assert (len(blobs), len(old), people(house)) == (3, 2, 3)
    assert all(blob in everything(data, registry) for blob in blobs)
    document = json.loads(run("--period", "2026-10", "--purpose", "profile", "--yes", "--json"))
    ids = [f"profile/2026-10/{generation}" for generation in (1, 2, 3)]
    assert document == {"keys_destroyed": ids, "destroyed_before": [], "rows": {"customer_events": 2}}
    stored = everything(data, registry)
    assert not [one for one in (*blobs, *raw) if one in stored]
    with House.open(data) as house:
        for key_id in ids:
            with pytest.raises(KeyringError, match=f"^the key {key_id} was destroyed on "):
                house.keyring.key_by_id(key_id)
        for file in old:
            with pytest.raises(LakeError, match="was destroyed on"):
                unlock("customer_events", [file], house.keyring)
        assert people(house) == 1
        entries = [one for one in house.registry.accesses() if "(R48)" in one.reason]
        assert [(one.role, one.purpose, one.tables, one.reason) for one in entries] == [
            ("privacy", "profile", ("customer_events",), "destroys the key profile/2026-10 (R48)")
        ]
        assert nightly(house, lambda _, __: None).accounting.holds
    said_of_what_is_locked(data, capsys)
    again = json.loads(run("--period", "2026-10", "--purpose", "profile", "--yes", "--json"))
    assert again == {"keys_destroyed": [], "destroyed_before": ids, "rows": {}}


def said_of_what_is_locked(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Answers go on, and name the month that they are without: on stderr, in the document, in the audit."""
    lines = [f"{table} is without 2026-10 (key destroyed on {now():%Y-%m-%d}); R48" for table in TABLES]
    question = "select count(distinct customer) as people from customer_events"
    words = [question, "--role", "batch", "--purpose", "profile", "--format", "json"]
    application(("sql",))(["sql", *words], standalone_mode=False)
    printed = capsys.readouterr()
    assert (json.loads(printed.out), printed.err) == ([{"people": 1}], f"footfall: {lines[0]}\n")
    with House.open(data) as house:
        assert profile.show(house, "S-champion", None)["notes"] == lines[:1]
        assert [entry.reason for entry in house.registry.accesses()[-2:]] == [lines[0], lines[0]]
        with house.ask("analyst", "geo_statistics") as session:
            session.query("select count(*) as rows from geo_daily")
            assert session.notes == ()


TABLES = ("customer_events",)


def test_a_destruction_that_is_interrupted_is_finished_by_the_same_command(
    run: Run, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("--period", "2026-10", "--purpose", "profile", "--yes")
    for step in ("warehouse.registry.registry.forget_old_pages", "warehouse.destroying.let_lost_go"):
        with monkeypatch.context() as patch:
            patch.setattr(step, _stop)
            with pytest.raises(InterruptedError):
                run(*words)
        with House.open(data) as house:
            assert people(house) == 1, "nobody reads what is destroyed, whatever was left undone"
    assert "2 rows of customer_events let go" in run(*words)


def _stop(*_: object) -> None:
    raise InterruptedError


def test_r48_a_persons_row_is_unreadable_and_they_are_seen_nowhere(
    data: Path, run: Run, registry: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with House.open(data) as house:
        customer = house.subjects.pseudonym("S-plain")
        with house.registry.read() as connection:
            blobs = set(connection.execute(sa.select(schema.subject_keys.c.wrapped)).scalars())
    typed = tmp_path / "typed"
    typed.write_text("S-plain\n")
    with typed.open() as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert json.loads(run("--subject", "-", "--yes", "--json")) == {"subjects_destroyed": 1}
    with House.open(data) as house:
        assert house.subjects.account("S-plain") is None
        assert house.subjects.account("S-champion") is not None
        assert customer in house.subjects.hidden().column("customer").to_pylist()
        with house.registry.read() as connection:
            left = set(connection.execute(sa.select(schema.subject_keys.c.wrapped)).scalars())
            rows = connection.execute(sa.select(schema.subjects.c.subject)).all()
        (gone,) = blobs - left
        assert len(rows) == len(blobs), "the row stays, and nobody can open it"
        assert gone not in everything(data, registry)
        assert nightly(house, lambda _, __: None).rows_erased == 2
        assert customer not in house.lake.table("customer_events").read().column("customer").to_pylist()
        assert "S-plain" not in repr(house.registry.accesses())
        register(house, [form("S-plain", "seller", None)])
        assert house.subjects.account("S-plain") is not None, "who comes again is somebody new"


def test_what_is_typed_stands_in_no_error(run: Run) -> None:
    for words in (
        ("--subject", "C-unheard-of", "--yes"),
        ("--subject", "C-unheard-of"),
        ("C-unheard-of",),
        ("--subject", "C-unheard-of", "--period", "2026-10"),
    ):
        with pytest.raises((FootfallError, UsageError)) as caught:
            run(*words)
        assert "unheard" not in str(caught.value)
        assert "\n" not in str(caught.value)


MISTAKES = [
    ((), "name one key: by --period and --purpose, or by --subject"),
    (("--period", "2026-10"), "name one key"),
    (("--period", "2026-09", "--purpose", "profile", "--yes"), "profile has: 2026-10, 2026-11"),
    (("--period", "2026-10", "--purpose", "piracy", "--yes"), "`footfall keys status` lists all"),
    (("--period", "2026-10-01", "--purpose", "profile", "--yes"), "is written like 2026-11"),
    (("--period", "2026-10", "--purpose", "day", "--yes"), "a key's purpose is"),
    (("--period", "2026-10", "--purpose", "profile"), "say --yes where no terminal can ask"),
]


def test_nothing_is_destroyed_by_mistake(run: Run, data: Path) -> None:
    for words, told in MISTAKES:
        with pytest.raises(FootfallError) as caught:
            run(*words)
        assert told in str(caught.value), words
    with House.open(data) as house:
        assert people(house) == 3


def test_a_terminal_asks_first(run: Run, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)

    def decline(question: str) -> bool:
        asked.append(question)
        return False

    monkeypatch.setattr("typer.confirm", decline)
    with pytest.raises(FootfallError, match=r"^nothing was destroyed$"):
        run("--period", "2026-10", "--purpose", "profile")
    assert asked == [
        "The key profile/2026-10 will be destroyed. 2 rows of customer_events can never be read again. Destroy it?"
    ]
    with House.open(data) as house:
        assert people(house) == 3


def test_a_reader_in_the_way_is_told_and_the_next_call_finishes(
    run: Run, data: Path, registry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("connect", "traces"):
        monkeypatch.setattr(f"warehouse.registry.{module}.BUSY_S", 0.05)
    words = ("--period", "2026-10", "--purpose", "profile", "--yes")
    reading = sa.create_engine(registry or sqlite_url(data), poolclass=sa.NullPool)
    with reading.connect() as connection:
        connection.exec_driver_sql("begin")
        connection.exec_driver_sql("select count(*) from keys").fetchone()
        with pytest.raises(FootfallError, match=r"^another program has been reading the registry for 0\.05 s"):
            run(*words)
    assert "2 rows of customer_events let go" in run(*words)


@pytest.mark.usefixtures("data")
def test_the_exit_code_and_the_one_line_of_a_shell() -> None:
    words = [sys.executable, "-m", "footfall", "keys", "destroy", "--subject", "C-unheard-of", "--yes"]
    ended = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120, env={**os.environ})
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "footfall: nobody is registered under that id, or their key was destroyed before\n"
