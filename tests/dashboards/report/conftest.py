"""A real browser for the tests marked `browser`, and the report's page in it."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from dashboards.report import Geography, ReportOptions, write_report
from tests.dashboards.report.staging.browsing import Visit
from tests.dashboards.report.staging.cases import NOW
from tests.dashboards.report.staging.releases import sources
from tests.dashboards.report.staging.sample import sample

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


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the sample's report once."""
    out = tmp_path_factory.mktemp("report") / "report.html"
    options = ReportOptions(
        generated_at=NOW,
        policy_version="1.4",
        oldest=NOW.replace(year=2015, month=5, day=17, hour=10, minute=5),
        newest=NOW.replace(year=2015, month=5, day=20, hour=21, minute=5),
        geography=Geography("Places", NOW.date(), '<a href="https://db-ip.com">IP Geolocation by DB-IP</a>, CC BY 4.0'),
        findings=("All lines come from 2 addresses: is there a proxy?",),
    )
    write_report(sources(sample()), out, options=options)
    return out


@pytest.fixture
def visit(browser: Browser, report: Path) -> Iterator[Callable[..., Visit]]:
    """Open the report as a reader of a given screen, theme and so on; nothing may go wrong meanwhile."""
    contexts: list[BrowserContext] = []
    visits: list[Visit] = []

    def open_report(state: str = "", *, width: int = 1280, **context: Any) -> Visit:
        usual: dict[str, Any] = {"locale": "en-GB", "reduced_motion": "reduce"}
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, **usual | context))
        page: Page = contexts[-1].new_page()
        visits.append(Visit(page))
        page.goto(f"{report.as_uri()}{state}")
        return visits[-1]

    yield open_report
    for opened in visits:
        assert opened.complaints == []
        assert opened.asked_outside == []
    for context in contexts:
        context.close()
