"""Small commits do not pile up, and workers that compact do not hinder each other or a commit."""

import fcntl
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from ingest import compaction
from ingest.compaction import INTAKES_BETWEEN, Compaction
from policy.schemas import arrow_schema
from warehouse.lake import Lake, LakeError

TABLE = "event_ids"


def commit(lake: Lake, number: int) -> None:
    row = {
        "event": number,
        "source": "clickstream",
        "intake": f"topic/0/{number}",
        "policy_version": "1.4",
        "event_date": date(2026, 11, 22),
    }
    table = lake.table(TABLE)
    staged = table.stage(pa.Table.from_pylist([row], arrow_schema(lake.policy, TABLE)))
    table.commit(staged, app_id="cluster/topic/0", start=number, end=number + 1)


@pytest.fixture
def ready(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """Give a lake whose table has as many small files as make it time."""
    monkeypatch.setattr(compaction, "FILES_MIN", 5)
    for number in range(5):
        commit(lake, number)
    return lake


def test_the_limits_are_those_of_the_design() -> None:
    assert compaction.FILES_MIN == 64


def test_many_small_files_become_one(ready: Lake, tmp_path: Path) -> None:
    said: list[str] = []
    keeper = Compaction(ready, tmp_path / "lock", said.append)
    assert not keeper.after(INTAKES_BETWEEN - 1)
    assert len(ready.table(TABLE).files()) == 5, "it is not looked at after every intake"
    assert keeper.after(1)
    assert len(ready.table(TABLE).files()) == 1
    assert sorted(ready.table(TABLE).read().column("event").to_pylist()) == list(range(5))
    assert ready.table(TABLE).mark("cluster/topic/0") == 5
    commit(ready, 5)
    keeper.after(INTAKES_BETWEEN)
    assert len(ready.table(TABLE).files()) == 2, "few files stay as they are"
    assert said == []


def test_files_that_are_not_small_wait_for_the_night(
    ready: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes_bytes = [Path(file).stat().st_size for file in ready.table(TABLE).files()]
    monkeypatch.setattr(compaction, "SMALL_BYTES", max(sizes_bytes))
    assert sizes_bytes.count(max(sizes_bytes)) == len(sizes_bytes), "one row as another"
    Compaction(ready, tmp_path / "lock", pytest.fail).after(INTAKES_BETWEEN)
    assert len(ready.table(TABLE).files()) == 5
    monkeypatch.setattr(compaction, "SMALL_BYTES", max(sizes_bytes) + 1)
    Compaction(ready, tmp_path / "lock", pytest.fail).after(INTAKES_BETWEEN)
    assert len(ready.table(TABLE).files()) == 1


def test_one_worker_at_a_time_compacts(ready: Lake, tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        Compaction(ready, tmp_path / "lock", pytest.fail).after(INTAKES_BETWEEN)
        assert len(ready.table(TABLE).files()) == 5
    Compaction(ready, tmp_path / "lock", pytest.fail).after(INTAKES_BETWEEN)
    assert len(ready.table(TABLE).files()) == 1


def test_what_does_not_work_stops_no_worker(ready: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise LakeError("event_ids: cannot be written: No space left on device.")

    monkeypatch.setattr(ready.table(TABLE), "compact", full)
    said: list[str] = []
    Compaction(ready, tmp_path / "lock", said.append).after(INTAKES_BETWEEN)
    Compaction(ready, tmp_path / "none" / "lock", said.append).after(INTAKES_BETWEEN)
    assert said[0] == "small files stay until the night: event_ids: cannot be written: No space left on device."
    assert said[1].endswith("cannot be opened: No such file or directory. Small files stay until the night")
    assert len(ready.table(TABLE).files()) == 5
