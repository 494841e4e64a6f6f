"""Ten thousand real lines go the whole way: the known figures come out, no address does, and the page is sound."""

import gzip
import re
import subprocess
import tomllib
from collections import Counter
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.dashboards.report.staging.browsing import OPEN_ALL, THEMES, Visit
from tests.end_to_end.conftest import Footfall, everything_written

STATUSES = {200: 9126, 304: 445, 404: 213, 301: 164, 206: 45, 500: 3, 403: 2, 416: 2}
DAYS = [1632, 2893, 2896, 2579]
BYTES = 2_747_282_740
VISITORS, VISITORS_WITHOUT_4XX = 2144, 2095
ADDRESSES = 1753
K = 10
# Every place where four numbers with dots could begin, also inside a longer run of digits and dots.
ADDRESS = re.compile(r"(?=((?:\d{1,3}\.){3}\d{1,3}))")

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def log(shared: Path) -> Path:
    return shared / "weblogs" / "apache_logs.gz"


@pytest.fixture(scope="module")
def house(new_footfall: Callable[..., Footfall], log: Path) -> Footfall:
    """Run the whole way once."""
    made = new_footfall(kafka=True)
    made("run", "--log", str(log))
    return made


def figures(house: Footfall) -> dict[str, object]:
    """Ask for every known figure."""
    return {
        "statuses": {
            row["status"]: row["hits"]
            for row in house.rows("select status, count(*) as hits from hits group by status")
        },
        "days": [
            row["hits"]
            for row in house.rows(
                "select event_date, count(*) as hits from hits group by event_date order by event_date"
            )
        ],
        "rest": house.rows(
            "select count(*) as hits, sum(bytes) as bytes, count(distinct (visitor, event_date)) as visitors, "
            "count(distinct (visitor, event_date)) filter (where status not between 400 and 499) as without_4xx from hits"
        ),
    }


EXPECTED = {
    "statuses": STATUSES,
    "days": DAYS,
    "rest": [{"hits": 10_000, "bytes": BYTES, "visitors": VISITORS, "without_4xx": VISITORS_WITHOUT_4XX}],
}


def test_the_known_figures(house: Footfall) -> None:
    assert figures(house) == EXPECTED
    totals = house.status()["totals"]
    assert totals == {"lines_in": 10_000, "kept": 10_000, "dropped": {}, "dead_letters": {}}


def test_another_night_and_another_run_change_no_number(house: Footfall, log: Path) -> None:
    """The lines are of 2015: no retention may take them, for it counts from when they came."""
    before = house.status()["totals"]
    releases = "select * exclude (released_at) from geo_daily order by all"
    published = house.rows(releases, "analyst")
    house("nightly")
    house("run", "--log", str(log))
    assert figures(house) == EXPECTED
    assert house.status()["totals"] == before
    assert house.rows(releases, "analyst") == published
    assert published


def test_a_report_of_days_without_lines_says_so(house: Footfall, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    said = house("report", "-o", str(page), "--from", "2020-01-01", "--to", "2020-01-31")
    assert said.startswith(f"{page}: 2020-01-01 to 2020-01-31, no views in this period, ")


def test_traffic_that_nobody_saw_says_so(house: Footfall) -> None:
    told = house("traffic", "--site", "typo", "--by", "country")
    assert "Nothing was seen there, or fewer than 10 visitors a day." in told
    assert "Nothing was seen" not in house("traffic", "--by", "country")


def test_the_same_file_renamed_and_packed_anew_adds_nothing(house: Footfall, log: Path, tmp_path: Path) -> None:
    copy = tmp_path / "another name.log"
    copy.write_bytes(gzip.decompress(log.read_bytes()))
    packed = tmp_path / "packed.gz"
    packed.write_bytes(gzip.compress(copy.read_bytes(), 1))
    house("ship", str(copy), str(packed))
    house("ingest", "--drain")
    assert figures(house) == EXPECTED


def test_even_without_its_positions_ship_repeats_nothing(new_footfall: Callable[..., Footfall], log: Path) -> None:
    """Lines that are sent again carry the same keys, and are dropped by name."""
    house = new_footfall(kafka=True)
    house("ship", str(log))
    house("ingest", "--drain")
    (house.data / "ship" / "positions.json").unlink()
    house("ship", str(log))
    house("ingest", "--drain")
    assert figures(house) == EXPECTED
    totals = house.status()["totals"]
    assert totals["dropped"] == {"already_imported": 10_000}
    assert totals["lines_in"] == 20_000


def test_no_address_is_found_anywhere(house: Footfall, log: Path) -> None:
    """R5: tables, Delta logs, registry, positions, report and the broker's own log; in text and as packed bytes."""
    addresses = {line.split(b" ", 1)[0].decode() for line in gzip.decompress(log.read_bytes()).splitlines()}
    assert len(addresses) == ADDRESSES
    seen = 0
    for name, content in everything_written(house.data):
        seen += 1
        assert not addresses & set(ADDRESS.findall(content)), f"an address is in {name}"
    assert seen > 20
    registry = (house.data / "registry" / "registry.db").read_bytes()
    packed = {ip_address(address).packed for address in addresses}
    # Four letters and digits stand in the registry's random ids by chance: 50.97.97.54 is "2aa6".
    assert not [octets for octets in packed if not octets.isalnum() and octets in registry]
    assert sum(octets.isalnum() for octets in packed) < len(packed) // 100


def test_the_site_is_asked_for_its_own_host_until_links_within_it_are_known(house: Footfall, log: Path) -> None:
    """What the tip says can be put into the file as it is."""
    tip = next(line for line in house("run", "--log", str(log)).splitlines() if line.startswith("Tip: "))
    setting = tip.rpartition(": ")[2]
    assert setting == 'sites."site".hosts = ["semicomplete.com"]'
    assert tomllib.loads(setting) == {"sites": {"site": {"hosts": ["semicomplete.com"]}}}


@pytest.mark.kafka
def test_a_site_that_is_called_by_its_host_is_not_asked_for_it(
    new_footfall: Callable[..., Footfall], log: Path
) -> None:
    house = new_footfall(kafka=True)
    assert "Tip: " not in house("run", "--log", str(log), "--site", "semicomplete.com")
    assert house.rows("select referrer_host from referrer_daily where referrer_host = 'internal' limit 1", "analyst")


def test_make_run_takes_a_name_with_blanks(project: Path, log: Path, tmp_path: Path) -> None:
    """The one call that the README promises: `make run LOG=…`, with blanks in the name and in the folder."""
    copy = tmp_path / "my access log.gz"
    copy.write_bytes(gzip.compress(b"".join(gzip.decompress(log.read_bytes()).splitlines(keepends=True)[:1000])))
    done = subprocess.run(
        ["make", "run", f"LOG={copy}", f"DATA={tmp_path / 'the data'}", "SITE=my shop"],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "1,000" in done.stdout
    assert "<h1>my shop</h1>" in (tmp_path / "the data" / "report.html").read_text()


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
        assert visit.violations(theme) == [], theme
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
