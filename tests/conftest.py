"""What every test may use: the shared data where it is present, and the policy in force."""

from pathlib import Path

import pytest
from hypothesis import settings

from tests.browser_fixture import axe, browser
from tests.kafka_fixture import kafka_bootstrap, kafka_broker

__all__ = ["axe", "browser", "kafka_bootstrap", "kafka_broker"]

# Timing never decides a test: this machine is shared, and a slow example is no failure.
settings.register_profile("house", deadline=None, print_blob=True)
settings.load_profile("house")

PROJECT = Path(__file__).parents[1]


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
