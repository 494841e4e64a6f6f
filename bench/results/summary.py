"""Medians, spreads and ratios of runs."""

from collections.abc import Sequence
from statistics import median
from typing import Any

from bench.input.truth import Truth
from bench.runs.child import Run


def medians(runs: Sequence[Run]) -> dict[str, dict[str, Any]]:
    """Give for each case the median of its runs, the lowest and the highest CPU time, and its largest peak."""
    found = {}
    for case in dict.fromkeys(run.case for run in runs):
        mine = [run for run in runs if run.case == case]
        cpu_s = [run.cpu_s for run in mine]
        work_s = [run.work_cpu_s for run in mine if run.work_cpu_s is not None]
        found[case] = {
            "records": mine[0].records,
            "runs": len(mine),
            "cpu_s": median(cpu_s),
            "cpu_s_min": min(cpu_s),
            "cpu_s_max": max(cpu_s),
            "cpu_us_a_record": median(cpu_s) / mine[0].records * 1e6,
            "work_cpu_s": median(work_s) if work_s else None,
            "work_cpu_us_a_record": median(work_s) / mine[0].records * 1e6 if work_s else None,
            "wall_s": median(run.wall_s for run in mine),
            "peak_bytes": max(run.peak_bytes for run in mine),
            "broker_cpu_s": median(run.broker_cpu_s for run in mine),
        }
    return found


def ratio(runs: Sequence[Run], peer: str, ours: str, *, work: bool = False) -> float:
    """Say how many times our CPU time the peer takes, by medians, for as many records.

    With `work`, of both only the time without start and imports counts.
    """
    figure = "work_cpu_us_a_record" if work else "cpu_us_a_record"
    found = medians(runs)
    return float(found[peer][figure] / found[ours][figure])


def growth(inputs: Sequence[tuple[str, Truth, dict[str, Any]]]) -> list[dict[str, Any]]:
    """Give the cost per record and the peak on each input, the smallest first."""
    rows = [
        {
            "case": name,
            "records": truth.records,
            "addresses": truth.addresses,
            "address_share": truth.addresses / truth.lines,
            **{figure: middle[figure] for figure in ("cpu_us_a_record", "work_cpu_us_a_record", "peak_bytes", "runs")},
        }
        for name, truth, middle in inputs
    ]
    return sorted(rows, key=lambda row: (row["records"], row["addresses"]))


def growth_ratios(grown: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Say how many times what a record costs in the last but one input it costs in the last; start and imports apart.

    Args:
        grown: three inputs as `growth` gives them.

    Returns:
        `all`: of all that is done; `next`: of each further record, by the differences between the inputs, so that what is
        done once, however many records come, makes neither look cheaper.
    """
    small, middle, large = (one["work_cpu_us_a_record"] * one["records"] for one in grown)
    few, some, many = (one["records"] for one in grown)
    return {
        "all": (large / many) / (middle / some),
        "next": ((large - middle) / (many - some)) / ((middle - small) / (some - few)),
    }
