"""What the transparency report says (R52), as HTML and as Markdown."""

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from dashboards.page import PageError
from dashboards.transparency import Report, write_report
from dashboards.transparency.content import counted
from policy import load_policy
from policy.errors import UsageError
from tests.dashboards.transparency.sample import LONG, NASTY, sample

POLICY = load_policy()


def texts() -> list[str]:
    """Give everything that a reader has to find."""
    return [
        POLICY.contact,
        *(clause.asks for clause in POLICY.clauses),
        *(purpose.why for purpose in POLICY.purposes.values()),
        *(field.why for source in POLICY.sources.values() for field in source.fields),
        *(column.why for table in POLICY.tables.values() for column in table.columns),
        *(entry.why for entry in POLICY.retention.values()),
        *(recipient.why for recipient in POLICY.recipients.values()),
        *(rule.why for rule in POLICY.refused),
        "profile 2026-11",
        "25 months from taken_at",
        "2 times, 11 rows",
        "evidence of R60",
        "IP Geolocation by DB-IP, CC BY 4.0.",
        "The database is old.",
        "ab" * 32,
        "the audit, which has 1 entry.",
    ]


def test_everything_stands_in_the_page() -> None:
    shown = unescape(re.sub(r"<[^>]+>", "", sample().html().split("<main")[1]))
    assert [text for text in texts() if text not in shown] == []


def test_everything_stands_in_markdown() -> None:
    shown = re.sub(r"\\(.)", r"\1", sample().markdown())
    assert [text for text in texts() if text not in shown] == []


def test_what_does_not_hold_comes_first() -> None:
    page, text = sample().html(), sample().markdown()
    failing = [clause for clause in sample().facts.clauses if clause.result == "does not hold"]
    findings = text.split("## Open findings")[1].split("## ")[0]
    assert [clause.id for clause in failing if f"{clause.id} " not in findings] == []
    assert page.index('id="findings"') < page.index('id="clauses"')
    assert counted(sample().facts) == {"holds": 24, "does not hold": 12, "not applicable": 12, "not built": 12}


def test_text_stays_text() -> None:
    page, text = sample().html(), sample().markdown()
    assert "<script>document" not in page
    assert NASTY not in text
    for line in text.splitlines():
        assert "<script" not in re.sub(r"\\.", "", line)
    rows = [re.sub(r"\\.", "", line).count("|") for line in text.splitlines() if line.startswith("| R2 ")]
    assert rows == [4, 4, 4]
    assert LONG in page


def test_a_quiet_warehouse_has_nothing_open() -> None:
    facts = replace(sample().facts, clauses=(), findings=())
    assert "Nothing is open" in Report(facts).markdown()
    assert "The checks were not run for this report." in Report(facts).html()


def test_it_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    assert write_report(sample(), out) == out.stat().st_size
    with pytest.raises(UsageError, match="HTML or Markdown"):
        write_report(sample(), tmp_path / "report.txt")
    with pytest.raises(PageError):
        write_report(sample(), tmp_path / "nowhere" / "report.md")
