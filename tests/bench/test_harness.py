"""The benches on a tiny input, with real brokers: every output agrees, and the results have their names."""

import json
import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bench.__main__ import measure, write
from bench.runs.short import Plan

pytestmark = [pytest.mark.kafka, pytest.mark.long]


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return Plan(
        records=5_000,
        rounds=1,
        reports=1,
        slow=False,
        growth=False,
        folder=tmp_path,
        kept=tmp_path,
        core=min(os.sched_getaffinity(0)),
        now=datetime.now(UTC),
    )


def test_all_programs_agree_and_are_compared(tmp_path: Path, plan: Plan, capsys: pytest.CaptureFixture[str]) -> None:
    write(measure(plan, long=False, keep=list), tmp_path, long=False)
    results = json.loads((tmp_path / "results.json").read_text())
    assert set(results["ratios"]) == {
        "kafka_to_lake_vs_duckdb_script",
        "fetch_vs_kafka_python",
        "produce_vs_kafka_python",
    }
    assert all(value > 0 for value in results["ratios"].values())
    assert {one["case"] for one in results["runs"]} == set(results["cases"])
    assert sum(one["share"] for one in results["stages"]) == pytest.approx(1.0)
    assert all(one["cpu_s"] > 0 for one in results["stages"] if one["stage"] in {"fetch", "parse", "commit"})
    costs = {one["case"]: one["added"] for one in results["costs"]["rows"]}
    assert set(costs) == {
        "footfall",
        "visitors_by_the_door",
        "countries_released",
        "countries_by_traffic",
        "pages_by_traffic",
        "customers_by_the_door",
    }
    assert all(added > -1 for added in costs.values())
    assert "| `kafka_to_lake_vs_duckdb_script` |" in capsys.readouterr().out


def test_a_file_goes_the_whole_way_to_its_report(tmp_path: Path, plan: Plan) -> None:
    kept: list[dict[str, Any]] = []
    write(measure(replace(plan, growth=True), long=True, keep=kept.append), tmp_path, long=True)
    results = json.loads((tmp_path / "results-long.json").read_text())
    verbs = ("ship", "ingest", "nightly", "report")
    way = results["cases"]["footfall_file_to_report"]
    assert way["cpu_s"] == pytest.approx(sum(results["cases"][f"footfall_{verb}"]["cpu_s"] for verb in verbs))
    assert [one["records"] for one in results["growth"]] == [50, 500, 5_000]
    compared = {"report_vs_goaccess", "report_vs_goaccess_with_broker"}
    assert set(results["ratios"]) == (compared if shutil.which("goaccess") else set())
    # What is known after the growth is not lost when the machine fails in the half hour that follows.
    assert [(one["growth"], one["cases"], one["reports"]) for one in kept] == [(results["growth"], {}, 0)]
