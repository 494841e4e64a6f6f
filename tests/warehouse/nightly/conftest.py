"""A warehouse in which nights can be run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from policy import Policy, load_policy
from tests.warehouse.nightly.hits import NOW, Worker, open_lake
from warehouse.keyring import Keyring, MasterKey
from warehouse.lake import Lake
from warehouse.nightly import NightlySummary, run_nightly
from warehouse.registry import Registry, sqlite_url

OWN_HOSTS = {"shop": ("www.shop.example",)}


class Clock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Warehouse:
    """A lake with a worker, a registry and a keyring."""

    lake: Lake
    registry: Registry
    policy: Policy
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.worker = Worker(self.lake)
        self.keyring = Keyring(self.registry, MasterKey(bytes(32)), self.clock)

    def night(
        self, policy: Policy | None = None, own_hosts: Mapping[str, Sequence[str]] | None = None
    ) -> NightlySummary:
        hosts = OWN_HOSTS if own_hosts is None else own_hosts
        return run_nightly(
            self.lake, self.registry, self.keyring, policy or self.policy, now=self.clock.at, own_hosts=hosts
        )

    def rows(self, table: str) -> list[dict[str, Any]]:
        found = self.lake.table(table).read()
        return found.sort_by([(name, "ascending") for name in found.column_names]).to_pylist()


@pytest.fixture(scope="session")
def plimus() -> Policy:
    return load_policy()


@pytest.fixture
def warehouse(tmp_path: Path, plimus: Policy) -> Iterator[Warehouse]:
    with Registry.open(sqlite_url(tmp_path)) as registry:
        yield Warehouse(open_lake(tmp_path, plimus), registry, plimus)


@pytest.fixture
def other_warehouse(tmp_path: Path, plimus: Policy) -> Iterator[Warehouse]:
    folder = tmp_path / "other"
    folder.mkdir()
    with Registry.open(sqlite_url(folder)) as registry:
        yield Warehouse(open_lake(folder, plimus), registry, plimus)
