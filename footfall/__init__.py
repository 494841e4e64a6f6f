"""The front: the command line, and `footfall.connect()` for Python; it sees everything below."""

from footfall.connection import Answer, Connection, connect

__all__ = ["Answer", "Connection", "connect"]
