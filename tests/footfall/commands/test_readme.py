"""What the README says is what the code does."""

import re
import shlex
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer

from footfall.__main__ import application
from footfall.settings import ALONE, Settings, names
from ingest.wire.broker import embedded_broker
from policy import load_policy


@pytest.fixture(scope="module")
def readme(project: Path) -> str:
    return (project / "README.md").read_text()


def rows(readme: str, head: str) -> list[list[str]]:
    """Give the cells of the table whose first line begins with `head`."""
    lines = readme.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith(f"| {head} |"))
    table = []
    for line in lines[at + 2 :]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    return table


def built_verbs() -> dict[str, Any]:
    """Give the commands by name, as typer has built them; one below a verb has both names."""
    built: dict[str, Any] = {}
    for name, verb in vars(typer.main.get_command(application()))["commands"].items():
        below = vars(verb).get("commands", {})
        built |= {f"{name} {inner}": command for inner, command in below.items()} if below else {name: verb}
    return built


def test_every_picture_is_there_small_and_said_in_words(readme: str, project: Path) -> None:
    pictures = re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", readme)
    assert pictures
    for said, path in pictures:
        assert len(said.split()) > 5, "who cannot see it reads this"
        picture = (project / path).read_bytes()
        assert picture.startswith(b"\x89PNG")
        assert len(picture) <= 200_000


def test_the_columns_of_hits_are_those_of_the_policy(readme: str) -> None:
    documented = [(name.strip("`"), kind, clause, why) for name, kind, clause, why in rows(readme, "column")]
    declared = [
        (column.name, column.type, column.clause, column.why) for column in load_policy().tables["hits"].columns
    ]
    assert documented == declared


def test_the_releases_are_those_of_the_policy(readme: str) -> None:
    documented = {name.strip("`") for name, _ in rows(readme, "release")}
    assert documented == {name for name, table in load_policy().tables.items() if table.kind == "release"}


def test_every_setting_is_documented_with_its_default(readme: str) -> None:
    documented = {name.strip("`"): default.strip("`") for name, default, _ in rows(readme, "setting")}
    assert list(documented) == names()
    for name, default in documented.items():
        value = msgspec.to_builtins(Settings())
        for part in name.split("."):
            value = value.get(part, ()) if isinstance(value, dict) else value
        assert default == (", ".join(value) if isinstance(value, (list, tuple)) else str(value or "")), name


def test_variables_that_are_no_settings_are_documented(readme: str) -> None:
    assert all(f"`{name}`" in readme for name in ALONE)


def test_every_verb_and_option_is_documented(readme: str) -> None:
    documented = {verb.strip("`"): re.findall(r"`(--[a-z-]+)`", options) for verb, _, options in rows(readme, "verb")}
    built = {
        name: [option.opts[0] for option in verb.params if option.opts[0].startswith("--")]
        for name, verb in built_verbs().items()
    }
    assert documented == built


def test_every_verb_has_a_manual_with_examples() -> None:
    for name, verb in built_verbs().items():
        assert verb.help, name
        assert f"footfall {name}" in verb.help, name


def test_every_make_target_is_real(readme: str, project: Path) -> None:
    makefile = (project / "Makefile").read_text()
    for target in re.findall(r"^ {4}make ([a-z-]+)", readme + (project / "CONTRIBUTING.md").read_text(), re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.kafka
def test_every_command_of_the_readme_runs(readme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The steps by hand first, then the questions; each in a folder of its own, with the demo shop's data replaced by a small one."""
    commands = [shlex.split(line.strip()) for line in readme.splitlines() if line.startswith("    .venv/bin/footfall")]
    by_hand = [words for words in commands if "data/demo" not in words]
    asked = [
        ["data/mine" if word == "data/demo" else word for word in words] for words in commands if "data/demo" in words
    ]
    assert len(by_hand) == 5
    assert len(asked) == 7
    monkeypatch.chdir(tmp_path)
    with embedded_broker(tmp_path / "data" / "mine"):  # kept running, so that each verb joins it instead of starting it
        for words in [*by_hand, *asked]:
            application((words[1],))(words[1:], standalone_mode=False)
    for page in ("report.html", "customers.html"):
        assert (tmp_path / page).read_text().startswith("<!doctype html>")
    assert (tmp_path / "sellers.csv").read_text().startswith('"customer"')
