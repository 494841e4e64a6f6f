"""`footfall policy`, as it is called."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from footfall.canaries.breaking import broken
from footfall.clauses import CHECKS, running
from footfall.commands.privacy import policy
from policy import load_policy
from policy.errors import FootfallError, UsageError
from tests.footfall.clauses.damages import DAMAGES

Run = Callable[..., str]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the verb with five checks, for all of them have tests of their own; give what it printed."""
    few = tuple(check for check in CHECKS if check.clause in {"R1", "R2", "R34", "R51", "R58"})
    monkeypatch.setattr(running, "CHECKS", few)

    def policy_verb(*words: str) -> str:
        policy.app(list(words), standalone_mode=False)
        return capsys.readouterr().out

    return policy_verb


def test_show_lists_clauses_and_purposes(run: Run, tmp_path: Path) -> None:
    shown = run("show", "--data", str(tmp_path))
    for clause in load_policy().clauses:
        assert f"{clause.id} " in shown
    assert "purchase_authorisation" in shown
    assert json.loads(run("show", "--json", "--data", str(tmp_path)))["policy_version"] == "1.4"


def test_show_tells_what_rests_on_a_clause_and_how_it_is_checked(run: Run, tmp_path: Path) -> None:
    told = json.loads(run("show", "r13", "--json", "--data", str(tmp_path)))
    assert told["title"] == "Pages name nobody"
    assert told["fields"]["hits.path"] == "The page, without names, numbers and tokens."
    assert "scrubber" in told["check"]
    assert "not built" in run("show", "R45", "--data", str(tmp_path))
    with pytest.raises(UsageError, match="R1 to R60"):
        run("show", "R61", "--data", str(tmp_path))


@pytest.mark.kafka
def test_check_names_each_clause_with_result_and_evidence(run: Run, data: Path) -> None:
    document = json.loads(run("check", "--json", "--data", str(data)))
    clauses: dict[str, Any] = {clause["id"]: clause for clause in document["clauses"]}
    assert list(clauses) == [f"R{number}" for number in range(1, 61)]
    assert {clause["result"] for clause in clauses.values()} == {"holds", "not built"}
    assert clauses["R58"]["result"] == "holds"
    assert "lines in" in clauses["R58"]["evidence"]
    assert document["results"] == {"holds": 5, "does not hold": 0, "not applicable": 0, "not built": 55}
    assert document["canaries"] is None
    assert "5 hold, 0 do not hold, 0 not applicable, 55 not built\n" in run("check", "--data", str(data))


@pytest.mark.kafka
def test_check_fails_when_a_clause_does_not_hold_and_shows_all_the_same(
    run: Run, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    next(damage for damage in DAMAGES if damage.clause == "R51").do(data)
    with pytest.raises(FootfallError, match=r"^R51 does not hold; the evidence stands above$") as failed:
        run("check", "--data", str(data))
    assert failed.value.exit_code == 1
    assert "page.html stores something in the browser" in " ".join(capsys.readouterr().out.split())


@pytest.mark.long
@pytest.mark.kafka
def test_check_with_canaries_says_what_a_broken_step_lets_pass(
    run: Run, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("check", "--canaries", "--data", str(data))
    found = json.loads(run(*asked, "--json"))["canaries"]
    assert found["hits"] == []
    assert found["planted"] >= 2000
    assert found["kinds_of_place"] >= 40
    with broken(frozenset({"shape"})), pytest.raises(FootfallError, match=r"^[\d,]+ planted secrets found again; "):
        run(*asked)
    said = capsys.readouterr().out
    assert f"canaries: {found['planted']:,} secrets of {found['kinds_of_secret']} kinds planted in" in said
    assert re.search(r"^lake/facts +\w+ planted in ", said, re.MULTILINE)


@pytest.mark.kafka
def test_report_is_written_as_either(run: Run, data: Path, tmp_path: Path) -> None:
    for name, begins in (("report.html", "<!doctype html>"), ("report.md", "# Transparency report")):
        said = json.loads(run("report", "-o", str(tmp_path / name), "--json", "--data", str(data)))
        text = (tmp_path / name).read_text()
        assert text.startswith(begins)
        assert said["results"] == {"holds": 5, "does not hold": 0, "not applicable": 0, "not built": 55}
        assert "If addresses were masked to /24" in text
    with pytest.raises(UsageError, match=r"end in \.html or \.md"):
        run("report", "-o", str(tmp_path / "report.pdf"), "--data", str(data))
