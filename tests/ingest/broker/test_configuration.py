import socket
import stat
import uuid
from base64 import urlsafe_b64decode
from pathlib import Path

import pytest

from ingest.wire.broker import BrokerError
from ingest.wire.broker.configuration import Home, Ports, are_free, free_ports, replace_text


def read_properties(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in path.read_text(encoding="utf-8").splitlines())


def test_everything_lies_in_data_kafka_for_its_owner_alone(tmp_path: Path) -> None:
    home = Home.of(tmp_path)
    home.make()
    home.prepare(Ports(2001, 2002))
    assert [path.name for path in tmp_path.iterdir()] == ["kafka"]
    assert stat.S_IMODE(home.folder.stat().st_mode) == 0o700


def test_raw_records_keep_7_days_and_what_else_is_promised(tmp_path: Path) -> None:
    home = Home.of(tmp_path)
    home.make()
    home.prepare(Ports(2001, 2002))
    told = read_properties(home.folder / "server.properties")
    assert told["log.retention.hours"] == str(7 * 24)
    assert int(told["log.roll.hours"]) <= 24
    assert int(told["broker.session.timeout.ms"]) <= 1500  # so long does a start after a SIGKILL wait
    assert told["auto.create.topics.enable"] == "false"
    assert told["listeners"] == "PLAINTEXT://127.0.0.1:2001,CONTROLLER://127.0.0.1:2002"


def test_the_identity_is_made_once_and_never_of_the_reserved_range(tmp_path: Path) -> None:
    home = Home.of(tmp_path)
    home.make()
    home.prepare(Ports(2001, 2002))
    first = read_properties(home.records / "meta.properties")
    home.prepare(Ports(2003, 2004))
    assert read_properties(home.records / "meta.properties") == first
    for name in ("cluster.id", "directory.id"):
        assert len(first[name]) == 22
        assert uuid.UUID(bytes=urlsafe_b64decode(first[name] + "==")).version == 4


def test_what_a_killed_kafka_unpacked_is_cleared_away(tmp_path: Path) -> None:
    home = Home.of(tmp_path)
    home.make()
    (home.folder / "tmp").mkdir()
    (home.folder / "tmp" / "libzstd-jni.so").touch()
    home.prepare(Ports(2001, 2002))
    assert list((home.folder / "tmp").iterdir()) == []


def test_a_data_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BrokerError, match=r"cannot keep its data in .*: Not a directory"):
        Home.of(tmp_path / "file").make()


def test_ports_are_free_until_somebody_listens() -> None:
    ports = free_ports()
    assert ports.clients != ports.controller
    assert are_free(ports)
    with socket.create_server(("127.0.0.1", ports.controller)):
        assert not are_free(ports)


def test_replaced_text_leaves_no_part_behind(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text("old")
    replace_text(path, "new")
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]
