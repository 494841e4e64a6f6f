"""A lake in a folder whose name has a blank, a clock that the test sets, keys in memory, and rows of some tables."""

import secrets
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from policy import Policy, load_policy
from policy.errors import FootfallError
from policy.schemas import arrow_schema
from warehouse.lake import Lake

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY, NEXT_MONTH = date(2026, 10, 31), date(2026, 11, 1)
PERSON = 7_241_983_650_127_488_019
Events = Callable[..., pa.Table]


def put(lake: Lake, name: str, rows: pa.Table, start: int = 0) -> None:
    table = lake.table(name)
    assert table.commit(table.stage(rows), app_id="c/t/0", start=start, end=start + 1)


class Clock:
    """Tells the time that the test has set."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


class Keys:
    """Random keys of files, that can be lost or confused; the keyring's have a suite of their own."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}
        self.gone: dict[str, date] = {}
        self.generation = 1

    def file_key(self, purpose: str, month: str) -> tuple[str, bytes]:
        key_id = f"{purpose}/{month}/{self.generation}"
        return key_id, self.held.setdefault(key_id, secrets.token_bytes(16))

    def key_by_id(self, key_id: str) -> bytes:
        if key_id not in self.held:
            raise FootfallError("it was destroyed")
        return self.held[key_id]

    def destroyed(self, purpose: str) -> dict[str, date]:
        return {key_id: on for key_id, on in self.gone.items() if key_id.startswith(f"{purpose}/")}

    def destroy(self, key_id: str) -> None:
        del self.held[key_id]
        self.gone[key_id] = NOON.date()


@pytest.fixture(scope="session")
def policy() -> Policy:
    return load_policy()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
def lake(tmp_path: Path, policy: Policy, clock: Clock, keys: Keys) -> Lake:
    return Lake(tmp_path / "a lake", policy, clock, keys)


@pytest.fixture
def hits(policy: Policy) -> Callable[..., pa.Table]:
    """Make rows of `hits`, one for each day given, ordinary but for what is named."""

    def make(*days: date, **other: Any) -> pa.Table:
        ordinary = {
            "kind": "page",
            "utc_offset_min": 0,
            "site": "shop",
            "channel": "web",
            "collected_via": "log_file",
            "method": "GET",
            "path": "/",
            "status": 200,
            "bytes": 512,
            "country": "DE",
            "region": "DE-BY",
            "device": "Desktop",
            "browser": "Firefox",
            "system": "Linux",
            "is_bot": False,
            "visitor": 1,
            "policy_version": policy.version,
            "intake": "topic/0/0",
            "taken_at": NOON,
        }
        rows = [
            {
                **ordinary,
                "event_time": datetime(day.year, day.month, day.day, 8, tzinfo=UTC),
                "event_date": day,
                **other,
            }
            for day in days
        ]
        return pa.Table.from_pylist(rows, schema=arrow_schema(policy, "hits"))

    return make


@pytest.fixture
def events(policy: Policy) -> Callable[..., pa.Table]:
    """Make rows of `customer_events`, one a day and customer, ordinary but for what is named."""

    def make(days: list[date], customers: list[int], **other: Any) -> pa.Table:
        rows = [
            {
                "customer": customer,
                "event_time": datetime(day.year, day.month, day.day, 8, minute % 60, tzinfo=UTC),
                "kind": "page",
                "site": "shop",
                "channel": "web",
                "path": "/games",
                "country": "DE",
                "collected_via": "clickstream",
                "policy_version": policy.version,
                "event_date": day,
                **other,
            }
            for day in days
            for minute, customer in enumerate(customers)
        ]
        return pa.Table.from_pylist(rows, schema=arrow_schema(policy, "customer_events"))

    return make
