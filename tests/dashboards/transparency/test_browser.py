"""The transparency report in a real browser: for eyes, for screen readers, by keyboard, on a phone, on paper and without scripts."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from dashboards.transparency import write_report
from tests.dashboards.report.staging.browsing import OPEN_ALL, THEMES, Visit, visiting
from tests.dashboards.transparency.sample import sample

pytestmark = pytest.mark.browser
Open = Callable[..., Visit]


@pytest.fixture(scope="session")
def report_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the sample once."""
    out = tmp_path_factory.mktemp("transparency") / "report.html"
    write_report(sample(), out)
    return out


@pytest.fixture
def visit(browser: Browser, report_page: Path) -> Iterator[Open]:
    """Open the page, as often as a test wants to."""
    with visiting(browser, report_page) as open_report:
        yield open_report


@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(visit: Open, axe: str, width: int) -> None:
    seen = visit(width=width)
    assert seen.too_wide() == []
    seen.page.evaluate(OPEN_ALL)
    assert seen.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    seen.page.evaluate(axe)
    for theme in THEMES:
        assert seen.violations(theme) == [], theme


def test_a_row_is_a_card_on_a_phone_and_says_what_its_cells_are(visit: Open) -> None:
    seen = visit(width=320)
    seen.page.evaluate(OPEN_ALL)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 320
    cell = seen.page.locator("#clauses td").first
    assert seen.page.evaluate("(e) => getComputedStyle(e, '::before').content", cell.element_handle()) == '"Result: "'
    expect(cell).to_contain_text("holds")


def test_parts_open_by_key_and_results_do_not_rest_on_colour(visit: Open) -> None:
    seen = visit()
    expect(seen.page.locator("#clauses table").first).to_be_hidden()
    seen.page.locator("#clauses summary").first.press("Enter")
    expect(seen.page.locator("#clauses table").first).to_be_visible()
    signs = {text.split()[0] for text in seen.page.locator("#clauses .result").all_text_contents()}
    assert len(signs) == 4
    assert seen.page.title() == "Transparency report of 25 November 2026"


def test_nothing_is_stored_and_the_theme_stands_in_the_address(visit: Open) -> None:
    seen = visit()
    seen.page.get_by_role("button", name="Theme").click()
    assert seen.place == "#transparency?theme=light"
    assert seen.page.context.cookies() == []
    assert seen.page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_it_can_be_read_without_scripts_and_printed(visit: Open) -> None:
    seen = visit(java_script_enabled=False)
    seen.page.locator("#purposes").scroll_into_view_if_needed()
    expect(seen.one(".js-only:visible")).to_have_count(0)
    seen.page.locator("#stored summary").nth(1).click()
    expect(seen.page.locator("#stored table").nth(1)).to_be_visible()
    assert seen.page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
