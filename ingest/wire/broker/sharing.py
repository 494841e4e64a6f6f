"""One broker for all processes on the same DATA: the first starts it, the others join, the last one out stops it.

Every user holds a shared lock on `users.lock`; starting and stopping happen under `turn.lock`. A user that is killed
loses its lock with its life; a broker left behind that way serves the next user and ends with it.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.wire.broker.configuration import Home, Ports, free_ports
from ingest.wire.broker.errors import BrokerError
from ingest.wire.broker.jars import Progress, default_cache, provide_jars
from ingest.wire.broker.java import Java
from ingest.wire.broker.locks import lock, try_lock, turn
from ingest.wire.broker.process import (
    START_TIMEOUT_S,
    Starter,
    State,
    answers,
    is_alive,
    read_state,
    terminate,
)

TURN_TIMEOUT_S = START_TIMEOUT_S + 30


class EmbeddedBroker:
    """A running Kafka broker of one node, as its users see it."""

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
        """Return the process number of the broker."""
        return self._state.pid

    def restart(self) -> None:
        """Stop the broker, however it is, and start it again on its data, on the same port if that is free."""
        with _turn(self._home):
            terminate(self._home, self._state, self._starter.child)
            self._state = self._starter.start(self._home)


def _turn(home: Home):  # type: ignore
    return turn(home.folder / "turn.lock", TURN_TIMEOUT_S, "another footfall to start or stop the embedded Kafka")


@contextmanager
def embedded_broker(
    data: Path,
    *,
    jars: Path | None = None,
    cache: Path | None = None,
    progress: Progress | None = None,
    choose_ports: Callable[[], Ports] = free_ports,
) -> Iterator[EmbeddedBroker]:
    """Run, or join, the broker of a warehouse folder for the length of the block."""
    cache = cache or default_cache()
    starter = Starter(Java(provide_jars(jars, cache, progress)), cache, choose_ports=choose_ports)
    home = Home.of(data)
    home.prepare()
    with _turn(home):
        user = lock(home.folder / "users.lock", 1, shared=True, waiting_for="the list of users")
        state = _join(home) or starter.start(home)
    try:
        yield EmbeddedBroker(home, starter, state)
    finally:
        with _turn(home):
            os.close(user)
            alone = try_lock(home.folder / "users.lock")
            if alone is not None:
                state_now = read_state(home)
                if state_now: terminate(home, state_now, starter.child)
                os.close(alone)
            starter.let_go()


def _join(home: Home) -> State | None:
    state = read_state(home)
    if state is not None and is_alive(home) and answers(state.ports):
        return state
    return None
