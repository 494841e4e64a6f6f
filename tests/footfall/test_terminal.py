"""What people and programs are shown: JSON of any keys, answers that fit, files by their name's ending."""

import json
from io import StringIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from footfall.__main__ import application, main
from footfall.commands.answers import sql
from footfall.commands.answers.sql import as_objects, distinct_names
from footfall.house import House
from footfall.terminal import TOLD, Stream, json_text, print_table, program, say, viewer

WIDE = pa.table({"event_date": ["2026-11-20"], "path": ["/a" * 30], **{f"a_long_name_{n}": [n] for n in range(5)}})


def footfall(*words: str) -> None:
    application((words[0],))(list(words), standalone_mode=False)


def printed(answer: pa.Table, monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> list[str]:
    """Print an answer as on a terminal of 80 columns, or into a pipe."""
    paper = StringIO()
    for module in ("footfall.commands.answers.sql", "footfall.terminal"):
        monkeypatch.setattr(f"{module}.out", Console(file=paper, width=80, force_terminal=terminal, no_color=True))
    sql._print(answer)
    return paper.getvalue().splitlines()


@pytest.mark.parametrize("words", [[], ["profile"], ["dead-letters"], ["keys"], ["policy"]])
def test_each_verb_has_one_whole_line_in_the_list_of_verbs(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    application()([*words, "--help"], standalone_mode=False)
    listed = capsys.readouterr().out.split("Commands:\n")[1].splitlines()
    assert all(line.endswith(".") and not line.endswith("...") for line in listed), listed


def test_what_is_interrupted_says_that_nothing_is_lost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: House) -> None:
        raise KeyboardInterrupt

    with House.open(tmp_path, create=True):
        pass
    monkeypatch.setattr("footfall.commands.health.status.status", interrupted)
    monkeypatch.setattr("sys.argv", ["footfall", "status", "--data", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130
    assert capsys.readouterr().err == "footfall: stopped. Nothing is lost; the same command goes on, or begins anew.\n"


def test_json_of_keys_that_are_no_text() -> None:
    assert json.loads(json_text({"by_hour": {3: 1, 10: 2}})) == {"by_hour": {"3": 1, "10": 2}}


def test_the_simulator_says_in_json_what_it_planted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    footfall("simulate", "-o", str(tmp_path), "--days", "1", "--visitors", "5", "--json")
    assert json.loads(capsys.readouterr().out)["lines"] > 0


def test_columns_of_one_name_stay_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = pa.table([[1], [2], [3]], names=["n", "n", "n_1"])
    assert as_objects(distinct_names(answer)) == [{"n": 1, "n_1": 2, "n_1_1": 3}]
    assert printed(answer, monkeypatch, terminal=False)[1].split() == ["1", "2", "3"]


def test_truth_is_written_as_in_sql_and_nothing_as_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = pa.table({"visitors_exact": [True, False, None]})
    assert printed(answer, monkeypatch, terminal=False) == ["visitors_exact", "true", "false", "", "3 rows"]


def test_a_pipe_gets_one_line_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    head, row, counted = printed(WIDE, monkeypatch, terminal=False)
    assert head.split() == WIDE.column_names
    assert row.split()[1] == "/a" * 30
    assert counted == "1 row"


def test_a_pipe_gets_figures_without_folds_and_without_blanks_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    title, path = "A title that is longer than its table", "/a" * 60
    for terminal in (False, True):
        paper = StringIO()
        console = Console(file=paper, width=80, force_terminal=terminal, color_system=None)
        monkeypatch.setattr("footfall.terminal.out", console)
        print_table(title, [("path", path), ("a name", "x")])
        if terminal:
            assert max(map(len, paper.getvalue().splitlines())) == 80
        else:
            assert paper.getvalue() == f"{title}\npath    {path}\na name  x\n"


def test_a_sentence_is_one_line_in_a_pipe_and_whole_words_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    sentence = " ".join(["seven"] * 30)
    for terminal in (False, True):
        paper = StringIO()
        console = Console(file=paper, width=80, force_terminal=terminal, color_system=None)
        monkeypatch.setattr("footfall.terminal.out", console)
        say(sentence)
        lines = paper.getvalue().splitlines()
        assert len(lines) == (3 if terminal else 1)
        assert " ".join(line.strip() for line in lines) == sentence


def test_a_terminal_that_is_too_narrow_gets_a_block_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = printed(WIDE, monkeypatch, terminal=True)
    assert "row 1" in lines[0]
    assert len(lines) == 1 + WIDE.num_columns + 1
    assert all(len(line) <= 80 for line in lines if "\x1b" not in line)


@pytest.mark.parametrize("ending", ["csv", "parquet", "json"])
def test_the_name_of_the_file_chooses_its_form(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"answer.{ending}"
    with House.open(tmp_path / "data", create=True):
        pass
    footfall("sql", "--data", str(tmp_path / "data"), "-o", str(path), "select 7 as seven")
    if ending == "parquet":
        assert pq.read_table(path).to_pylist() == [{"seven": 7}]
    else:
        assert "seven" in path.read_text()
        assert "7" in path.read_text()


@pytest.mark.parametrize("there", ["xdg-open", "open"])
def test_a_page_is_opened_by_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: str) -> None:
    (tmp_path / there).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert viewer() == there


def test_the_program_is_named_as_the_shell_finds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("sys.argv", [".venv/bin/footfall", "run"])
    assert program() == ".venv/bin/footfall"
    monkeypatch.setattr("sys.argv", ["/x/footfall/__main__.py", "run"])
    assert program().endswith("-m footfall")


@pytest.mark.parametrize("variable", ["FORCE_COLOR", "TTY_COMPATIBLE"])
def test_a_pipe_is_a_terminal_only_if_the_environment_says_so(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in TOLD:
        monkeypatch.delenv(name, raising=False)
    assert not Stream().is_terminal
    monkeypatch.setenv(variable, "1")
    assert Stream().is_terminal
    assert Stream(is_error=True).is_terminal
