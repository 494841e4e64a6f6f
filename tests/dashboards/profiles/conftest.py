"""The page of customers in a real browser."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from dashboards.profiles import write_profiles
from tests.dashboards.profiles.staging.marts import OPTIONS, ask_of
from tests.dashboards.profiles.staging.sample import SHOWN, sample
from tests.dashboards.report.staging.browsing import Visit, visiting


@pytest.fixture(scope="session")
def customers_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the sample's page once."""
    out = tmp_path_factory.mktemp("profiles") / "customers.html"
    write_profiles(ask_of(sample()), out, options=replace(OPTIONS, customers_max=SHOWN))
    return out


@pytest.fixture
def visit(browser: Browser, customers_page: Path) -> Iterator[Callable[..., Visit]]:
    """Open the page, as often as a test wants to."""
    with visiting(browser, customers_page) as open_customers:
        yield open_customers
