"""A lake in a folder whose name has a blank, a clock that the test sets, and rows of one table."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from policy import Policy, load_policy
from policy.schemas import arrow_schema
from warehouse.lake import Lake

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Clock:
    """Tells the time that the test has set."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="session")
def policy() -> Policy:
    return load_policy()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lake(tmp_path: Path, policy: Policy, clock: Clock) -> Lake:
    return Lake(tmp_path / "a lake", policy, clock)


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
