"""`footfall profile show` and the page of customers: what is shown, to whom, and that reading is noted."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from footfall.commands.answers import profile, report
from footfall.exports.disclosing import disclose
from footfall.house import House
from policy.errors import FootfallError, UsageError
from tests.footfall.profile.customers_house import CHILD, PEOPLE, opened
from warehouse.door import RefusedError
from warehouse.exports import Mailing

NEWSLETTER = Mailing("newsletter", "seller")


def test_a_profile_is_shown_with_its_figures_interests_and_newest_pages(house: House, run: Callable[..., str]) -> None:
    text = run("show", "S-plain")
    number = house.subjects.pseudonym("S-plain")
    for words in (
        f"Customer {number}",
        "regular (R5 F4 M3)",
        "2, 51.09 USD",
        "tools  75%",
        "16:07  /tools/saw",
        "seller",
    ):
        assert words in text
    assert "S-plain" not in text
    assert text.index("2026-11-20\n  16:07") < text.index("2026-11-19\n  16:07")


def test_a_profile_is_found_by_its_number_too_and_json_has_every_column(house: House, run: Callable[..., str]) -> None:
    number = house.subjects.pseudonym("C-plain")
    shown = json.loads(run("show", "--number", str(number), "--json"))
    assert shown == json.loads(run("show", "C-plain", "--json"))
    assert set(shown) == set(house.policy.table("customer_profiles").names_for("profile"))
    assert (shown["customer"], shown["categories"]) == (number, {"tools": 0.75, "help": 0.25})


def test_r11_unknown_opted_out_and_child_get_the_same_words(house: House, run: Callable[..., str]) -> None:
    said = set()
    for words in (["S-no-profile"], [CHILD], ["nobody"], ["--number", str(house.subjects.pseudonym(CHILD))]):
        with pytest.raises(profile.ProfileError) as refused:
            run("show", *words)
        said.add(str(refused.value))
        assert refused.value.exit_code == 1
    assert len(said) == 1
    assert "\n" not in said.pop()


def test_before_the_first_night_the_answer_says_what_to_run(tmp_path: Path) -> None:
    with opened(tmp_path / "data", profiles=False) as house, pytest.raises(FootfallError, match="footfall nightly"):
        profile.show(house, "S-plain", None)


@pytest.mark.parametrize("words", [[], ["S-plain", "--number", "7"]])
def test_one_customer_must_be_named_one_way(run: Callable[..., str], words: list[str]) -> None:
    with pytest.raises(UsageError, match="name one customer"):
        run("show", *words)


@pytest.mark.parametrize("role", ["analyst", "support", "seller", "nobody"])
def test_r49_other_roles_are_refused_with_the_clause_and_audited(
    house: House, run: Callable[..., str], tmp_path: Path, role: str
) -> None:
    out = tmp_path / "list.csv"
    export = ("export", "-o", str(out), "--audience", "seller", "--for", "newsletter")
    for words in (("show", "S-plain"), export):
        with pytest.raises(RefusedError, match=r"\(R49\)") as refused:
            run(*words, "--role", role)
        assert refused.value.exit_code == 1
        last = house.registry.accesses()[-1]
        assert (last.role, last.allowed) == (role, False)
    assert not out.exists()
    assert house.registry.disclosures() == []


@pytest.mark.parametrize("role", ["privacy", "batch"])
def test_roles_of_the_policy_may_look_but_not_send(house: House, run: Callable[..., str], role: str) -> None:
    assert "regular" in run("show", "S-plain", "--role", role)
    with pytest.raises(RefusedError, match=r"\(R49\)"):
        disclose(house, NEWSLETTER, house.data / "list.csv", None, role=role)


def test_reading_a_profile_is_audited_without_its_number(house: House, run: Callable[..., str]) -> None:
    run("show", "S-plain")
    last = house.registry.accesses()[-1]
    assert (last.role, last.purpose, last.tables, last.rows_out, last.allowed) == (
        "marketing",
        "profile",
        ("customer_profiles",),
        1,
        True,
    )
    assert str(house.subjects.pseudonym("S-plain")) not in str(last)


def test_the_page_of_customers_is_written_through_the_door(house: House, tmp_path: Path) -> None:
    out = tmp_path / "customers.html"
    summary = report.customers(house, out)
    # The child, and who opted out of profiles, are not among them.
    assert (summary.customers, summary.orders) == (len(PEOPLE) - 1, 2 * (len(PEOPLE) - 1))
    text = out.read_text()
    assert str(house.subjects.pseudonym("S-plain")) in text
    for hidden in (CHILD, "S-no-profile"):
        assert str(house.subjects.pseudonym(hidden)) not in text
    assert "Kept for</dt> <dd>36 months" in text
    assert out.stat().st_mode & 0o777 == 0o600
    accesses = house.registry.accesses()
    assert {(access.role, access.purpose, access.allowed) for access in accesses} == {("marketing", "profile", True)}


def test_a_period_is_not_for_the_page_of_customers(house: House, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="for the page of traffic"):
        report.command(tmp_path / "c.html", site="shop", role="marketing", data=house.data)
