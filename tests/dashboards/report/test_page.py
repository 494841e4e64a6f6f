"""The page as a file: what it may load, what its names cannot do, and what no figure gives away."""

import base64
import hashlib
import json
import re
from datetime import date, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboards.report import Geography, ReportOptions
from tests.dashboards.report.staging.cases import NOW, html_of, page_of
from tests.dashboards.report.staging.reading_pages import Page
from tests.dashboards.report.staging.sample import HOSTILE, sample

OPTIONS = ReportOptions(
    generated_at=NOW,
    policy_version="1.4",
    geography=Geography(
        "<Places>", date(2026, 9, 1), '<a href="https://db-ip.com">IP Geolocation by DB-IP</a>', "CC <BY>"
    ),
    findings=HOSTILE,
    title="</title><script>alert(1)</script>",
)
ELEMENTS = frozenset(
    [
        "html",
        "head",
        "meta",
        "title",
        "link",
        "style",
        "body",
        "a",
        "svg",
        "defs",
        "pattern",
        "rect",
        "header",
        "p",
        "ellipse",
        "div",
        "button",
        "span",
        "path",
        "h1",
        "h2",
        "h3",
        "ul",
        "li",
        "main",
        "dl",
        "dt",
        "dd",
        "section",
        "output",
        "table",
        "caption",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "th",
        "td",
        "small",
        "b",
        "text",
        "tspan",
        "line",
        "circle",
        "details",
        "summary",
        "pre",
        "data",
        "time",
        "code",
        "footer",
        "script",
    ]
)


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_the_policy_of_the_page_allows_its_own_style_and_script_and_nothing_else() -> None:
    html = html_of(sample(), OPTIONS)
    page = page_of(sample(), OPTIONS)
    policy = next(value for tag, name, value in page.attributes if tag == "meta" and "default-src" in value)
    style = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    script = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    assert len(style) == len(script) == 1
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{_digest(style[0])}'; script-src 'sha256-{_digest(script[0])}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert not any(name == "style" for _, name, _ in page.attributes), "inline styles would be refused"


def test_the_page_names_whose_data_it_shows() -> None:
    page = page_of(sample(), OPTIONS)
    assert "IP Geolocation by DB-IP, CC <BY>. World map: Natural Earth, public domain." in page.loud
    assert "<Places>, built on 1 Sep 2026, reduced to country and region." in page.section("made")


def test_the_page_asks_nobody_and_stores_nothing() -> None:
    page = page_of(sample(), OPTIONS)
    asked = [value for _, name, value in page.attributes if name in {"src", "srcset", "action", "poster", "xlink:href"}]
    assert not asked
    links = {value for tag, name, value in page.attributes if name == "href" and value[:1] != "#"}
    assert {link[:19] for link in links} == {"data:image/svg+xml,", "https://db-ip.com"}
    scripts = "".join(page.silent)
    for word in (
        "localStorage",
        "sessionStorage",
        "indexedDB",
        "cookie",
        "fetch(",
        "XMLHttpRequest",
        "sendBeacon",
        "eval(",
    ):
        assert word not in scripts
    assert "@import" not in scripts
    assert "http" not in scripts.replace("http://example.com", "")


def test_no_name_becomes_an_element_an_attribute_or_code() -> None:
    page = page_of(sample(), OPTIONS)
    assert set(page.tags) <= ELEMENTS
    assert page.tags["script"] == 2
    assert page.tags["a"] == 3
    assert not any(name.startswith("on") for _, name, _ in page.attributes)
    for name in HOSTILE[:3]:
        assert name in page.section("pages")
        assert name in page.section("referrers")
        assert name in page.section("head")
    assert HOSTILE[0] in page.section("bots")
    assert HOSTILE[2] in page.section("lines")
    data = json.loads(page.silent[-2])
    assert data["site"] == OPTIONS.title


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
@settings(max_examples=10)
def test_any_name_is_only_text(name: str) -> None:
    page, expected = page_of(_small(name)), _usual_page()
    assert page.tags == expected.tags
    assert [attribute[:2] for attribute in page.attributes] == [attribute[:2] for attribute in expected.attributes]


@cache
def _usual_page() -> Page:
    return page_of(_small("usual"))


