import os
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.wire.broker import BrokerError
from ingest.wire.broker.locks import is_held, lock, try_lock, turn


def test_one_alone_or_many_shared(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    first = try_lock(path, shared=True)
    second = try_lock(path, shared=True)
    assert first is not None
    assert second is not None
    assert try_lock(path) is None
    assert not is_held(path)
    os.close(first)
    assert try_lock(path) is None
    os.close(second)
    alone = try_lock(path)
    assert alone is not None
    assert is_held(path)
    assert try_lock(path, shared=True) is None
    os.close(alone)
    assert not is_held(path)


def test_asking_makes_no_file(tmp_path: Path) -> None:
    assert not is_held(tmp_path / "lock")
    assert list(tmp_path.iterdir()) == []


def test_a_turn_that_does_not_come_is_an_error_with_its_numbers(tmp_path: Path) -> None:
    with turn(tmp_path / "lock", 1, "nobody"), pytest.raises(BrokerError, match=r"waited 0\.1 s for the other one"):
        lock(tmp_path / "lock", 0.1, waiting_for="the other one")
    with turn(tmp_path / "lock", 0.1, "nobody"):
        assert is_held(tmp_path / "lock")


def test_a_lock_left_to_a_child_lasts_as_long_as_the_child(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    descriptor = lock(path, 1, waiting_for="nobody")
    with subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, pass_fds=[descriptor]
    ) as child:
        os.close(descriptor)
        assert is_held(path)
        child.kill()
    assert not is_held(path)


def test_ordinary_children_inherit_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    descriptor = lock(path, 1, waiting_for="nobody")
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        os.close(descriptor)
        assert not is_held(path)
        child.kill()
