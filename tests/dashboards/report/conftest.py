"""The report's page in a real browser."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from dashboards.report import Geography, ReportOptions, write_report
from tests.dashboards.report.staging.browsing import Visit, visiting
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
    """Open the report, as often as a test wants to."""
    with visiting(browser, report) as open_report:
        yield open_report
