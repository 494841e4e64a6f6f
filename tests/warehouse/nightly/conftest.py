"""A warehouse in which nights can be run."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from policy import Policy, load_policy
from tests.warehouse.nightly.hits import NOW, Worker, open_lake
from warehouse.keyring import Keyring, MasterKey
from warehouse.nightly import NightlySummary, Progress, Registered, run_nightly
from warehouse.registry import Erasure, Registry, sqlite_url

OWN_HOSTS = {"shop": ("www.shop.example",)}


REGISTERED = pa.schema([("customer", pa.int64()), ("role", pa.string())])


@dataclass
class People:
    """The registered customers of a test, by pseudonym."""

    roles: dict[int, str] = field(default_factory=dict)
    queued: list[Erasure] = field(default_factory=list)
    changed_at: dict[int, datetime] = field(default_factory=dict)

    def erasures(self) -> list[Erasure]:
        return self.queued

    def note_erased(self, customers: Collection[int]) -> None:
        self.queued = [replace(one, state="removed") if one.customer in customers else one for one in self.queued]

    def unchanged_since(self, before: datetime) -> npt.NDArray[np.int64]:
        return np.array(sorted(customer for customer, at in self.changed_at.items() if at < before), np.int64)

    def let_go(self, customers: Collection[int], before: datetime) -> int:
        gone = {customer for customer in customers if self.changed_at[customer] < before}
        self.changed_at = {customer: at for customer, at in self.changed_at.items() if customer not in gone}
        self.roles = {customer: role for customer, role in self.roles.items() if customer not in gone}
        return len(gone)

    def registered(self) -> pa.Table:
        rows = [{"customer": customer, "role": self.roles[customer]} for customer in sorted(self.roles)]
        return pa.Table.from_pylist(rows, REGISTERED)


class Clock:
    """A clock that stands until it is set."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Warehouse:
    """A lake with a worker, a registry and a keyring."""

    folder: Path
    registry: Registry
    policy: Policy
    clock: Clock = field(default_factory=Clock)
    people: People = field(default_factory=People)

    def __post_init__(self) -> None:
        self.keyring = Keyring(self.registry, MasterKey(bytes(32)), self.clock)
        self.lake = open_lake(self.folder, self.policy, self.keyring)
        self.worker = Worker(self.lake)

    def night(
        self,
        policy: Policy | None = None,
        *,
        own_hosts: Mapping[str, Sequence[str]] | None = None,
        counting: Mapping[str, str] | None = None,
        currency: str = "USD",
        as_of: date | None = None,
        at_once: bool = False,
        subjects: Registered | None = None,
        progress: Progress | None = None,
    ) -> NightlySummary:
        return run_nightly(
            self.lake,
            self.registry,
            self.keyring,
            policy or self.policy,
            subjects=subjects or self.people,
            now=self.clock.at,
            own_hosts=OWN_HOSTS if own_hosts is None else own_hosts,
            counting=counting or {},
            currency=currency,
            as_of=as_of or self.clock.at.date(),
            at_once=at_once,
            progress=progress,
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
        yield Warehouse(tmp_path, registry, plimus)


@pytest.fixture
def other_warehouse(tmp_path: Path, plimus: Policy) -> Iterator[Warehouse]:
    folder = tmp_path / "other"
    folder.mkdir()
    with Registry.open(sqlite_url(folder)) as registry:
        yield Warehouse(folder, registry, plimus)
