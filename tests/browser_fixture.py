"""A real browser for the tests marked `browser`, and the judge of what it shows."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, sync_playwright

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def _lacking(what: str) -> None:
    """Skip where the browser is a convenience; fail where it was promised (REQUIRE_BROWSER=1, as in CI)."""
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(f"{what}, but REQUIRE_BROWSER is 1")
    pytest.skip(what)


# For a module, not for the session: while Playwright's loop runs, asyncio.run() fails in every other test.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start Debian's Chromium, which asks the network for nothing by itself."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        _lacking("no Chromium is installed (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def axe(project: Path) -> str:
    """Read axe-core, which npm put beside its lock file."""
    script = project / "tests" / "browser" / "node_modules" / "axe-core" / "axe.min.js"
    if not script.is_file():
        _lacking("axe-core is not installed (npm ci in tests/browser)")
    return script.read_text("utf-8")
