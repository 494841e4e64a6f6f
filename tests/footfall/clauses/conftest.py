"""A small warehouse, made once for all tests of the checks."""

from functools import cache
from pathlib import Path

import pytest

from footfall import house
from policy import load_policy
from tests.footfall.clauses.warehouse import copied, make


@pytest.fixture(scope="session")
def made_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the small shop's warehouse; nobody may change it."""
    return make(tmp_path_factory.mktemp("clauses"))


@pytest.fixture
def data(made_warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a copy of it, to be damaged; reading the policy once saves a tenth of a second for each."""
    monkeypatch.setattr(house, "load_policy", POLICIES)
    return copied(made_warehouse, tmp_path)


POLICIES = cache(load_policy)
