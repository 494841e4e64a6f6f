"""A small warehouse with one night behind it, and its door."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from policy import load_policy
from tests.warehouse.nightly.hits import NOW, Worker, crowd, day, open_lake, traffic
from warehouse.door import Door, Limits, Session
from warehouse.keyring import Keyring, MasterKey
from warehouse.lake import Lake
from warehouse.nightly import run_nightly
from warehouse.registry import Access, Registry, Subjects, sqlite_url

WHO = "anna"


@dataclass(frozen=True)
class House:
    """The warehouse of these tests."""

    folder: Path
    lake: Lake
    registry: Registry

    def door(self, limits: Limits | None = None) -> Door:
        return Door(self.lake, self.registry, self.lake.policy, lambda: NOW, limits)

    def last_access(self) -> Access:
        return self.registry.accesses()[-1]


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    # A folder's name may have anything in it that means something to SQL or to a glob.
    folder = tmp_path_factory.mktemp("house") / "it's [a] data*dir?"
    folder.mkdir()
    policy = load_policy()
    with Registry.open(sqlite_url(folder)) as registry:
        keyring = Keyring(registry, MasterKey(bytes(32)), lambda: NOW)
        lake = open_lake(folder, policy, keyring)
        Worker(lake).take(
            [*traffic(3, [day(0), day(1)]), *crowd(day(1), 12, country="SE", region="SE-AB", path="/sweden")]
        )
        run_nightly(
            lake,
            registry,
            keyring,
            policy,
            subjects=Subjects(registry, keyring, lambda: NOW),
            now=NOW,
            own_hosts={"shop": ("shop.example",)},
            counting={},
            currency="USD",
            as_of=NOW.date(),
        )
        yield House(folder, lake, registry)


@pytest.fixture
def analyst(house: House) -> Iterator[Session]:
    with house.door().open(who=WHO) as session:
        yield session


@pytest.fixture
def operator(house: House) -> Iterator[Session]:
    with house.door().open("batch", "operations", who=WHO) as session:
        yield session
