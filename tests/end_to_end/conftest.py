"""The product as its users start it: the console command, in a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TIMEOUT_S = 120


class Footfall:
    """Runs the command line on one warehouse.

    Attributes:
        data: the warehouse's folder.
        environment: what is set besides the test's own environment.
    """

    def __init__(self, data: Path, environment: dict[str, str]) -> None:
        self.data = data
        self.environment = environment

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a verb and do not wait for it."""
        return subprocess.Popen(
            [sys.executable, "-m", "footfall", *words],
            env={**os.environ, "FOOTFALL_DATA": str(self.data), **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *words: str, code: int = 0) -> str:
        """Run a verb to its end, which must be this exit code; give what it printed, errors for a code other than 0."""
        with self.start(*words) as process:
            out, err = process.communicate(timeout=TIMEOUT_S)
        assert process.returncode == code, f"footfall {' '.join(words)} ended with {process.returncode}:\n{out}\n{err}"
        return err if code else out

    def rows(self, question: str, role: str = "batch") -> list[dict[str, Any]]:
        """Ask in SQL."""
        answer: list[dict[str, Any]] = json.loads(self("sql", "--role", role, "--format", "json", question))
        return answer

    def status(self) -> dict[str, Any]:
        """Give the accounting."""
        state: dict[str, Any] = json.loads(self("status", "--json"))
        return state


@pytest.fixture(scope="session")
def new_footfall(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Footfall]:
    """Make a fresh warehouse, in a folder whose name has a blank."""

    def make(**environment: str) -> Footfall:
        return Footfall(tmp_path_factory.mktemp("house") / "a site", environment)

    return make
