"""A small input, the same for all tests here."""

from datetime import UTC, datetime

import pytest

from bench.input.world import World, build_world

START = datetime(2026, 11, 2, tzinfo=UTC)
RECORDS = 20_000
SHARE = 0.05


@pytest.fixture(scope="session")
def world() -> World:
    return build_world(records=RECORDS, address_share=SHARE, start=START, seed=7)
