"""The shipped policy, checked and as the plain document that tests may damage."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from policy import Policy, load_policy


@pytest.fixture(scope="session")
def plimus() -> Policy:
    """Give the policy in force."""
    return load_policy("plimus-1.4")


@pytest.fixture
def document(project: Path) -> dict[str, Any]:
    """Give the same policy as parsed TOML, fresh for each test."""
    return tomllib.loads((project / "policy" / "plimus-1.4.toml").read_text("utf-8"))
