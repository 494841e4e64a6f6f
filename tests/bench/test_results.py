"""Medians, ratios and tables say what the runs say."""

from pathlib import Path

import pytest

from bench.results.summary import growth_ratios, medians, ratio
from bench.results.table import put_between_marks
from bench.runs.child import Run


def run(case: str, cpu_s: float, work_cpu_s: float | None = None, records: int = 1000) -> Run:
    """Make a run."""
    return Run(case, records, cpu_s, work_cpu_s, peak_bytes=int(cpu_s), wall_s=cpu_s, broker_cpu_s=0.0)


def test_ratios_compare_medians_per_record() -> None:
    runs = [run("ours", cpu_s, cpu_s - 1) for cpu_s in (2.0, 90.0, 3.0)]
    runs += [run("peer", cpu_s, cpu_s, records=2000) for cpu_s in (12.0, 18.0, 1.0)]
    assert ratio(runs, "peer", "ours") == pytest.approx(2.0)
    assert ratio(runs, "peer", "ours", work=True) == pytest.approx(3.0)
    assert medians(runs)["ours"]["cpu_s_max"] == 90.0
    assert medians(runs)["ours"]["peak_bytes"] == 90


def test_growth_tells_what_is_done_once_from_what_each_record_costs() -> None:
    costs_us = {10: 1000 + 10 * 3, 100: 1000 + 100 * 3, 1000: 1000 + 1000 * 3}
    grown = [{"records": records, "work_cpu_us_a_record": cost / records} for records, cost in costs_us.items()]
    assert growth_ratios(grown) == pytest.approx({"all": 4 / 13, "next": 1.0})


def test_tables_go_between_their_marks_and_nowhere_else(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text("a\n<!-- results: bench -->\nold\n<!-- end of results: bench -->\nb\n")
    for _ in range(2):
        put_between_marks(path, "bench", "new\n")
    assert path.read_text() == "a\n<!-- results: bench -->\nnew\n<!-- end of results: bench -->\nb\n"
    with pytest.raises(ValueError, match="are not there"):
        put_between_marks(path, "bench-long", "new\n")
