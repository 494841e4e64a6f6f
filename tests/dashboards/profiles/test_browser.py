"""The page of customers in a real browser: for eyes, for screen readers, by keyboard, on paper and without scripts."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.dashboards.profiles.staging.sample import SHOWN, sample
from tests.dashboards.report.staging.browsing import OPEN_ALL, THEMES, Visit

pytestmark = pytest.mark.browser
Open = Callable[..., Visit]


def _ranked() -> list[int]:
    """Give the numbers of those who spent most, as the page must list them."""
    people = sorted(sample()["customer_profiles"], key=lambda person: (-person["monetary"], person["customer"]))
    return [person["customer"] for person in people[:SHOWN]]


@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(visit: Open, axe: str, width: int) -> None:
    seen = visit(width=width)
    assert seen.too_wide() == []
    seen.page.evaluate("for (const e of document.querySelectorAll('.how details, .made')) e.open = true")
    assert seen.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    seen.page.evaluate(axe)
    for theme in THEMES:
        assert seen.violations(theme) == [], theme
    seen.page.get_by_role("button", name="Privacy").click()
    for theme in THEMES:
        assert seen.violations(theme, "#privacy") == [], theme


def test_nothing_scrolls_sideways_on_the_smallest_phone_with_every_customer_open(visit: Open) -> None:
    seen = visit(width=320, java_script_enabled=True)
    seen.page.evaluate("for (const e of document.querySelectorAll('.profile')) { e.hidden = false; e.name = '' }")
    seen.page.evaluate(OPEN_ALL)
    assert seen.too_wide() == []
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 320


def test_figures_can_be_read_on_every_shade_of_the_grid(visit: Open) -> None:
    seen = visit()
    contrast = """() => [...document.querySelectorAll(".rfm tbody td")].map((cell) => {
      const light = (colour) => {
        const parts = colour.match(/[\\d.]+/g).slice(0, 3).map((part) => {
          const value = part / 255;
          return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
      };
      const style = getComputedStyle(cell);
      const [low, high] = [light(style.color), light(style.backgroundColor)].sort((a, b) => a - b);
      return [cell.className, (high + 0.05) / (low + 0.05)];
    })"""
    for theme in THEMES:
        seen.page.emulate_media(color_scheme=theme)
        found = seen.page.evaluate(contrast)
        assert {shade for shade, _ in found} == {"h0", "h1", "h2", "h3", "h4", "h5"}
        assert [(shade, ratio) for shade, ratio in found if ratio < 4.5] == [], theme


def test_names_that_want_to_break_the_page_stay_text(visit: Open) -> None:
    seen = visit()
    assert seen.page.title() == "Customers: profiles as of 22 November 2026"
    expect(seen.one("#interests tbody")).to_contain_text("</script><script>document.title='broken'</script>")
    expect(seen.one("body img")).to_have_count(0)


def test_one_customer_stands_beside_the_list_and_another_is_one_key_away(visit: Open) -> None:
    seen = visit()
    shown = seen.page.locator(".profile:visible")
    expect(shown).to_have_count(1)
    expect(shown).to_contain_text(str(_ranked()[0]))
    expect(seen.one("#list tr[aria-current] a")).to_have_attribute("href", "#customer-1")
    seen.page.locator("#list tbody a").nth(6).press("Enter")
    expect(shown).to_have_count(1)
    expect(shown).to_contain_text(str(_ranked()[6]))
    expect(shown.get_by_role("heading", name="Newest pages and orders")).to_be_visible()
    expect(seen.one("#list tr[aria-current] a")).to_have_attribute("href", "#customer-7")
    assert seen.place == "#customer-7"
    again = visit(seen.place)
    expect(again.page.locator(".profile:visible")).to_contain_text(str(_ranked()[6]))


def test_on_a_phone_a_number_leads_to_its_customer(visit: Open) -> None:
    seen = visit(width=360)
    seen.page.locator("#list tbody a").nth(3).click()
    expect(seen.page.locator(".profile:visible summary")).to_be_focused()
    expect(seen.page.locator(".profile:visible summary")).to_be_in_viewport()


def test_the_list_sorts_by_button_and_those_without_a_figure_come_last(visit: Open) -> None:
    seen = visit()
    head = seen.page.locator("#list thead th")
    head.nth(4).get_by_role("button").press("Enter")
    expect(head.nth(4)).to_have_attribute("aria-sort", "descending")
    orders = [int(text) for text in seen.page.locator("#list tbody td:nth-child(5)").all_inner_texts()]
    assert orders == sorted(orders, reverse=True)
    # The address is by rank, so a customer keeps the panel however the list is sorted.
    seen.page.locator("#list tbody a").first.click()
    number = seen.page.locator("#list tbody th").first.get_attribute("data-exact")
    expect(seen.page.locator(".profile:visible")).to_contain_text(str(number))


def test_csv_has_whole_numbers_and_exact_amounts(visit: Open) -> None:
    seen = visit()
    with seen.page.expect_download() as saving:
        seen.page.locator("#list").get_by_role("button", name="Save as CSV").click()
    assert saving.value.suggested_filename == "customers-list.csv"
    lines = Path(saving.value.path()).read_text("utf-8").splitlines()
    best = next(person for person in sample()["customer_profiles"] if person["customer"] == _ranked()[0])
    fifths = f"{best['r']} {best['f']} {best['m']}"
    assert lines[0] == "Number,Segment,R F M,Days ago,Orders,USD"
    assert lines[1] == ",".join(
        [
            str(best["customer"]),
            best["segment"].capitalize(),
            fifths,
            str(best["recency_days"]),
            str(best["orders"]),
            str(best["monetary"].normalize()),
        ]
    )
    assert len(lines) == 1 + SHOWN


def test_nothing_is_stored_in_the_browser(visit: Open) -> None:
    seen = visit()
    seen.page.get_by_role("button", name="Theme").click()
    seen.page.locator("#list tbody a").nth(2).click()
    assert seen.place == "#customer-3?theme=light"
    assert seen.page.context.cookies() == []
    assert seen.page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_paper_is_light_and_shows_the_customer_that_is_open(visit: Open) -> None:
    seen = visit("#customer-2?theme=dark")
    seen.page.emulate_media(media="print")
    seen.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert seen.page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    for hidden in (".tools", "[data-csv]", "#segments summary"):
        expect(seen.one(hidden).first).to_be_hidden()
    for shown in (".made dl", "#customer-2 .time", ".rfm"):
        expect(seen.one(shown).first).to_be_visible()
    expect(seen.page.locator(".profile:visible")).to_have_count(1)
    assert seen.page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_without_scripts_every_customer_unfolds_by_itself(visit: Open) -> None:
    seen = visit(java_script_enabled=False)
    panels = seen.page.locator(".profile > summary")
    expect(panels).to_have_count(SHOWN)
    expect(panels.nth(SHOWN - 1)).to_be_visible()
    expect(seen.one("#customer-1")).to_be_visible()
    expect(seen.one("#customer-5")).to_be_hidden()
    panels.nth(4).click()
    expect(seen.one("#customer-5 .time")).to_be_visible()
    expect(seen.one("#customer-1")).to_be_hidden()
    expect(seen.one(".js-only:visible")).to_have_count(0)
    seen.page.get_by_role("button", name="Privacy").click()
    expect(seen.page.get_by_role("dialog")).to_be_visible()


def test_numbers_take_the_readers_own_format(visit: Open) -> None:
    seen = visit(locale="de-DE")
    assert seen.page.locator("#segments tfoot data").nth(1).inner_text() == "1.227"
