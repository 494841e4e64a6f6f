"""Clocks around functions that know nothing of it, in this process only.

CPU time is that of the whole process while the main thread is in a function, so what a library's threads do for it counts
too; what other threads spend in functions with a clock is counted for those and taken off. The sum is the process's time.
"""

import functools
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final

OWN: Final = ("footfall", "ingest", "warehouse", "transform")
DEPTH_MAX: Final = 3
Function = Callable[..., Any]


class Clocks:
    """Own time of each stage, in CPU seconds, and how often its functions were called."""

    def __init__(self) -> None:
        self.cpu_s: defaultdict[str, float] = defaultdict(float)
        self.calls: Counter[str] = Counter()
        self._elsewhere_s = 0.0
        self._lock = threading.Lock()
        self._inner = threading.local()

    def around(self, stage: str, function: Function) -> Function:
        """Put a clock around one function."""

        @functools.wraps(function)
        def clocked(*args: Any, **options: Any) -> Any:
            outer_s = getattr(self._inner, "cpu_s", 0.0)
            self._inner.cpu_s = 0.0
            begun_s = self._now_s()
            try:
                return function(*args, **options)
            finally:
                spent_s = self._now_s() - begun_s
                self._note(stage, spent_s - self._inner.cpu_s)
                self._inner.cpu_s = outer_s + spent_s

        return clocked

    def _now_s(self) -> float:
        if threading.current_thread() is threading.main_thread():
            return time.process_time() - self._elsewhere_s
        return time.thread_time()

    def _note(self, stage: str, own_s: float) -> None:
        with self._lock:
            self.cpu_s[stage] += own_s
            self.calls[stage] += 1
            if threading.current_thread() is not threading.main_thread():
                self._elsewhere_s += own_s


def put_clocks(clocks: Clocks, stages: Mapping[str, list[str]]) -> None:
    """Put a clock around every function listed, wherever it is referred to.

    Raises:
        LookupError: a function is not there (any more).
    """
    for stage, names in stages.items():
        for name in names:
            owner, attribute, function = find(name)
            clocked = clocks.around(stage, function.__func__ if isinstance(function, classmethod) else function)
            if isinstance(owner, type):
                setattr(owner, attribute, classmethod(clocked) if isinstance(function, classmethod) else clocked)
            else:
                _replace(function, clocked)


def find(name: str) -> tuple[Any, str, Any]:
    """Find "module:name" or "module:Class.name": its owner, its name there, and itself.

    Raises:
        LookupError: it is not there.
    """
    module, _, path = name.partition(":")
    try:
        owner: Any = import_module(module)
        *classes, attribute = path.split(".")
        for one in classes:
            owner = getattr(owner, one)
        return owner, attribute, vars(owner)[attribute]
    except (ImportError, AttributeError, KeyError) as error:
        raise LookupError(f"bench/ours/stages.toml names {name}, which is not there; has it moved?") from error


def _replace(function: Function, by: Function) -> None:
    """Replace a function in our modules and in the tuples and mappings that they hold: lists of steps are such."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in OWN:
            for attribute, value in list(vars(module).items()):
                replaced = _replaced(value, function, by, 0)
                if replaced is not value and not attribute.startswith("__"):
                    setattr(module, attribute, replaced)


def _replaced(value: Any, function: Function, by: Function, depth: int) -> Any:
    if value is function:
        return by
    if depth == DEPTH_MAX or type(value) not in {tuple, dict}:
        return value
    if isinstance(value, tuple):
        new = tuple(_replaced(one, function, by, depth + 1) for one in value)
        return new if any(one is not old for one, old in zip(new, value, strict=True)) else value
    mapping = {key: _replaced(one, function, by, depth + 1) for key, one in value.items()}
    return mapping if any(mapping[key] is not one for key, one in value.items()) else value
