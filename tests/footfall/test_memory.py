"""What a worker no longer needs does not stay with it."""

import gc
from typing import NoReturn
from weakref import ref

import pyarrow as pa

from footfall.memory import clear_away, give_back


class Waited(Exception):  # noqa: N818 as kafka-python's, it is caught and forgotten
    """A poll waited in vain; whoever asked and what they hold stand in its traceback."""


def wait() -> NoReturn:
    raise Waited


def poll_in_vain(answer: pa.Array) -> ref[Waited]:
    """Leave the cycle that kafka-python leaves: a future has the error, and the frame in the error's traceback the future."""
    future: dict[str, object] = {"answer": answer}
    try:
        wait()
    except Waited as error:
        future["error"] = error
        return ref(error)


def test_what_a_poll_in_vain_held_is_let_go_with_the_intake() -> None:
    """Else its memory would grow by Kafka's answers for as long as few objects are made."""
    before = gc.isenabled()
    gc.disable()
    try:
        allocated = pa.total_allocated_bytes()
        left = poll_in_vain(pa.array(range(1_000_000)))
        assert left() is not None
        clear_away()
        assert left() is None
        assert pa.total_allocated_bytes() <= allocated
    finally:
        if before:
            gc.enable()


def test_memory_is_given_back_without_harm_to_what_is_held() -> None:
    held = pa.array(range(1000))
    give_back()
    assert held.to_pylist() == list(range(1000))
