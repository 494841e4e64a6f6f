"""The front: the command line, and `footfall.connect()` for Python; it sees everything below."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from footfall.connection import Answer, Connection, connect

__all__ = ["Answer", "Connection", "connect"]


def __getattr__(name: str) -> Any:
    """Load the Python entry when it is asked for, so that the command line starts without pandas."""
    if name in __all__:
        return getattr(import_module("footfall.connection"), name)
    raise AttributeError(f"footfall has no {name!r}")
