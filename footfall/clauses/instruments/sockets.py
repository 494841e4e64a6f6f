"""Which addresses this process calls while the checks run, seen by Python itself; a socket that stays on this machine is none."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

_CALLED: Final[list[str]] = []
_STATE: Final = {"watching": False, "hooked": False}
CONNECT: Final = "socket.connect"
LOOK_UP: Final = "socket.getaddrinfo"


@contextmanager
def watched() -> Iterator[None]:
    """Note every connection and every look-up of a name until the block ends; an audit hook cannot be taken out again."""
    if not _STATE["hooked"]:
        sys.addaudithook(_note)
        _STATE["hooked"] = True
    _CALLED.clear()
    _STATE["watching"] = True
    try:
        yield
    finally:
        _STATE["watching"] = False


def reached() -> list[str]:
    """Give what was called since the watch began; empty where nobody watches."""
    return list(_CALLED)


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if _STATE["watching"] and event in {CONNECT, LOOK_UP}:
        address = arguments[1] if event == CONNECT else arguments[0]
        if isinstance(address, str | bytes) and event == CONNECT:  # a socket of the file system
            return
        _CALLED.append(event)
