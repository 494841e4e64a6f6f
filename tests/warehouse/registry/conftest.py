"""A real registry of its own, with a real keyring: in SQLite, and in PostgreSQL too where its server is installed.

A test that asks for `tmp_path` looks into SQLite's files, and is run on those only.
"""

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.warehouse.registry import postgresql
from tests.warehouse.registry.forms import AT
from warehouse.keyring import Keyring, MasterKey
from warehouse.registry import Registry, Subjects, sqlite_url

DATABASES = ("sqlite", "postgresql")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what needs no file on both databases."""
    if "url" in metafunc.fixturenames:
        looks_into_files = "tmp_path" in inspect.signature(metafunc.function).parameters
        metafunc.parametrize("url", DATABASES[:1] if looks_into_files else DATABASES, indirect=True)


@pytest.fixture(scope="session")
def fresh_database() -> Iterator[Callable[[], str]]:
    """Give what empties the database of the tests' own server and tells its address."""
    with postgresql.server() as fresh:
        yield fresh


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Name an empty database."""
    return sqlite_url(tmp_path) if request.param == "sqlite" else request.getfixturevalue("fresh_database")()


@pytest.fixture
def registry(url: str) -> Iterator[Registry]:
    with Registry.open(url) as opened:
        yield opened


@pytest.fixture
def keyring(registry: Registry) -> Keyring:
    return Keyring(registry, MasterKey(bytes(range(32))), lambda: AT)


@pytest.fixture
def subjects(registry: Registry, keyring: Keyring) -> Subjects:
    return Subjects(registry, keyring, lambda: AT)
