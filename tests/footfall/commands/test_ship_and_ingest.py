"""What `ship` and `ingest` do with names and signals, without a broker."""

import os
import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from footfall.__main__ import application
from footfall.commands.pipeline import ingest as verb
from footfall.commands.pipeline.ship import find_files
from footfall.settings import Settings
from ingest.consume import Totals, Worker
from ingest.errors import LogFileError
from ingest.wire.connection import Connection
from policy.errors import UsageError


def test_a_name_that_no_file_can_have_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(LogFileError, match="cannot be read: File name too long"):
        find_files(["a" * 300])
    with pytest.raises(LogFileError, match="there is no such file"):
        find_files([str(tmp_path / "none")])
    assert find_files(["-"]) == [Path("-")]


def test_records_name_their_own_site(tmp_path: Path) -> None:
    words = ["ship", "--source", "clickstream", "--site", "shop", str(tmp_path / "events.jsonl")]
    with pytest.raises(UsageError, match="--site is for log lines; each record of clickstream names its own"):
        application(("ship",))(words, standalone_mode=False)


@pytest.mark.parametrize("drain", [True, False])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_half_a_drain_is_not_taken_for_the_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: signal.Signals, *, drain: bool
) -> None:
    """`footfall run` went on to models and report with what had come so far; a worker without end just ends."""

    def run(worker: Any, _partitions: object, **_: object) -> Totals:
        os.kill(os.getpid(), number)
        assert worker.stopping()
        return Totals()

    monkeypatch.setattr(Worker, "run", run)
    monkeypatch.setattr(verb, "ensure_sources", lambda *_: None)
    registry = SimpleNamespace(origins=dict)
    house: Any = SimpleNamespace(data=tmp_path, lake=None, registry=registry, subjects=None, settings=Settings())
    connection = Connection("localhost:9092")
    if drain:
        with pytest.raises(SystemExit) as ended:
            verb.ingest(house, connection, drain=True, bar=lambda *_: None)
        assert ended.value.code == 128 + number
    else:
        assert verb.ingest(house, connection, drain=False, bar=lambda *_: None) == Totals()