def _small(name: str) -> dict[str, list[dict[str, Any]]]:
    """Make a lake of one row a table, in which everything that can be named has the given name."""
    seen = {"event_date": "2015-05-17", "site": name}
    counts = {"views": 12, "visitors": 10}
    return {
        "geo_daily": [seen | counts | {"country": "US", "region": "US-CA"}],
        "page_daily": [seen | counts | {"path": name}],
        "referrer_daily": [seen | counts | {"referrer_host": f"host {name}"}],
        "agent_daily": [seen | counts | {"facet": facet, "name": name} for facet in ("device", "browser", "system")],
        "missing_daily": [seen | counts | {"path": name}],
        "status_daily": [seen | {"kind": "page", "status": 200, "is_bot": False, "requests": 12, "bytes": 1}],
        "bot_daily": [seen | {"bot_kind": name, "bot_label": f"bot {name}", "requests": 12, "bytes": 1}],
        "intakes": [{"file": name, "lines_in": 3, "kept": 2, "dropped": {name: 1}}],
    }


@pytest.mark.parametrize(("views", "others", "bots"), [(1, 9, 0), (2, 40, 5), (30, 1, 1)])
def test_r7_a_hidden_day_looks_alike_whatever_its_visitors_read(views: int, others: int, bots: int) -> None:
    """The releases leave the day out; the operator's tables must not give back how many pages its visitors viewed."""
    asked = 60

    def tables(page_views: int) -> dict[str, list[dict[str, Any]]]:
        lake = sample()
        hidden = {"event_date": "2015-05-21", "status": 200, "bytes": 500}
        lake["status_daily"] += [
            hidden | {"kind": "page", "is_bot": False, "requests": page_views},
            hidden | {"kind": "resource", "is_bot": False, "requests": asked - page_views},
            hidden | {"kind": "page", "is_bot": True, "requests": bots},
        ]
        return lake

    assert html_of(tables(views)) == html_of(tables(others))


def test_r7_hidden_days_have_no_figures_for_the_script_either() -> None:
    lake = sample()
    hidden = {"event_date": "2015-05-21", "kind": "page", "status": 200, "is_bot": False, "requests": 3, "bytes": 77}
    lake["status_daily"].append(hidden)
    page = page_of(lake)
    day = json.loads(page.silent[-2])["days"][-1]
    assert day == {
        "day": "2015-05-21",
        "views": None,
        "visitors": None,
        "bots": 0,
        "bytes": None,
        "notes": ["fewer than 10 visitors"],
    }


def test_the_same_figures_make_the_same_page() -> None:
    assert html_of(sample(), OPTIONS) == html_of(sample(), OPTIONS)


@pytest.mark.parametrize(
    ("days", "figures", "dots", "labels", "months"),
    [
        (1, 1, 1, 1, 0),
        (10, 10, 10, 5, 0),
        (11, 0, 11, 6, 0),
        (45, 0, 45, 8, 0),
        (90, 0, 0, 8, 0),
        (400, 0, 0, 8, 0),
        (900, 0, 30, 8, 30),
    ],
)
def test_the_chart_keeps_its_rules_for_any_number_of_days(
    days: int, figures: int, dots: int, labels: int, months: int
) -> None:
    first = date(2015, 1, 1)
    geo = [
        {"event_date": first + timedelta(days=number), "country": "US", "region": "US-CA", "views": 20, "visitors": 12}
        for number in range(days)
    ]
    page = page_of({"geo_daily": geo, "status_daily": _requests(geo)})
    classes = [value for _, name, value in page.attributes if name == "class"]
    assert classes.count("value") + classes.count("value alt") == figures
    assert classes.count("dot") == dots
    assert classes.count("day") + classes.count("day alt") <= labels + 5 * (days == 10)
    assert classes.count("bar-views") == (months or days)
    assert f"Views and visitors by {'month' if months else 'day'}" in page.section("days")


def _requests(geo: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"event_date": row["event_date"], "kind": "page", "status": 200, "is_bot": False, "requests": 20, "bytes": 1}
        for row in geo
    ]


def test_long_rankings_and_long_lists_of_files_add_up_what_they_leave_out() -> None:
    lake = sample()
    lake["page_daily"] = [
        {"event_date": "2015-05-17", "path": f"/{number:04}", "views": 2000 - number, "visitors": 10}
        for number in range(700)
    ]
    lake["intakes"] = [
        {"file": f"{number:03}.log", "origin": number, "lines_in": 10, "kept": 10 - (number == 99)}
        for number in range(100)
    ]
    page = page_of(lake)
    left_out = sum(2000 - number for number in range(500, 700))
    assert f"200 more pages {left_out:,} 24% 2,000" in page.section("pages")
    assert "/0499 " in page.section("pages")
    assert "/0500 " not in page.section("pages")
    assert "40 more files 400 400 0 0" in page.section("lines")
    assert "099.log 10 9 0 0 1 without a place 098.log" in page.section("lines")
