"""A long process that keeps to its memory: allocators that give back what is no longer needed."""

import ctypes
from typing import Final

import pyarrow as pa

FRUGAL: Final = "jemalloc"


def spare_memory() -> None:
    """Let Arrow use the allocator that gives most back; a worker with its own took a seventh more."""
    if FRUGAL in pa.supported_memory_backends():
        pa.set_memory_pool(pa.jemalloc_memory_pool())


def give_back() -> None:
    """Give the system back what the C library keeps; without this a worker grows by a MiB an intake for a long time."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # only the GNU library has it
    if trim is not None:
        trim(0)
