"""What every test may use: the shared data where it is present, and the policy in force."""

import gc
from pathlib import Path
from typing import Final

import pytest
from hypothesis import settings

from tests.browser_fixture import axe, browser
from tests.kafka_fixture import kafka_broker

__all__ = ["axe", "browser", "kafka_broker"]

# Timing never decides a test: this machine is shared, and a slow example is no failure.
settings.register_profile("house", deadline=None, print_blob=True)
settings.load_profile("house")

PROJECT = Path(__file__).parents[1]

LONGEST: Final = (
    "end_to_end/fire/test_storm.py",
    "end_to_end/test_real_log.py",
    "ingest/worker/test_losses.py",
    "warehouse/nightly/test_nightly.py",
    "warehouse/nightly/marts/test_counted.py",
    "footfall/keys/test_keys_destroy.py",
    "warehouse/nightly/marts/test_customers.py",
    "warehouse/nightly/marts/test_profiles.py",
    "end_to_end/workers/test_staying.py",
    "end_to_end/customers/test_customers.py",
    "footfall/clauses/test_checks.py",
    "dashboards/report/test_browser.py",
    "warehouse/attack/test_attack.py",
    "ingest/broker/test_sharing.py",
    "end_to_end/test_bad_input.py",
    "end_to_end/test_python.py",
    "warehouse/nightly/test_epochs.py",
    "footfall/network/test_connections.py",
    "ingest/worker/test_away.py",
    "footfall/canaries/test_proof.py",
    "ingest/secure/test_journey.py",
    "end_to_end/test_wheel.py",
    "end_to_end/customers/test_cdnow.py",
)
"""These files begin first, or one of them would run on alone when all others are done."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first, which is the order of `make test`; within each, the order stays."""
    places = {PROJECT / "tests" / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


def pytest_collection_finish() -> None:
    """Let Python's search for cycles pass over four thousand tests and their modules, which stay: each would go through all."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """Let everything go in order at the end, or libraries complain of what is left."""
    gc.unfreeze()


@pytest.fixture(scope="session")
def project() -> Path:
    """Return the project's root folder."""
    return PROJECT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Give real logs and databases from beside the project, which their licences keep out of it."""
    folder = PROJECT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the folder shared/data with real logs is not beside the project")
    return folder
