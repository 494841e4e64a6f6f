"""The page of customers as a file: who may open it, what it may load, what its names cannot do."""

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from dashboards.page import PageError
from dashboards.profiles import write_profiles
from dashboards.profiles.reading import read_profiles
from tests.dashboards.profiles.staging.marts import OPTIONS, ask_of, html_of, page_of
from tests.dashboards.profiles.staging.sample import CUSTOMERS, sample
from tests.dashboards.report.staging.sample import HOSTILE


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_r47_the_file_is_its_owners_alone_even_where_an_open_one_stood_before(tmp_path: Path) -> None:
    out = tmp_path / "customers.html"
    out.write_text("an older page")
    out.chmod(0o644)
    summary = write_profiles(ask_of(sample()), out, options=OPTIONS)
    assert out.stat().st_mode & 0o777 == 0o600
    assert out.read_text("utf-8") == html_of(sample())
    assert list(tmp_path.iterdir()) == [out]
    assert (summary.as_of, summary.customers, summary.customers_shown) == (date(2026, 11, 22), CUSTOMERS, 50)
    assert summary.amount == sum(person["monetary"] for person in sample()["customer_profiles"])
    assert summary.size_bytes == out.stat().st_size


def test_a_page_that_cannot_be_written_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(PageError, match=r"cannot write the page to .*: No such file or directory"):
        write_profiles(ask_of({}), tmp_path / "no" / "customers.html", options=OPTIONS)
    assert list(tmp_path.iterdir()) == []


def test_without_profiles_there_is_a_page_and_no_figure(tmp_path: Path) -> None:
    summary = write_profiles(ask_of({}), tmp_path / "customers.html", options=OPTIONS)
    assert (summary.as_of, summary.customers, summary.amount) == (None, 0, Decimal(0))


def test_the_policy_of_the_page_allows_its_own_style_and_script_and_nothing_else() -> None:
    html, page = html_of(sample()), page_of(sample())
    policy = next(value for tag, name, value in page.attributes if tag == "meta" and "default-src" in value)
    style = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    script = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    assert len(style) == len(script) == 1
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{_digest(style[0])}'; script-src 'sha256-{_digest(script[0])}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert not any(name == "style" or name.startswith("on") for _, name, _ in page.attributes)


def test_no_name_becomes_an_element_and_no_script_holds_a_figure() -> None:
    page = page_of(sample())
    assert page.tags["script"] == 2
    assert page.tags["img"] == 0
    assert HOSTILE[0] in page.section("interests")
    assert HOSTILE[1] in page.section("details")
    assert json.loads(page.silent[-2]) == {"site": "customers"}
    links = {value for _, name, value in page.attributes if name == "href" and not value.startswith("#")}
    assert {link[:19] for link in links} == {"data:image/svg+xml,"}


def test_r11_the_page_says_who_is_not_there_what_a_number_is_and_that_reading_was_noted() -> None:
    page = page_of(sample())
    assert "who opted out of profiles, and children, are not there" in page.section("list")
    assert "Numbers are pseudonyms for this purpose only" in page.section("list")
    assert "noted in the audit" in page.section("list")
    assert "Champion: R and F at least 4." in page.section("made")


def test_an_address_on_the_page_has_no_pseudonym_in_it() -> None:
    page = page_of(sample())
    numbers = {str(person["customer"]) for person in sample()["customer_profiles"]}
    places = [value for _, name, value in page.attributes if name in {"href", "id"}]
    assert not [value for value in places if any(number.lstrip("-") in value for number in numbers)]


def test_the_same_rows_in_any_order_make_the_same_page() -> None:
    def shuffled(rows: Sequence[Any], seed: int) -> list[Any]:
        mixed = list(rows)
        Random(seed).shuffle(mixed)
        return mixed

    expected = html_of(sample())
    for seed in range(2):
        assert html_of({name: shuffled(rows, seed) for name, rows in sample().items()}) == expected


def test_all_groups_add_up_to_all_customers() -> None:
    figures = read_profiles(ask_of(sample()), OPTIONS)
    totals = figures.totals
    for groups in (figures.segments, figures.countries):
        assert sum(group.customers for group in groups) == totals.customers
        assert sum(group.orders for group in groups) == totals.orders
        assert sum(group.amount for group in groups) == totals.amount
    assert figures.grid is not None
    assert sum(cell.customers for cell in figures.grid.values()) == totals.buyers
    assert sum(interest.views for interest in figures.interests) == pytest.approx(totals.views, abs=5)
