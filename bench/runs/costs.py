"""What the promise costs: the same work with and without it; first of all the ingest, without encryption."""

from pathlib import Path
from statistics import median
from typing import Any, Final

import pyarrow.parquet as pq

from bench.input.truth import Truth
from bench.results.summary import ratio
from bench.runs.brokers import Broker
from bench.runs.cases import SITE, Case
from bench.runs.checks import check_lake
from bench.runs.child import Run, RunError, python

ADDED_MAX: Final = 0.25
PLAIN: Final = "footfall_plain"
FACTS: Final = Path("data", "lake", "facts")


def plain_ingest(broker: Broker, truth: Truth) -> Case:
    """Give Footfall's ingest with the personal columns left plain, in the bench only."""

    def check(folder: Path, run: Run) -> None:
        check_lake(run.case, folder / "data", truth)
        check_sealed(run.case, folder, sealed=False)

    return Case(
        PLAIN,
        truth.records,
        lambda folder: python("bench.ours.costs", "plain", "ingest", "--drain", "--data", folder / "data"),
        check,
        broker,
        {"FOOTFALL_KAFKA_BOOTSTRAP": broker.bootstrap, "FOOTFALL_SITE": SITE},
    )


def check_sealed(case: str, folder: Path, *, sealed: bool) -> None:
    """Look whether customers' numbers are encrypted in every file, or in none.

    Raises:
        RunError: a file is otherwise.
    """
    for file in (folder / FACTS / "customer_events").glob("event_date=*/*.parquet"):
        try:
            pq.ParquetFile(file).read_row_group(0, columns=["path"])
            is_plain = b"footfall.key_id" not in (pq.read_schema(file).metadata or {})
        except OSError:
            is_plain = False
        if is_plain is sealed:
            raise RunError(
                f"{case}: a file of customer_events is {'plain' if sealed else 'encrypted'}, and should not be"
            )


def ingest_row(runs: list[Run]) -> dict[str, Any]:
    """Compare the ingest with and without encryption, as whole processes."""
    return cost_row("`footfall ingest`: encryption", runs, "footfall", PLAIN, work=False)


def cost_row(
    what: str, runs: list[Run], ours: str, without: str, *, work: bool = True, at_most: float | None = ADDED_MAX
) -> dict[str, Any]:
    """Give one row: CPU time of both for a record or a question, and the share that is added."""
    figures = {}
    for name, case in (("with_us", ours), ("without_us", without)):
        mine = [run for run in runs if run.case == case]
        spent_s = [run.work_cpu_s if work and run.work_cpu_s is not None else run.cpu_s for run in mine]
        for figure, of_runs in (("", median), ("_min", min), ("_max", max)):
            figures[name + figure] = of_runs(spent_s) / mine[0].records * 1e6
    openings = [run.told["opening_cpu_s"] for run in runs if run.case == ours and "opening_cpu_s" in run.told]
    return {
        "what": what,
        "case": ours,
        **figures,
        "added": 1 / ratio(runs, without, ours, work=work) - 1,
        "at_most": at_most,
        "opening_s": median(openings) if openings else None,
    }
