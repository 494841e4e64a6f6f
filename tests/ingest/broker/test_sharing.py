import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingest.wire.broker import BrokerError, EmbeddedBroker, default_cache, embedded_broker, sharing, status, stop
from ingest.wire.broker.configuration import Home, free_ports
from ingest.wire.broker.jars import provide_jars
from ingest.wire.broker.java import Java
from ingest.wire.broker.locks import try_lock
from ingest.wire.broker.process import Starter, State, is_alive, read_state, write_state
from tests.ingest.broker.records import make_topic, read, send, topic_setting

pytestmark = pytest.mark.kafka


class AnotherUser:
    """Another process that uses the broker of a folder."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.process = process
        pid, self.bootstrap = process.stdout.readline().split()
        self.broker_pid = int(pid)

    def leave(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert self.process.wait(20) == 0

    def die(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def another_user(data: Path, project: Path) -> Iterator[AnotherUser]:
    command = [sys.executable, "-m", "tests.ingest.broker.another_user", str(data)]
    with subprocess.Popen(command, cwd=project, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield AnotherUser(process)


def test_records_come_back_as_sent_and_topics_keep_7_days(kafka_broker: EmbeddedBroker) -> None:
    kafka_broker.check()
    make_topic(kafka_broker.bootstrap, "test_sharing")
    values = [b"record %d" % number for number in range(500)]
    send(kafka_broker.bootstrap, "test_sharing", values)
    assert read(kafka_broker.bootstrap, "test_sharing") == values
    assert topic_setting(kafka_broker.bootstrap, "test_sharing", "retention.ms") == str(7 * 24 * 3600 * 1000)


def test_records_outlive_a_restart_and_a_kill(tmp_path: Path) -> None:
    with embedded_broker(tmp_path) as broker:
        make_topic(broker.bootstrap, "kept")
        send(broker.bootstrap, "kept", [b"before"])
        address = broker.bootstrap
        broker.restart()
        assert broker.bootstrap == address
        assert read(broker.bootstrap, "kept") == [b"before"]
        send(broker.bootstrap, "kept", [b"between"])
        os.kill(broker.pid, signal.SIGKILL)
        with pytest.raises(BrokerError, match=r"has ended|does not answer"):
            wait_for_the_end(broker)
        broker.restart()
        assert read(broker.bootstrap, "kept") == [b"before", b"between"]
        assert b"between" not in Home.of(tmp_path).log.read_bytes()
    assert status(tmp_path) is None
    assert [path.name for path in tmp_path.iterdir()] == ["kafka"]


def wait_for_the_end(broker: EmbeddedBroker) -> None:
    for _ in range(100):
        broker.check()
        time.sleep(0.05)


def test_processes_share_one_broker_and_the_last_one_out_stops_it(tmp_path: Path, project: Path) -> None:
    with another_user(tmp_path, project) as first:
        seen = status(tmp_path)
        assert seen is not None
        assert (seen.pid, seen.bootstrap, seen.answers) == (first.broker_pid, first.bootstrap, True)
        first.die()  # it had started the broker, which is an orphan now
    with another_user(tmp_path, project) as second:
        with embedded_broker(tmp_path) as broker:
            assert broker.pid == second.broker_pid == first.broker_pid
            open_files = [str(link.readlink()) for link in Path(f"/proc/{broker.pid}/fd").iterdir()]
            locks = {Path(name).name for name in open_files if name.endswith(".lock") and "/kafka/" in name}
            assert locks <= {"alive.lock", ".lock"} | {Path(name).name for name in open_files if "/ahead-" in name}
            with pytest.raises(BrokerError, match="another footfall uses the embedded Kafka"):
                stop(tmp_path)
        assert status(tmp_path) == seen
        second.leave()
    assert status(tmp_path) is None
    assert not stop(tmp_path)


def test_a_stale_state_harms_nobody_and_a_lost_one_is_said(tmp_path: Path) -> None:
    home = Home.of(tmp_path)
    home.make()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as innocent:
        write_state(home, State(innocent.pid, free_ports(), answered=True))
        assert status(tmp_path) is None
        assert not stop(tmp_path, force=True)
        with embedded_broker(tmp_path) as broker:
            assert broker.pid != innocent.pid
            state = read_state(home)
            assert state is not None
            home.state.unlink()
            with pytest.raises(BrokerError, match=r"state\.json does not say which process it is"):
                stop(tmp_path, force=True)
            write_state(home, state)
            assert stop(tmp_path, force=True)
            with pytest.raises(BrokerError, match="has ended"):
                broker.check()
        assert innocent.poll() is None
        assert innocent.stdin is not None
        innocent.stdin.write(b"\n")


def test_a_broker_whose_starter_was_killed_while_it_started_is_joined(tmp_path: Path) -> None:
    home = Home.of(tmp_path)
    home.make()
    java = Java(provide_jars(None, default_cache()), default_cache())
    ports = free_ports()
    orphan = Starter(java)._launch(home, ports, java.ahead())
    write_state(home, State(orphan.pid, ports, answered=False))
    with embedded_broker(tmp_path) as broker:
        assert broker.pid == orphan.pid
        broker.check()
    assert not is_alive(home)
    orphan.wait()


def test_a_broker_that_hangs_is_left_to_its_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "SILENCE_MAX_S", 0.1)
    with embedded_broker(tmp_path) as broker:
        os.kill(broker.pid, signal.SIGSTOP)
        silent = pytest.raises(BrokerError, match=rf"has not answered on {broker.bootstrap} .* \(kill {broker.pid}\)")
        with silent, embedded_broker(tmp_path):
            pass
        os.kill(broker.pid, signal.SIGCONT)
        broker.check()


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    home = Home.of(tmp_path)
    home.make()
    home.records.write_text("in the way")
    refused = pytest.raises(BrokerError, match=r"^the embedded Kafka cannot keep its data in .*: File exists\.$")
    with refused, embedded_broker(tmp_path):
        pass
    alone = try_lock(home.users_lock)
    assert alone is not None
    os.close(alone)
    assert not is_alive(home)


def test_nothing_is_made_by_asking(tmp_path: Path) -> None:
    assert status(tmp_path / "absent") is None
    assert not stop(tmp_path / "absent")
    assert list(tmp_path.iterdir()) == []
