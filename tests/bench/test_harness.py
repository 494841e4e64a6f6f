"""The whole bench on a tiny input, with a real broker: every output agrees, and the results have their names."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.__main__ import measure, write
from bench.runs.short import Plan

pytestmark = [pytest.mark.kafka, pytest.mark.long]


def test_all_programs_agree_and_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = Plan(
        records=5_000,
        rounds=1,
        slow=False,
        growth=False,
        folder=tmp_path,
        kept=tmp_path,
        core=min(os.sched_getaffinity(0)),
        now=datetime.now(UTC),
    )
    write(measure(plan, long=False), tmp_path, long=False)
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
    assert "| `kafka_to_lake_vs_duckdb_script` |" in capsys.readouterr().out
