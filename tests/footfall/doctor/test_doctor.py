"""The doctor sees what is wrong, and says what to do: bad folders and bad states are made here, and looked at."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from footfall.doctor.examine import examine
from footfall.doctor.files import settings_files
from footfall.doctor.lake import commits_since_checkpoint, lake, registry
from footfall.doctor.line import Line
from footfall.doctor.machine import packages
from footfall.house import MASTER_FILE, House, now
from footfall.settings import Kafka, Settings
from tests.footfall.clocked_house import Clock, opened
from tests.warehouse.nightly.hits import Worker, crowd
from warehouse.lake.changes import RETENTION


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a warehouse with a day's key, and nothing else."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FOOTFALL_DATA", raising=False)
    with House.open(tmp_path / "data", create=True) as house:
        house.keyring.day_key(now().date())
    return tmp_path / "data"


def looked(data: Path) -> dict[str, Line]:
    """Look at everything; give the lines by area and name."""
    return {f"{line.area}: {line.name}": line for line in examine(data, None, lambda *_: None).lines}


def wrong(data: Path) -> dict[str, str]:
    """Give the state of each line that is not ok; whatever is wrong says what to do, and nothing else does."""
    lines = looked(data)
    assert all(bool(line.remedy) == (line.state != "ok") for line in lines.values())
    assert not [line for line in lines.values() if "\n" in line.said]
    return {name: line.state for name, line in lines.items() if line.state != "ok"}


def test_a_new_warehouse_is_well(data: Path) -> None:
    found = wrong(data)
    found.pop("Machine: disk", None)
    found.pop("Machine: Kafka's jars", None)
    found.pop("Places: database", None)  # it grows old by itself
    found.pop("Places: unknown", None)  # nothing was seen yet
    assert found == {}


def test_what_others_may_read_or_change_is_said(data: Path) -> None:
    data.chmod(0o755)
    (data / MASTER_FILE).chmod(0o644)
    (data / "footfall.toml").write_text('registry = ""\n')
    (data / "footfall.toml").chmod(0o666)
    found = wrong(data)
    assert found["Settings: files"] == "failure"
    assert "failure" in {found.get("Keys: master key"), found.get("Warehouse: not looked at")}, "or it cannot be opened"


def test_a_folder_without_a_warehouse_is_one_failure_and_makes_none(tmp_path: Path) -> None:
    assert wrong(tmp_path / "none")["Warehouse: not looked at"] == "failure"
    assert not (tmp_path / "none").exists()


def test_wrong_settings_are_one_failure(data: Path) -> None:
    (data / "footfall.toml").write_text("kafca = 1\n")
    lines = looked(data)
    assert list(lines) == ["Settings: not looked at"]
    assert "kafca" in lines["Settings: not looked at"].said


def test_a_damaged_registry_is_a_failure(data: Path) -> None:
    file = data / "registry" / "registry.db"
    with sqlite3.connect(file) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    connection.close()
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    file.write_bytes(content)
    assert "failure" in wrong(data).values()


def test_a_finding_is_open_until_it_is_mended(data: Path) -> None:
    with House.open(data) as house:
        house.registry.note_finding("proxy", "", "3 addresses carry 99% of the lines", now())
    line = looked(data)["Registry: open findings"]
    assert (line.state, line.number) == ("warning", 1)
    with House.open(data) as house:
        house.registry.note_finding("proxy", "", "", now())
    assert looked(data)["Registry: open findings"].state == "ok"


@pytest.mark.parametrize(
    ("broken", "statement", "entry"),
    [
        ("audit", "update audit set who = 'nobody' where number = 2", 2),
        ("audit", "delete from audit where number = 1", 1),
        ("ledger", "update disclosures set rows = 0 where number = 3", 3),
        ("ledger", "delete from disclosures where number = 2", 2),
    ],
)
def test_a_broken_chain_is_a_failure_at_its_first_entry(data: Path, broken: str, statement: str, entry: int) -> None:
    asked: dict[str, Any] = {
        "who": "jane",
        "role": "marketing",
        "purpose": "marketing",
        "tables": ("customer_profiles",),
    }
    with House.open(data) as house:
        for _ in range(3):
            house.registry.note_access(at=now(), **asked, outcome="answered")
            house.registry.disclose(
                at=now(), **asked, recipient="house", columns=("customer",), rows=12, policy_version="1.4"
            )
        lines = {line.name: line for line in registry(house)}
        assert (lines["audit"].state, lines["ledger"].state) == ("ok", "ok")
    with sqlite3.connect(data / "registry" / "registry.db") as connection:
        for (trigger,) in connection.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            connection.execute(f"drop trigger {trigger}")
        connection.execute(statement)
    connection.close()
    with House.open(data) as house:
        lines = {line.name: line for line in registry(house)}
    assert {name: line.number for name, line in lines.items() if line.state == "failure"} == {broken: entry}
    assert f"breaks at entry {entry}" in lines[broken].said
    assert "Compare it with a copy" in lines[broken].remedy


@pytest.mark.parametrize(
    ("kafka", "state"),
    [
        (Kafka(), "ok"),
        (Kafka(bootstrap="127.0.0.1:9092"), "ok"),
        (Kafka(bootstrap="kafka.example:9093", security="SSL"), "ok"),
        (Kafka(bootstrap="kafka.example:9092"), "warning"),
        (Kafka(bootstrap="localhost:9092,kafka.example:9092", security="SASL_PLAINTEXT"), "warning"),
    ],
)
def test_addresses_in_the_clear_over_a_network_are_said(tmp_path: Path, kafka: Kafka, state: str) -> None:
    lines = {line.name: line.state for line in settings_files(Settings(kafka=kafka), tmp_path, None)}
    assert lines["encryption"] == state


def test_packages_that_are_missing_are_named() -> None:
    assert packages("footfall").state == "ok"
    assert packages("no-such-distribution").state == "failure"


def test_rows_that_were_let_go_are_no_half_written_intake_and_a_replay_that_was_broken_off_is_one(
    tmp_path: Path,
) -> None:
    def half_written(house: House) -> int:
        return int(next(line.number for line in lake(house) if line.name == "half-written intakes") or 0)

    clock = Clock()
    day = clock().date()
    with opened(tmp_path, clock) as house:
        Worker(house.lake).take(crowd(day, 12, taken_at=clock()))
        hits = house.lake.table("hits")
        assert hits.remove_files(hits.files(), RETENTION) == 12
        assert half_written(house) == 0
        replays = house.lake.table("replays")
        replays.commit(replays.stage(replays.schema.empty_table()), app_id="replay/cluster/topic/0", start=0, end=1)
        assert half_written(house) == 1


def test_commits_behind_the_checkpoint_are_counted(tmp_path: Path) -> None:
    log = tmp_path / "_delta_log"
    log.mkdir()
    for version in range(7):
        (log / f"{version:020d}.json").write_text("{}")
    assert commits_since_checkpoint(tmp_path) == 7
    (log / "_last_checkpoint").write_text(json.dumps({"version": 4}))
    assert commits_since_checkpoint(tmp_path) == 2
