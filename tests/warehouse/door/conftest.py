"""A small warehouse with one night behind it, visitors and customers in it, and its door."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa

from policy import load_policy
from tests.warehouse.nightly.conftest import People
from tests.warehouse.nightly.customers import at, event, order
from tests.warehouse.nightly.hits import NOW, Worker, crowd, day, open_lake, traffic
from warehouse.door import Door, Limits, Session
from warehouse.keyring import Keyring, MasterKey
from warehouse.lake import Lake
from warehouse.nightly import run_nightly
from warehouse.registry import Access, Registry, schema, sqlite_url

WHO = "anna"
VISITOR = 8_800_000_000_001
"""Stands in `hits` alone."""
VENDOR = "vendor-who-sings"
"""Stands in `purchases` alone."""
ORIGIN = "origin-that-sings.log"
"""Stands in the registry alone."""
CUSTOMERS = tuple(7_100_000_000_000_000_000 + number for number in range(1, 7))


@dataclass(frozen=True)
class House:
    """The warehouse of these tests; `hidden` are the customers who must be seen in no mart."""

    folder: Path
    lake: Lake
    registry: Registry
    hidden: list[int] = field(default_factory=list)

    def door(self, limits: Limits | None = None) -> Door:
        return Door(self.lake, self.registry, self.lake.policy, lambda: NOW, limits, hidden=self.hidden_rows)

    def hidden_rows(self) -> pa.Table:
        return pa.table({"customer": pa.array(self.hidden, pa.int64())})

    def last_number(self) -> int:
        with self.registry.read() as connection:
            return int(connection.execute(sa.select(sa.func.max(schema.audit.c.number))).scalar_one() or 0)

    def last_access(self) -> Access:
        return self.registry.accesses(self.last_number() - 1)[0]


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    # A folder's name may have anything in it that means something to SQL or to a glob.
    folder = tmp_path_factory.mktemp("house") / "it's [a] data*dir?"
    folder.mkdir()
    policy = load_policy()
    with Registry.open(sqlite_url(folder)) as registry:
        registry.register_origin(1, ORIGIN, "shop", NOW)
        keyring = Keyring(registry, MasterKey(bytes(32)), lambda: NOW)
        lake = open_lake(folder, policy, keyring)
        worker = Worker(lake)
        worker.take(
            [
                *traffic(3, [day(0), day(1)]),
                *crowd(day(1), 12, start=VISITOR, country="SE", region="SE-AB", path="/sweden"),
            ]
        )
        for number in (0, 1):
            worker.take_about_customers(
                "customer_events", [event(customer, at(number, 9), "/games/chess") for customer in CUSTOMERS]
            )
        worker.take_about_customers(
            "purchases", [order(customer, at(1, 10), vendor=VENDOR) for customer in CUSTOMERS[:3]]
        )
        people = People(dict.fromkeys(CUSTOMERS, "customer"))
        run_nightly(
            lake,
            registry,
            keyring,
            policy,
            subjects=people,
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


@pytest.fixture
def marketer(house: House) -> Iterator[Session]:
    with house.door().open("marketing", "marketing", who=WHO) as session:
        yield session
