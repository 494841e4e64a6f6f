"""The real log's own report: sound in a browser, and nothing in it tells a hidden day."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.dashboards.report.staging.browsing import Visit
from tests.dashboards.report.test_browser import AXE_TAGS, JUDGE, OPEN_ALL, THEMES
from tests.end_to_end.conftest import Footfall

pytestmark = pytest.mark.kafka
K = 10


@pytest.fixture(scope="module")
def house(new_footfall: Callable[..., Footfall], shared: Path) -> Footfall:
    made = new_footfall(kafka=True)
    made("run", "--log", str(shared / "weblogs" / "apache_logs.gz"))
    return made


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 360])
def test_the_page_is_sound_in_light_and_dark(house: Footfall, browser: Browser, axe: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    visit = Visit(context.new_page())
    visit.page.goto((house.data / "report.html").as_uri())
    assert "10,000" in visit.page.inner_text("main")
    visit.page.evaluate(OPEN_ALL)
    visit.page.evaluate(axe)
    for theme in THEMES:
        visit.page.emulate_media(color_scheme=theme)
        assert visit.page.evaluate(JUDGE, ["html", AXE_TAGS])["violations"] == [], theme
    assert visit.too_wide() == []
    assert visit.complaints == []
    assert visit.asked_outside == []
    context.close()


@pytest.mark.browser
def test_countries_are_the_sum_of_their_regions_on_the_page(house: Footfall, browser: Browser) -> None:
    """R7: the difference of the two tables is nothing, so it gives no hidden day away."""
    page = browser.new_page()
    page.goto((house.data / "report.html").as_uri())
    tables: dict[str, list[list[float]]] = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll("#places tr[data-c]")].map((country) => [
          country.dataset.c,
          [country, ...document.querySelectorAll(`#places tr[data-of="${country.dataset.c}"]`)].map((row) => {
            const figures = [...row.querySelectorAll("data")].map((figure) => +figure.value);
            return [figures[0], figures.at(-1)];
          }).filter(([views]) => views !== undefined)]))"""
    )
    page.close()
    with_regions = {country: rows for country, rows in tables.items() if len(rows) > 1}
    assert "US" in with_regions
    for country, (whole, *parts) in with_regions.items():
        assert whole == [sum(figures) for figures in zip(*parts, strict=True)], country


def test_releases_leave_nothing_to_subtract(house: Footfall) -> None:
    """R7: each day's rows add up to the day, no row is below k, a merged row holds two groups or more."""
    rows = house.rows("select event_date, country, region, views, visitors, groups from geo_daily", "analyst")
    exact = house.rows(
        "select event_date, country, region, count(*) as views, count(distinct visitor) as visitors from page_views group by all"
    )
    released: Counter[str] = Counter()
    counted: Counter[str] = Counter()
    for row in rows:
        assert row["visitors"] >= K
        assert row["groups"] >= 2 or "other" not in {row["country"], row["region"]}
        released[row["event_date"]] += row["views"]
    for row in exact:
        counted[row["event_date"]] += row["views"]
    assert released == counted
    small = {(row["event_date"], row["country"], row["region"]) for row in exact if row["visitors"] < K}
    assert len(small) > 100
    assert not small & {(row["event_date"], row["country"], row["region"]) for row in rows}
