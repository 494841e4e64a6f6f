"""A start without what no verb needs, and an end without taking apart what the system takes back as a whole."""

import atexit
import gc
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import NoReturn


def keep_blas_quiet() -> None:
    """Let numpy start no threads for linear algebra, which nothing here does: they spin for 0.05 s of processor time when they come.

    For the time before numpy is loaded; what somebody has set stays.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def keep_pandas_out() -> None:
    """Let pyarrow find no pandas in this process; our own modules can still import it.

    pyarrow looks for pandas once, when the first array is made, to know its objects: 0.5 s and 40 MB for programs that
    have none. The command line hands pyarrow none; `footfall.connect` does not come through here.
    """
    if "pandas" in sys.modules:
        return
    absence = _Absence()
    sys.meta_path.insert(0, absence)
    try:
        with searching_nothing():
            import pyarrow as pa  # noqa: PLC0415 - the look-up must happen now

            pa.array([0])
    finally:
        sys.meta_path.remove(absence)


@contextmanager
def searching_nothing() -> Iterator[None]:
    """Let Python not search for cycles while modules are loaded: it finds none, and took a tenth of a start."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        # All that was loaded is old now, as if it had been searched: else the next search would go through all of it.
        gc.freeze()
        gc.unfreeze()
        if was_on:
            gc.enable()


def speak_anyway() -> None:
    """Put a place where nothing is kept for standard output or standard error that the caller has closed: Python has none then."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 - it stays open as long as the program


def leave(code: int) -> NoReturn:
    """End this process with an exit code, once what was to be done at its end is done and all is written.

    Python would search a million objects for cycles and give each back by itself: 30 ms of a worker, 0.1 s of a question.
    Where a thread is still at work, or the last words cannot be written, it ends in Python's own way.
    """
    others = [one for one in threading.enumerate() if one is not threading.main_thread() and not one.daemon]
    if not others:
        atexit._run_exitfuncs()  # noqa: SLF001 - as Python itself does at this point
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except (OSError, ValueError):
            sys.exit(code)
        os._exit(code)
    sys.exit(code)


class _Absence(MetaPathFinder):
    """Says that pandas is not there."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname, name=fullname)
        return None
