"""The panels' SQL files: header, reader, parameters, and an order that no shuffling changes."""

from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from dashboards.questions import ANALYST, BATCH, MARKETING, Inquiry, load_question
from tests.dashboards.profiles.staging import marts
from tests.dashboards.profiles.staging import sample as people
from tests.dashboards.report.staging.cases import page_of
from tests.dashboards.report.staging.releases import OPERATIONS, RELEASES, sources
from tests.dashboards.report.staging.sample import sample

PANELS = Path(__file__).parents[3] / "dashboards" / "panels"
NAMES = sorted(path.stem for path in PANELS.glob("*/*.sql"))
ROOMS = {ANALYST: "traffic", BATCH: "operations", MARKETING: "customers"}
GIVEN = {
    "site": None,
    "day_from": date(2015, 5, 17),
    "day_to": date(2015, 5, 20),
    "as_of": marts.AS_OF,
    "customers_max": 50,
}


def test_every_question_stands_on_the_page_but_those_of_its_head() -> None:
    shown = page_of(sample()).loud + marts.page_of(people.sample()).loud
    heading = {"extent", "freshness", "profile_totals", "profile_versions", "profile_weeks"}
    assert heading < set(NAMES)
    assert [name for name in NAMES if (load_question(name).text in shown) is (name in heading)] == []


def test_each_reader_has_a_room() -> None:
    assert sorted(path.name for path in PANELS.iterdir()) == sorted(ROOMS.values())
    assert len(NAMES) == len(set(NAMES)), "a question is known by its name alone"
    for name in NAMES:
        assert (PANELS / ROOMS[load_question(name).reader] / f"{name}.sql").is_file(), name


@pytest.mark.parametrize("name", NAMES)
def test_a_question_reads_only_tables_of_its_reader(name: str) -> None:
    question = load_question(name)
    assert question.text.endswith(("?", ")"))
    parsed = sqlglot.parse_one(question.sql, dialect="duckdb")
    own = {with_.alias for with_ in parsed.find_all(exp.CTE)}
    tables = {table.name for table in parsed.find_all(exp.Table)} - own
    assert tables <= set({ANALYST: RELEASES, BATCH: OPERATIONS, MARKETING: marts.MARTS}[question.reader])
    assert set(question.parameters(GIVEN)) <= set(GIVEN)


@pytest.mark.parametrize("name", NAMES)
def test_a_question_has_a_complete_order(name: str) -> None:
    tables: marts.Tables = {**sample(), **people.sample()}
    answers = []
    for seed in range(3):
        shuffled: dict[str, list[dict[str, Any]]] = {}
        for table, rows in tables.items():
            shuffled[table] = [dict(row) for row in rows]
            Random(seed).shuffle(shuffled[table])
        asks = {**sources(shuffled).asks, MARKETING: marts.ask_of(shuffled)}
        answers.append(Inquiry(asks, GIVEN).rows(name))
    assert answers[0]
    assert answers[0] == answers[1] == answers[2]


def test_a_file_without_its_header_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    room = tmp_path / "panels" / "traffic"
    room.mkdir(parents=True)
    (room / "nameless.sql").write_text("select 1\nfrom geo_daily\n", "utf-8")
    monkeypatch.setattr("dashboards.questions.resources.files", lambda _: tmp_path)
    with pytest.raises(ValueError, match=r"nameless\.sql must begin with its question"):
        load_question("nameless")
