"""The file that is written, what is said about it, and what happens when it cannot be."""

from datetime import date
from pathlib import Path

import pytest

from dashboards.page import PageError
from dashboards.report import ReportOptions, write_report
from policy.errors import UsageError
from tests.dashboards.report.staging.cases import NOW, html_of
from tests.dashboards.report.staging.releases import sources
from tests.dashboards.report.staging.sample import sample

OPTIONS = ReportOptions(generated_at=NOW, policy_version="1.4")


def test_the_summary_and_the_file(tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    out.write_text("an older report")
    summary = write_report(sources(sample()), out, options=OPTIONS)
    assert out.read_text("utf-8") == html_of(sample(), OPTIONS)
    assert list(tmp_path.iterdir()) == [out]
    assert (summary.out, summary.size_bytes) == (str(out), out.stat().st_size)
    assert (summary.day_from, summary.day_to, summary.days_shown, summary.days_hidden) == (
        date(2015, 5, 17),
        date(2015, 5, 20),
        4,
        0,
    )
    lines = (summary.lines_in, summary.kept, summary.dropped, summary.dead_letters, summary.adds_up)
    assert lines == (27_527, 13_752, 13_765, 10, True)


def test_a_report_that_cannot_be_written_says_so_and_spoils_nothing(tmp_path: Path) -> None:
    with pytest.raises(
        PageError, match=r"cannot write the page to .*: No such file or directory; is its folder there\?"
    ):
        write_report(sources(sample()), tmp_path / "no" / "report.html", options=OPTIONS)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(PageError, match=r"cannot write the page to .*: Is a directory$"):
        write_report(sources(sample()), tmp_path, options=OPTIONS)
    assert list(tmp_path.iterdir()) == []


def test_a_period_that_ends_before_it_begins_is_wrong_use(tmp_path: Path) -> None:
    wrong = ReportOptions(generated_at=NOW, policy_version="1.4", day_from=date(2015, 5, 20), day_to=date(2015, 5, 17))
    with pytest.raises(UsageError, match="the period begins on 2015-05-20 and ends before that, on 2015-05-17"):
        write_report(sources(sample()), tmp_path / "report.html", options=wrong)
    assert list(tmp_path.iterdir()) == []
