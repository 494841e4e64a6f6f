"""The report's page in a real browser."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from dashboards.report import Geography, ReportOptions, write_report
from tests.dashboards.report.staging.browsing import Visit
from tests.dashboards.report.staging.cases import NOW
from tests.dashboards.report.staging.releases import sources
from tests.dashboards.report.staging.sample import sample


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
