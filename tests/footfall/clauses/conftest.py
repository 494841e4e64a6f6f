"""A small warehouse, made once for all tests of the checks, whatever process they run in."""

import fcntl
import os
from functools import cache
from pathlib import Path

import pytest

from footfall import house
from policy import load_policy
from tests.footfall.clauses.warehouse import copied, make


@pytest.fixture(scope="session")
def made_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the small shop's warehouse; nobody may open it, only copies.

    Tests may run in several processes at once: the first of them makes it, the others wait and take the same.
    """
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "clauses"
    folder.mkdir(exist_ok=True)
    done = folder / "data is in"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            done.write_text(str(make(folder)))
    return Path(done.read_text())


@pytest.fixture
def data(made_warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a copy of it, to be damaged; reading the policy once saves a tenth of a second for each."""
    monkeypatch.setattr(house, "load_policy", POLICIES)
    return copied(made_warehouse, tmp_path)


POLICIES = cache(load_policy)
