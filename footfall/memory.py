"""A long process that keeps to its memory, and does not look for garbage where there is none."""

import ctypes
import gc
from typing import Final

import pyarrow as pa

ALLOCATIONS: Final = 100_000
TRIM: Final = getattr(ctypes.CDLL(None), "malloc_trim", None)
"""Only the GNU library has it."""


def search_less() -> None:
    """Let Python's search for cycles leave alone what is loaded by now, and run seldom.

    Decoding makes many objects and no cycles; a search after every 700 of them took a twentieth of a worker's time. For
    programs that are nothing but a worker: what is left alone is not cleared away at the end either, as DuckDB wants it.
    """
    gc.freeze()
    gc.set_threshold(ALLOCATIONS)


def search_again() -> None:
    """Undo `search_less` for what is loaded by now: DuckDB complains at the end of what nobody clears away."""
    gc.unfreeze()


def read_alone() -> None:
    """Let one thread read and one compute: each of Arrow's keeps memory of its own, which nobody can have back.

    A worker reads little, and who has more cores runs more workers. Among ten million records four runs took 507 to 531 MiB at
    most, and 515 to 540 with Arrow's usual threads.
    """
    pa.set_io_thread_count(1)
    pa.set_cpu_count(1)


def clear_away() -> None:
    """Look for cycles now: a poll that kafka-python waited for in vain leaves one, which keeps the answer that comes later.

    Log lines make few objects, so Python's own search came too seldom: among ten million a worker took 620 MB. Once an intake is
    enough, and takes 3 ms, for what `search_less` left alone is passed over.
    """
    gc.collect()


def give_back() -> None:
    """Give the system back what Arrow and the C library keep; to do so after each intake took a twelfth of a worker's time."""
    pa.default_memory_pool().release_unused()
    if TRIM is not None:
        TRIM(0)
