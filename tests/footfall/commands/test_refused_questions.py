"""A question that is refused for its form is audited once, by every way in, and not in its own words (R3)."""

import io
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import footfall
from footfall.commands.answers import profile, report, sql, traffic
from footfall.house import House, account
from policy.errors import FootfallError

CANARY = "canary"
TOO_DEEP = f"select {'abs(' * 900}1{')' * 900} as {CANARY}"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give an empty warehouse."""
    folder = tmp_path_factory.mktemp("refused") / "data"
    with House.open(folder, create=True):
        return folder


def _sql(question: str, **options: str) -> Callable[[Path], Any]:
    def ask(data: Path) -> None:
        sys.stdin = io.StringIO(question)
        sql.command("-", data=data, **options)  # type: ignore[arg-type] # each option is text

    return ask


def _profile(*words: str) -> Callable[[Path], Any]:
    return lambda data: profile.app([*words, "--data", str(data)], standalone_mode=False)


def _traffic(*words: str, **options: Any) -> Callable[[Path], Any]:
    return lambda data: traffic.command(list(words), data=data, **options)


def _report(data: Path, **options: Any) -> None:
    report.command(data / "page.html", data=data, **options)


FIRST, LAST = datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
ANALYST, MARKETING = ("analyst", "geo_statistics"), ("marketing", "marketing")
EXPORT = ("export", "-o", "list.csv", "--audience", "customer", "--for")
QUESTIONS: dict[str, tuple[Callable[[Path], Any], tuple[str, str], str]] = {
    "sql, unreadable": (_sql(f"selec {CANARY}"), ANALYST, "the SQL cannot be read"),
    "sql, no question": (_sql(f"drop table {CANARY}", role="batch"), ("batch", "operations"), "only a question"),
    "sql, unknown table": (_sql(f"from {CANARY}"), ANALYST, "there is no table of that name"),
    "traffic, no dimension": (_traffic(CANARY), ANALYST, "that is no dimension"),
    "traffic, a list": (_traffic("path", where=[f"country={CANARY}", "country=DE"]), ANALYST, "more than once"),
    "traffic, no day": (_traffic("path", where=[f"event_date={CANARY}"]), ANALYST, "event_date takes a day"),
    "traffic, days": (_traffic("path", day_from=FIRST, day_to=LAST), ANALYST, "--from is after --to"),
    "profile, nobody": (_profile("show"), ("marketing", "profile"), "name one customer"),
    "profile, twice": (_profile("show", CANARY, "--number", "7"), ("marketing", "profile"), "name one customer"),
    "export, no message": (_profile(*EXPORT, CANARY), MARKETING, "R28"),
    "export, not to them": (_profile(*EXPORT, "newsletter"), MARKETING, "may reach seller only"),
    "export, a stranger": (
        _profile("export", "-o", "x.csv", "--audience", "seller", "--for", "newsletter", "--recipient", CANARY),
        MARKETING,
        "R27",
    ),
    "report, days": (lambda data: _report(data, day_from=FIRST, day_to=LAST), ANALYST, "--from is after --to"),
    "report, a site": (
        lambda data: _report(data, site=CANARY, role="marketing"),
        ("marketing", "profile"),
        "for the page of traffic",
    ),
}


TEXTS = {
    f"selec {CANARY}": "the SQL cannot be read",
    TOO_DEEP: "nested too deeply",
    "": "expected one statement",
    f"select 1; select '{CANARY}'": "expected one statement",
    f"drop table {CANARY}": "only a question",
    f"with {CANARY} as (delete from hits) select 1": "only a question",
    f"from {CANARY}": "there is no table of that name",
    f"from '{CANARY}.csv'": "by their plain names",
    f"from read_csv('{CANARY}')": "read_csv is not open here",
    f"from {CANARY}(1)": "of that name is not open here",
    f"select '{CANARY}\0'": "no text",
    f"select '{CANARY}' from hits": "R49",
    CANARY.encode(): "a question is text",
}


def test_from_python_each_is_one_entry(data: Path) -> None:
    with House.open(data) as house, footfall.connect(data=data) as warehouse:
        for text, says in TEXTS.items():
            before = len(house.registry.accesses())
            with pytest.raises(FootfallError):
                warehouse.sql(text)  # type: ignore[arg-type] # one of them is no text
            (entry,) = house.registry.accesses(before)
            assert (entry.role, entry.purpose, entry.outcome) == (*ANALYST, "refused")
            assert says in entry.reason
            assert CANARY not in str(entry)


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_refusal_is_one_entry_without_the_askers_words(
    data: Path, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", sys.stdin)
    ask, asked_as, says = QUESTIONS[name]
    with House.open(data) as house:
        before = len(house.registry.accesses())
        with pytest.raises(FootfallError) as refused:
            ask(data)
        (entry,) = house.registry.accesses(before)
        assert house.registry.disclosures() == []
    assert "\n" not in str(refused.value)
    assert (entry.who, entry.role, entry.purpose) == (account(), *asked_as)
    assert (entry.outcome, entry.columns, entry.rows_out) == ("refused", None, None)
    assert says in entry.reason
    assert CANARY not in str(entry)
    assert "2026-11-0" not in entry.reason
    assert list(tmp_path.iterdir()) == []
