"""A real registry in a folder of its own, with a real keyring."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.warehouse.registry.forms import AT
from warehouse.keyring import Keyring, MasterKey
from warehouse.registry import Registry, Subjects, sqlite_url


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with Registry.open(sqlite_url(tmp_path)) as opened:
        yield opened


@pytest.fixture
def keyring(registry: Registry) -> Keyring:
    return Keyring(registry, MasterKey(bytes(range(32))), lambda: AT)


@pytest.fixture
def subjects(registry: Registry, keyring: Keyring) -> Subjects:
    return Subjects(registry, keyring, lambda: AT)
