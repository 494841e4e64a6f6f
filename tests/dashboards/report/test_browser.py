"""The page in a real browser: for eyes, for screen readers, by keyboard, on paper and without scripts."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Download, expect

from tests.dashboards.report.staging.browsing import OPEN_ALL, THEMES, Visit
from tests.dashboards.report.staging.sample import HOSTILE, PATHS

pytestmark = pytest.mark.browser
Open = Callable[..., Visit]


@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(visit: Open, axe: str, width: int) -> None:
    seen = visit("#traffic?open=US-DE", width=width)
    assert seen.too_wide() == []
    seen.page.evaluate(OPEN_ALL)
    assert seen.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    seen.page.evaluate(axe)
    for theme in THEMES:
        assert seen.violations(theme) == [], theme
    seen.page.get_by_role("button", name="Privacy").click()
    for theme in THEMES:
        assert seen.violations(theme, "#privacy") == [], theme


def test_nothing_scrolls_sideways_on_the_smallest_phone(visit: Open) -> None:
    seen = visit(width=320)
    assert seen.too_wide() == []
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 320


def test_files_and_their_reasons_are_read_on_a_phone_without_scrolling_sideways(visit: Open) -> None:
    seen = visit(width=360)
    files = seen.one("#lines .scroll")
    assert files.evaluate("e => e.scrollWidth <= e.clientWidth")
    row = files.locator("tbody tr", has=seen.page.locator(".reasons code")).first
    left = [row.locator(cell).evaluate("e => e.getBoundingClientRect().left") for cell in ("th", ".reasons")]
    assert left[0] == left[1]


def test_days_in_part_are_hatched_in_every_small_picture(visit: Open) -> None:
    fills = (
        visit().page.locator(".kpi .spark .part").evaluate_all("bars => bars.map((bar) => getComputedStyle(bar).fill)")
    )
    assert len(fills) >= 6
    assert set(fills) == {'url("#hatch")'}


def test_names_that_want_to_break_the_page_stay_text(visit: Open) -> None:
    seen = visit()
    assert seen.page.title() == "shop.example: footfall 17 to 20 May 2015"
    expect(seen.one("#pages tbody")).to_contain_text(HOSTILE[0])
    expect(seen.one("body img")).to_have_count(0)


def test_the_days_are_a_slider(visit: Open) -> None:
    seen = visit()
    slider = seen.page.get_by_role("slider", name="Day")
    seen.page.locator("#days summary").first.focus()
    seen.press("Shift+Tab")
    expect(slider).to_be_focused()
    expect(seen.one("#readout")).to_contain_text("Wednesday")
    seen.press("ArrowLeft", "ArrowLeft")
    expect(slider).to_have_attribute("aria-valuenow", "2")
    text = "Monday 18 May: 1,260 views, 840 visitors, 1.5 views each, 999 bot requests, 313 MB"
    expect(slider).to_have_attribute("aria-valuetext", text)
    expect(seen.one("#readout")).to_contain_text("Monday 18 May · 1,260 views · 840 visitors")
    seen.press("Home")
    expect(seen.one("#readout")).to_contain_text("Sunday 17 May, from 10:05")
    seen.press("PageUp")
    expect(slider).to_have_attribute("aria-valuenow", "4")


def test_the_map_is_one_stop_and_walks_by_rank(visit: Open) -> None:
    seen = visit()
    largest = seen.page.get_by_role("button", name="United States: 1,551 views")
    expect(seen.one(".place[tabindex='0']")).to_have_count(1)
    largest.focus()
    expect(seen.one("#place")).to_contain_text("United States · 1,551 views")
    seen.press("ArrowRight", "Enter")
    focused = seen.one(".place:focus")
    expect(focused).to_have_attribute("aria-label", "Germany: 495 views")
    expect(seen.page.get_by_role("row", name="Berlin")).to_be_visible()
    expect(seen.page.get_by_role("row", name="California")).to_be_hidden()
    assert seen.place == "#traffic?open=DE"
    seen.press("Enter")
    expect(seen.page.get_by_role("row", name="Berlin")).to_be_hidden()
    assert seen.place == "#traffic"


def test_a_row_opens_its_regions_and_the_address_remembers(visit: Open) -> None:
    seen = visit()
    button = seen.page.get_by_role("button", name="United States", exact=True)
    button.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(seen.page.get_by_role("row", name="California")).to_be_visible()
    again = visit(seen.place)
    expect(again.page.get_by_role("row", name="California")).to_be_visible()
    expect(again.page.get_by_role("row", name="Berlin")).to_be_hidden()


def test_tables_sort_by_button_and_other_stays_last(visit: Open) -> None:
    seen = visit("#traffic?open=US")
    head = seen.page.locator("#places thead th")
    head.nth(0).get_by_role("button").press("Enter")
    expect(head.nth(0)).to_have_attribute("aria-sort", "ascending")
    names = seen.page.locator("#places tbody tr:not(.region):visible th").all_inner_texts()
    assert names[:2] == ["Australia", "Brazil"]
    assert names[:-1] == sorted(names[:-1])
    assert names[-1] == "Other small countries"
    below = seen.page.locator("#places tr[data-c=US] + tr").inner_text()
    assert below.startswith("California")
    head.nth(1).get_by_role("button").click()
    expect(head.nth(1)).to_have_attribute("aria-sort", "descending")
    expect(head.nth(0)).not_to_have_attribute("aria-sort", "ascending")
    assert seen.page.locator("#places tbody tr th").first.inner_text() == "United States"


def test_long_tables_fold_into_a_row_that_still_adds_up(visit: Open) -> None:
    seen = visit()
    rows = seen.page.locator("#pages tbody tr:visible")
    total = int(seen.page.locator("#pages tfoot data").first.get_attribute("value") or 0)

    def shown() -> int:
        return sum(int(row.locator("data").first.get_attribute("value") or 0) for row in rows.all())

    assert rows.count() == 14
    assert shown() == total
    seen.page.get_by_role("button", name=f"{len(PATHS) - 12} more pages").press("Enter")
    assert rows.count() == len(PATHS) + 1
    assert shown() == total
    expect(seen.one("#pages .unfold")).to_have_count(0)


def _saved(seen: Visit, panel: str) -> tuple[Download, str]:
    with seen.page.expect_download() as saving:
        seen.page.locator(f"#{panel}").get_by_role("button", name="Save as CSV").click()
    return saving.value, Path(saving.value.path()).read_text("utf-8")


def test_csv_has_exact_numbers_all_rows_and_no_formula(visit: Open) -> None:
    seen = visit()
    saved, text = _saved(seen, "pages")
    assert saved.suggested_filename == "shop.example-pages.csv"
    lines = text.splitlines()
    assert lines[0] == "Path,Views,Share,Visitors"
    assert lines[1] == "/projects/xdotool/,1980,0.1805,1320"
    assert len(lines) == 1 + len(PATHS) + 2
    assert lines[-2].startswith("Other,")
    assert any(line.startswith('"\'=HYPERLINK(""http://example.com"",\'x\')",') for line in lines)
    assert any(line.startswith("'+1-2 @SUM(A1:A9),") for line in lines)
    assert not any(line.startswith(("=", "+", "-", "@")) for line in lines)


def test_csv_has_a_column_a_level_and_dates_for_machines(visit: Open) -> None:
    seen = visit()
    lines = _saved(seen, "places")[1].splitlines()
    assert lines[0] == "Country,Region,Views,Share,Visitors"
    assert lines[1].startswith("United States,,1551,")
    assert lines[2] == "United States,California,297,0.0643,198"
    assert "Germany,Other regions,297,0.0643,198" in lines
    assert lines[-1].startswith("All,,4620,")
    lines = _saved(seen, "days")[1].splitlines()
    assert lines[:2] == ["Day (UTC),Views,Visitors,Bot requests,Data", "2015-05-17,700,494,555,173950000"]


def test_the_theme_goes_round_and_stays_in_the_address(visit: Open) -> None:
    seen = visit(color_scheme="light")
    button = seen.page.get_by_role("button", name="Theme")

    def paper() -> str:
        return str(seen.page.evaluate("getComputedStyle(document.body).backgroundColor"))

    light = paper()
    button.press("Enter")
    assert (button.text_content(), seen.place, paper()) == ("Theme: light", "#traffic?theme=light", light)
    button.press("Enter")
    assert (button.text_content(), seen.place) == ("Theme: dark", "#traffic?theme=dark")
    assert paper() != light
    dark = visit(seen.place, color_scheme="light")
    assert dark.page.evaluate("document.documentElement.dataset.theme") == "dark"
    button.press("Enter")
    assert (button.text_content(), seen.place, paper()) == ("Theme: auto", "#traffic", light)


def test_nothing_is_stored_in_the_browser(visit: Open) -> None:
    seen = visit()
    seen.page.get_by_role("button", name="Theme").click()
    seen.page.get_by_role("button", name="Germany", exact=True).click()
    assert seen.page.context.cookies() == []
    assert seen.page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_every_control_can_be_reached_and_seen_by_keyboard(visit: Open) -> None:
    seen = visit()
    reached = set()
    for _ in range(120):
        seen.press("Tab")
        # fmt: off
        where = seen.page.evaluate(
            "(() => { const e = document.activeElement, s = getComputedStyle(e), b = e.getBoundingClientRect();"
            " return e === document.body ? null : [e.id || e.getAttribute('class') || e.tagName, s.outlineStyle !== 'none' ||"
            " e.matches('.place'), b.height >= 18] })()"
        )
        # fmt: on
        if where is None:
            break
        assert where[1], f"the focus on {where[0]} cannot be seen"
        reached.add(where[0].split()[0])
    assert {"skip", "theme", "probe", "place", "toggle", "scroll", "SUMMARY"} <= reached


def test_paper_is_light_whole_and_without_tools(visit: Open) -> None:
    seen = visit("#traffic?theme=dark&open=US")
    seen.page.emulate_media(media="print")
    seen.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert seen.page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    for hidden in (".tools", ".probe", "#readout", "[data-csv]", "#pages summary", "#days .twin summary"):
        expect(seen.one(hidden).first).to_be_hidden()
    for shown in ("#days .twin table", ".made dl", "tr[data-of=US]", "#lines .files"):
        expect(seen.one(shown).first).to_be_visible()
    assert seen.page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_without_scripts_everything_is_there_and_nothing_needs_one(visit: Open) -> None:
    seen = visit(java_script_enabled=False)
    for shown in ("#days .chart", "tr[data-of=DE] >> nth=0", "#pages tbody tr >> nth=20", "#places .code >> nth=0"):
        expect(seen.one(shown)).to_be_visible()
    expect(seen.one(".js-only:visible")).to_have_count(0)
    seen.page.get_by_role("button", name="Privacy").click()
    expect(seen.page.get_by_role("dialog")).to_be_visible()


def test_numbers_take_the_readers_own_format(visit: Open) -> None:
    seen = visit(locale="de-DE")
    assert seen.page.locator("#places tfoot data").first.inner_text() == "4.620"
    assert seen.page.locator(".kpi .big").nth(3).inner_text() == "1,15\xa0GB"
