"""Verbs as processes of their own that can be killed, paused and woken, in a room with its own disks or outside."""

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Final

PRELOADED: Final = [
    "footfall.__main__",
    "footfall.commands.pipeline.ingest",
    "footfall.commands.pipeline.ship",
    "tests.end_to_end.warm",
    __name__,
]
"""Imported by the server of forks before it forks, so that a process that is killed costs little."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a verb ended.

    Attributes:
        words: the verb and its options.
        code: its exit code; negative: the signal that killed it.
        lines: what it wrote on standard error.
    """

    words: tuple[str, ...]
    code: int
    lines: tuple[str, ...]

    @property
    def is_clear(self) -> bool:
        """True when it ended well, or said in the last of its lines, all of them the program's own, why it did not."""
        own = all(line.startswith("footfall: ") for line in self.lines)
        return own and (self.code == 0 or (self.code in {1, 2} and bool(self.lines)))

    def __str__(self) -> str:
        said = "\n  ".join(self.lines)
        return f"footfall {' '.join(self.words)} ended with {self.code}\n  {said}"


class Verb:
    """A verb that runs.

    Args:
        words: the verb and its options.
        environment: what is set besides this process's own environment.
        said: the file for what it writes on standard error.
        room: the process in whose mount namespace it runs; 0 for the ordinary one.
    """

    def __init__(self, words: tuple[str, ...], environment: Mapping[str, str], said: Path, room: int = 0) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(PRELOADED)
        self.words = words
        self._said = said
        said.touch()
        self._process: ForkServerProcess = context.Process(target=_run, args=(words, dict(environment), said, room))
        self._process.start()

    @property
    def is_running(self) -> bool:
        """True until it has ended; a paused one runs."""
        return self._process.is_alive()

    def kill(self) -> None:
        """End it as a power cut would, and wait until it is gone."""
        self._process.kill()
        self._process.join()

    def send(self, number: signal.Signals) -> None:
        """Send a signal; one that has ended by itself needs none."""
        if self._process.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, number)

    def ended(self, timeout_s: float = 60) -> Ended:
        """Wait for its end, and give it."""
        self._process.join(timeout_s)
        assert self._process.exitcode is not None, f"{self.words} does not end:\n{self._said.read_text()}"
        lines = tuple(line for line in self._said.read_text().splitlines() if line.strip())
        return Ended(self.words, self._process.exitcode, lines)


def _run(words: tuple[str, ...], environment: dict[str, str], said: Path, room: int) -> None:
    with said.open("ab") as sink:
        os.dup2(sink.fileno(), 2)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    if room:
        _enter(room)
    os.environ.update(environment)
    sys.argv = ["footfall", *words]
    from footfall.__main__ import main  # noqa: PLC0415 - its imports belong to the process that runs it

    main()


def _enter(room: int) -> None:
    """Join the namespaces of a process; a forked process has one thread, as the system wants for that."""
    system, folder = ctypes.CDLL(None, use_errno=True), Path.cwd()
    for kind in ("user", "mnt"):
        here, there = Path(f"/proc/self/ns/{kind}"), Path(f"/proc/{room}/ns/{kind}")
        if here.readlink() == there.readlink():
            continue
        with there.open("rb") as namespace:
            if system.setns(namespace.fileno(), 0):
                raise OSError(ctypes.get_errno(), f"cannot enter the {kind} namespace of process {room}")
    os.chdir(folder)  # entering a mount namespace leads to its root
