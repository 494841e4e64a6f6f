"""No verb connects to anything but the broker that is configured, and none asks who an address belongs to (R27, R18)."""

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer

from footfall.__main__ import application
from footfall.clauses.security.files import ATTEMPT
from ingest.wire.broker import EmbeddedBroker, embedded_broker

LINE = '198.51.100.{number} - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 5 "-" "Mozilla/5.0 Firefox/145.0"\n'
LOOPBACK = re.compile(r"\('127\.0\.0\.1', (\d+)\)")


@dataclass(frozen=True)
class Run:
    """One verb, its words, and the exit codes that it may end with."""

    verb: str
    words: list[str]
    codes: frozenset[int]
    is_long: bool


def runs(project: Path, places: dict[str, str]) -> list[Run]:
    """Read the verbs from the table, with files in the place of their names."""
    table = tomllib.loads((project / "tests" / "data" / "verbs.toml").read_text())
    read = []
    for entry in table.pop("run"):
        code = entry.pop("code", 0)
        verb, words = entry.pop("verb"), [word.format(**places) for word in entry.pop("words")]
        read.append(Run(verb, words, frozenset(code if isinstance(code, list) else [code]), entry.pop("long", False)))
        assert not entry, f"{verb}: unknown keys {sorted(entry)}"
    assert not table
    return read


def verbs() -> set[str]:
    """Name all verbs that the command line has, with those below a verb."""
    found = set()
    for name, verb in vars(typer.main.get_command(application()))["commands"].items():
        below = vars(verb).get("commands", {})
        found |= {f"{name} {inner}" for inner in below} if below else {name}
    return found


def test_the_table_has_every_verb(project: Path, tmp_path: Path) -> None:
    """A new verb is run by the tests below, or this one fails."""
    assert {run.verb for run in runs(project, places(tmp_path))} == verbs()


def places(folder: Path) -> dict[str, str]:
    return {"log": str(folder / "access.log"), "folder": str(folder / "out")}


def environment(data: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FOOTFALL_")}
    return {**kept, "FOOTFALL_DATA": str(data)}


@contextmanager
def prepared(folder: Path) -> Iterator[tuple[Path, EmbeddedBroker]]:
    """Give a warehouse folder whose broker runs already, and a log beside it."""
    data = folder / "data"
    data.mkdir()
    (folder / "out").mkdir()
    (folder / "access.log").write_text("".join(LINE.format(number=number) for number in range(50)))
    with embedded_broker(data) as broker:
        yield data, broker


@pytest.mark.kafka
@pytest.mark.parametrize("also_long", [False, pytest.param(True, marks=pytest.mark.long)])
def test_every_verb_speaks_to_its_broker_alone(project: Path, tmp_path: Path, *, also_long: bool) -> None:
    with prepared(tmp_path) as (data, broker):
        table = [run for run in runs(project, places(tmp_path)) if also_long or not run.is_long]
        (tmp_path / "asked.json").write_text(json.dumps([(run.verb, run.words) for run in table]))
        program = Path(__file__).with_name("watched.py")
        command = [sys.executable, str(program), str(tmp_path / "asked.json"), str(tmp_path / "told.json")]
        ended = subprocess.run(
            command,
            env={**environment(data), "PYTHONPATH": str(project)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        told = json.loads((tmp_path / "told.json").read_text())
        port = int(broker.bootstrap.rpartition(":")[2])
    for run, (verb, code, line) in zip(table, told["ended"], strict=True):
        assert code in run.codes, f"{verb} ended with {code}: {line}"
    strange = [event for event in told["events"] if not is_allowed(event, port)]
    assert strange == []
    # The watch sees: those that must reach the broker did so.
    spoken = {verb for verb, event, _ in told["events"] if event == "socket.connect"}
    assert {"simulate", "ship", "ingest", "run"} <= spoken
    assert not {"sql", "report", "status", "nightly", "profile export", "policy show"} & spoken


def is_allowed(told: tuple[str, str, list[str]], port: int) -> bool:
    """Say whether one thing that happened is a connection to the broker's port on this machine, or looks up its number.

    A check of the policy may also start our own interpreter, with a text that reads files and nothing else, as somebody
    without keys would (R47).
    """
    verb, event, about = told
    if event == "subprocess.Popen":
        return verb in {"policy check", "policy report"} and about[:2] == [
            repr(sys.executable),
            repr([sys.executable, "-c", ATTEMPT]),
        ]
    if event == "socket.connect":
        found = LOOPBACK.fullmatch(about[0])
        return found is not None and int(found[1]) == port
    if event == "socket.getaddrinfo":
        return about[0] == "'127.0.0.1'" and about[1] == str(port)
    return False


@pytest.mark.parametrize(
    ("event", "about"),
    [
        ("socket.connect", ["('93.184.216.34', 443)"]),
        ("socket.connect", ["('127.0.0.1', 1)"]),
        ("socket.connect", ["'/run/some.sock'"]),
        ("socket.getaddrinfo", ["'example.org'", "7"]),
        ("socket.gethostbyaddr", ["'127.0.0.1'"]),
        ("socket.getnameinfo", ["('127.0.0.1', 7)"]),
        ("socket.sendto", ["('127.0.0.1', 7)"]),
        ("subprocess.Popen", ["'curl'", "['curl']"]),
    ],
)
def test_the_watch_would_see(event: str, about: list[str]) -> None:
    assert not is_allowed(("sql", event, about), 7)
