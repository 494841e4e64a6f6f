"""Medians, ratios and tables say what the runs say."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bench.__main__ import Keep, Results, finish
from bench.input.world import DAYS
from bench.results.summary import growth_ratios, medians, ratio
from bench.results.table import put_between_marks
from bench.runs.child import Run, RunError
from bench.runs.costs import cost_row
from bench.runs.long import check_room
from bench.runs.questions import same_total
from bench.runs.short import stage_table


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


def test_what_is_added_is_told_with_its_spread() -> None:
    runs = [run("ours", 9.0, work_s) for work_s in (3.0, 90.0, 2.0)] + [run("peer", 9.0, 2.0)]
    runs = [replace(one, told={"opening_cpu_s": 0.5}) for one in runs]
    row = cost_row("a question", runs, "ours", "peer")
    assert (row["added"], row["opening_s"]) == (pytest.approx(0.5), 0.5)
    assert [row[f"with_us{which}"] for which in ("_min", "", "_max")] == pytest.approx([2000, 3000, 90_000])


def test_a_rounded_total_may_be_off_by_its_rounding_and_no_more() -> None:
    def told(total: int, rows: int) -> Run:
        return replace(run("asked", 1.0), told={"totals": [total], "rows": rows})

    check = same_total(5)
    check(told(1000, 20))
    check(told(1000 + 2 * DAYS * 5 // 2, 2))
    with pytest.raises(RunError, match=r"asked: the total is \[1016\], and was 1000"):
        check(told(1016, 2))


@pytest.mark.parametrize(("error", "code"), [(RunError("goaccess: ended with code 1"), 1), (KeyboardInterrupt(), 130)])
def test_what_is_known_is_written_when_the_rest_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], error: BaseException, code: int
) -> None:
    runs = [run("goaccess", 20.0), run("footfall_file_to_report", 5.0)]
    known = {
        "made_at": "2026-11-26T03:00:00",
        "machine": {"processor": "one", "cores": 2, "system": "Linux"},
        "versions": {"python": "3.11"},
        "input": {"records": 9, "lines": 9, "line_bytes": 900, "events": 0, "addresses": 1},
        "rounds": 5,
        "reports": 1,
        "ratios": {"report_vs_goaccess": ratio(runs, "goaccess", "footfall_file_to_report")},
        "ratios_without_start": {},
        "cases": medians(runs),
        "stages": [],
        "growth": [],
    }

    def measuring(keep: Keep) -> Results:
        keep(known)
        raise error

    assert finish(measuring, tmp_path, long=True) == code
    assert json.loads((tmp_path / "results-long.json").read_text()) == known
    assert "| `report_vs_goaccess` | 4.00 x | 4 x |  |" in capsys.readouterr().out


def test_there_must_be_room_before_anything_is_made(tmp_path: Path) -> None:
    check_room(tmp_path, 1000)
    with pytest.raises(RunError, match=r"about 1000000000\.0 GB are needed; --work names another folder"):
        check_room(tmp_path, 10**18)


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


def test_stages_and_start_are_the_whole_run_without_the_putting_of_clocks() -> None:
    told = {"work_cpu_s": 6.0, "clocks_cpu_s": 1.0, "stages": {"fetch": 4.0, "between them": 2.0}}
    table = stage_table(replace(run("footfall_stages", 10.0), told=told))
    assert [(row["stage"], row["cpu_s"]) for row in table] == [
        ("fetch", 4.0),
        ("between them", 2.0),
        ("start and imports", 3.0),
    ]
    assert sum(row["share"] for row in table) == pytest.approx(1.0)
