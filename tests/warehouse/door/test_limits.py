"""Limits that hold where the engine does not look: within one row, in the answer, and against an interrupt."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.warehouse.door.conftest import WHO, House
from warehouse.asking import running
from warehouse.door import Limits, QuestionError, StuckError
from warehouse.registry import RegistryError

STUBBORN = "select levenshtein(repeat('a', 40000), repeat('b', 40000)) as n"
"""Seconds within one row, in which no interrupt is looked at."""


@pytest.mark.parametrize(
    "asked",
    [
        "select * from range(200000000)",
        "select i, repeat('x', 1000) as t from range(1000000) as r(i)",
        "select list(i) as n from range(100000000) as t(i)",
    ],
)
def test_what_takes_too_much_memory_is_one_line(house: House, asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer counts as well, though the engine thinks it none of its business."""
    monkeypatch.setattr(running, "SLACK_MB", 32)
    with house.door(Limits(memory_max_mb=64)).open(who=WHO) as session:
        with pytest.raises(QuestionError, match=r"^the question needs more than 64 MB; ask for less$"):
            session.query(asked)
        access = house.last_access()
        assert (access.outcome, access.rows_out) == ("failed", None)
        assert session.query("select 1 as n").to_pylist() == [{"n": 1}]


def test_what_cannot_be_stopped_is_given_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "PATIENCE_S", 0.1)
    with house.door(Limits(time_max_s=0.1)).open(who=WHO) as session:
        with pytest.raises(StuckError, match=r"took longer than 0\.1 s .* does not let itself be stopped") as caught:
            session.query(STUBBORN)
        assert "\n" not in str(caught.value)
        assert house.last_access().outcome == "failed"
        with pytest.raises(QuestionError, match="the session is closed"):
            session.query("select 1 as n")


def test_a_command_ends_although_its_question_does_not(project: Path, tmp_path: Path) -> None:
    """`footfall sql` is one line on standard error, and over."""
    program = (
        "import sys\n"
        "from footfall.__main__ import main\n"
        "from warehouse import door\n"
        "from warehouse.asking import running\n"
        "running.PATIENCE_S = 0.2\n"
        "door.Limits = lambda: running.Limits(time_max_s=0.2)\n"
        f"sys.argv = ['footfall', 'sql', '--data', sys.argv[1], {STUBBORN.replace('40000', '200000')!r}]\n"
        "main()\n"
    )
    (tmp_path / "registry").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("footfall: the question took longer than 0.2 s and was stopped")


def test_nothing_is_spilled_to_a_disk(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rather than in plain text beside the encrypted files, a sort that does not fit ends."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    before = {path for path in house.folder.rglob("*") if path.is_dir()}
    with house.door(Limits(memory_max_mb=96, threads=1)).open("marketing", "marketing", who=WHO) as session:
        with pytest.raises(QuestionError, match="needs more than 96 MB"):
            session.query(
                "select customer, i, i::varchar || customer as t from customer_profiles, range(3000000) as r(i) order by t"
            )
        assert session._connection is not None
        kept = "select name, value from duckdb_settings() where name in ('temp_directory', 'home_directory', 'secret_directory')"
        settings = dict(session._connection.execute(kept).fetchall())
        assert not settings["temp_directory"]
        assert session._connection.execute("select count(*) from duckdb_temporary_files()").fetchall() == [(0,)]
    assert list(tmp_path.iterdir()) == []
    assert {path for path in house.folder.rglob("*") if path.is_dir()} == before


def test_what_cannot_be_written_down_is_not_answered(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RegistryError("the disk is full")

    with house.door().open("batch", "operations", who=WHO) as session:
        monkeypatch.setattr(house.registry, "note_access", fail)
        for asked in (
            "select visitor from hits",
            "select count(*) as n from hits",
            "from purchases",
            "drop table hits",
        ):
            with pytest.raises(RegistryError, match="the disk is full"):
                session.query(asked)
        monkeypatch.undo()
        assert session.query("select count(*) as n from hits").num_rows == 1


def test_a_question_that_breaks_off_is_in_the_audit(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("warehouse.asking.session.run", broken)
    with house.door().open(who=WHO) as session, pytest.raises(KeyboardInterrupt):
        session.query("select country from geo_daily")
    access = house.last_access()
    assert (access.outcome, access.columns, access.rows_out) == ("failed", ("country",), None)
    assert access.reason == "the question was broken off (KeyboardInterrupt)"


@pytest.mark.parametrize(
    ("asked", "columns"),
    [
        ("select hits from hits", None),
        ("select h from hits as h", None),
        ("select to_json(h) as j from hits as h", None),
        ("select #2 from hits", None),
        ("from hits natural join hits as b select count(*)", None),
        ("select list(h) as l from (select country, path from hits) as h", None),
        ("select main.hits.country from hits", None),
        ("select country from hits as h where h.path = '/'", {"country", "path"}),
        ("select count(*) as n from hits using sample 3", set()),
    ],
)
def test_the_audit_names_all_columns_where_it_cannot_tell_which(
    house: House, asked: str, columns: set[str] | None
) -> None:
    with house.door().open("batch", "operations", who=WHO) as session:
        session.query(asked)
        held = set(session.query("describe hits").column("column_name").to_pylist())
    noted = house.registry.accesses(house.last_number() - 2)[0]
    found = set(noted.columns or ())
    if columns is None:
        assert found == held
    else:
        assert columns <= found
        assert found in (columns, held)


def test_how_long_a_question_took_is_in_the_audit(house: House) -> None:
    with house.door().open(who=WHO) as session:
        session.query("select 1 as n")
    assert house.last_access().duration_ms == 0  # the clock of these tests stands still
