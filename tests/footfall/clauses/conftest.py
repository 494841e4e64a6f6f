"""A small warehouse, made once for all tests of the checks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.footfall.clauses.warehouse import copied, make


@pytest.fixture(scope="session")
def made_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the small shop's warehouse; nobody may change it."""
    return make(tmp_path_factory.mktemp("clauses"))


@pytest.fixture
def data(made_warehouse: Path, tmp_path: Path) -> Iterator[Path]:
    """Give a copy of it, to be damaged."""
    with copied(made_warehouse, tmp_path) as copy:
        yield copy
