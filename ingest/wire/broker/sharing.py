"""One broker for all processes on the same DATA: the first starts it, others join, the last one out stops it.

Every user holds a shared lock on `users.lock`; starting and stopping happen under `turn.lock`. A killed user's locks
end with its life; a broker that was left behind that way serves the next user and is stopped with it.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.wire.broker.configuration import Home, Ports, free_ports
from ingest.wire.broker.errors import BrokerError
from ingest.wire.broker.jars import Fetch, Progress, default_cache, fetch_by_coordinate, provide_jars
from ingest.wire.broker.java import Java
from ingest.wire.broker.locks import POLL_S, lock, try_lock, turn
from ingest.wire.broker.process import (
    FIRST_PROBE_TIMEOUT_S,
    START_TIMEOUT_S,
    Starter,
    State,
    answers,
    is_alive,
    is_finished,
    log_tail,
    read_state,
    terminate,
    trim_log,
    write_state,
)

TURN_TIMEOUT_S = 120.0
SILENCE_MAX_S = 20.0
LOG_CHECK_S = 30.0


@dataclass(frozen=True)
class BrokerStatus:
    """What `status` saw: the broker's process, its address, and whether it answers there just now."""

    pid: int
    bootstrap: str
    answers: bool


class EmbeddedBroker:
    """A running Kafka of one node, as one of its users sees it."""

    def __init__(self, home: Home, starter: Starter, state: State) -> None:
        self._home = home
        self._starter = starter
        self._state = state

    @property
    def bootstrap(self) -> str:
        """Return the address for Kafka clients: "127.0.0.1:port"."""
        return self._state.bootstrap

    @property
    def pid(self) -> int:
        """Return the number of the broker's process."""
        return self._state.pid

    def check(self) -> None:
        """Raise BrokerError, with the end of its log, unless the broker answers; follow it if another user moved it."""
        self._state = read_state(self._home) or self._state
        if not answers(self._home, self._state.ports):
            what = "does not answer" if is_alive(self._home) else "has ended"
            raise BrokerError(
                f"the embedded Kafka (process {self.pid}, {self.bootstrap}) {what}.{log_tail(self._home.log)}"
            )

    def restart(self) -> None:
        """Stop the broker, unless it is dead already, and start it on its data, on the same port if that is free."""
        with _turn(self._home):
            _end(self._home, self._starter)
            self._state = self._starter.start(self._home)


@contextmanager
def embedded_broker(
    data: Path,
    *,
    jars: Path | None = None,
    cache: Path | None = None,
    progress: Progress | None = None,
    fetch: Fetch = fetch_by_coordinate,
    choose_ports: Callable[[], Ports] = free_ports,
    start_timeout_s: float = START_TIMEOUT_S,
    further: Callable[[Ports], str] = lambda _ports: "",
) -> Iterator[EmbeddedBroker]:
    """Run, or join, the broker of the warehouse folder `data` for the length of the block.

    `jars` is a folder with Kafka's jars, if people have one; `cache` keeps what is fetched (`default_cache()`); `further`
    writes properties for the broker that count more than ours.
    Raises JarError when a jar cannot be had and BrokerError when the broker cannot be started, both with ways out.
    """
    cache = cache or default_cache()
    java = Java(provide_jars(jars, cache, progress, fetch), cache)
    starter = Starter(java, start_timeout_s, choose_ports, further)
    home = Home.of(data)
    home.make()
    with _turn(home):
        user = lock(home.users_lock, POLL_S, shared=True, waiting_for="the list of its users")
        try:
            state = _join(home) or starter.start(home)
        except OSError as error:
            os.close(user)
            raise BrokerError(f"the embedded Kafka cannot keep its data in {home.folder}: {error.strerror}.") from error
        except BaseException:
            os.close(user)
            raise
    try:
        with _short_log(home.log):
            yield EmbeddedBroker(home, starter, state)
    finally:
        with _turn(home):
            os.close(user)
            if _is_unused(home):
                _end(home, starter)
        starter.let_go()


def stop(data: Path, *, force: bool = False) -> bool:
    """Stop the broker of a warehouse folder; say whether there was one.

    Raises BrokerError when other processes use it, unless `force` is set.
    """
    home = Home.of(data)
    if not home.folder.is_dir():
        return False
    with _turn(home):
        if is_alive(home) and not force and not _is_unused(home):
            raise BrokerError(f"another footfall uses the embedded Kafka of {data}; end that one first.")
        return _end(home)


def status(data: Path) -> BrokerStatus | None:
    """Say where the broker of a warehouse folder runs; None when none does. Changes nothing."""
    home = Home.of(data)
    state = read_state(home)
    if state is None or not is_alive(home) or is_finished(home, state):
        return None
    return BrokerStatus(state.pid, state.bootstrap, answers(home, state.ports))


def _turn(home: Home) -> AbstractContextManager[None]:
    return turn(home.turn_lock, TURN_TIMEOUT_S, "another footfall to start or stop the embedded Kafka")


def _is_unused(home: Home) -> bool:
    """Say whether nobody shares the users' lock. Only under the turn, or two askers would see each other."""
    alone = try_lock(home.users_lock)
    if alone is None:
        return False
    os.close(alone)
    return True


def _join(home: Home) -> State | None:
    """Return the broker that runs already, once it answers; None when there is none, or none any more."""
    deadline = time.monotonic() + SILENCE_MAX_S
    while is_alive(home):
        state = _state_of_living(home)
        if answers(home, state.ports, FIRST_PROBE_TIMEOUT_S):
            state = replace(state, answered=True)  # its starter may have been killed before it saw that
            write_state(home, state)
            return state
        if is_finished(home, state):
            terminate(home, state)
        elif time.monotonic() > deadline and state.answered:
            raise BrokerError(
                f"process {state.pid} keeps the embedded Kafka in {home.folder} but has not answered on "
                f"{state.bootstrap} for {SILENCE_MAX_S:.0f} s. End it (kill {state.pid}), then try again."
            )
        elif time.monotonic() > deadline:
            terminate(home, state, patience_s=0)
        else:
            time.sleep(POLL_S)
    return None


def _end(home: Home, starter: Starter | None = None) -> bool:
    """End the broker, if there is one; say whether there was."""
    alive = is_alive(home)
    if alive:
        terminate(home, _state_of_living(home), starter.child if starter else None)
    trim_log(home.log)
    return alive


def _state_of_living(home: Home) -> State:
    state = read_state(home)
    if state is None:
        raise BrokerError(
            f"a broker runs in {home.folder}, but {home.state.name} does not say which process it is. "
            f"End the Java process that has {home.alive_lock} open, then try again."
        )
    return state


@contextmanager
def _short_log(log: Path) -> Iterator[None]:
    """Keep the broker's log from growing while the block runs: the logger inside Kafka knows no bounds."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(LOG_CHECK_S):
            trim_log(log)

    watcher = threading.Thread(target=watch, name="broker-log", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
