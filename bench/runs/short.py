"""`make bench`: a million records, Footfall and its peers, stages, and the shares of distinct addresses."""

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bench.input.fill import PARTITIONS, WEEK_MS, fill_topics, first_day, write_log
from bench.input.places import write_places
from bench.input.truth import Truth
from bench.input.world import World, build_world
from bench.results.summary import growth, medians, ratio
from bench.runs import cases
from bench.runs.alternate import Say, alternate
from bench.runs.brokers import Broker, running_broker
from bench.runs.child import Run
from bench.runs.costs import ingest_row, plain_ingest
from bench.runs.questions import measure_questions
from ingest.wire.connection import Connection
from ingest.wire.topics import ensure_topics

SHARE: Final = 0.05
OTHER_SHARES: Final = (0.01, 0.5)
RATIOS: Final = {
    "kafka_to_lake_vs_duckdb_script": ("duckdb_script", "footfall", False),
    "kafka_to_lake_vs_ordinary": ("ordinary", "footfall", False),
    "fetch_vs_kafka_python": ("poll_to_arrow", "footfall_fetch", True),
    "produce_vs_kafka_python": ("send_loop", "footfall_ship", True),
}
"""By name: the peer, ours, and whether only the work without start and imports counts."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run, and where.

    Attributes:
        records: records of the main input, log lines and events together.
        rounds: how often each program runs.
        reports: how often a file goes the whole way to its report, and through GoAccess.
        slow: whether the ordinary design, which takes minutes, runs too.
        growth: whether other sizes and shares of addresses run too.
        folder: for all that is made on the way; removed afterwards.
        kept: for what is worth keeping for the next time.
        core: the core that measured programs run on.
        now: the time, from which the records' days are reckoned.
        seed: makes the input.
    """

    records: int
    rounds: int
    reports: int
    slow: bool
    growth: bool
    folder: Path
    kept: Path
    core: int
    now: datetime
    seed: int = 7

    def world(self, records: int, share: float) -> World:
        """Draw an input."""
        return build_world(records=records, address_share=share, start=first_day(self.now), seed=self.seed)


def run_short(plan: Plan, say: Say) -> dict[str, Any]:
    """Run everything; give what `bench/results.json` holds, but for the machine.

    Raises:
        RunError: a program failed, or made something else than the input holds.
    """
    world = plan.world(plan.records, SHARE)
    log = plan.folder / "access.log"
    log_truth = write_log(world, log)
    with ExitStack() as brokers:
        full = brokers.enter_context(running_broker(plan.folder / "full", plan.core))
        empty = brokers.enter_context(running_broker(plan.folder / "empty", plan.core))
        truth = fill_topics(world, full.bootstrap)
        ensure_topics(Connection(empty.bootstrap), ["web_log"], partitions=PARTITIONS, retention_ms=WEEK_MS)
        say(f"{truth.records:,} records in Kafka, {truth.addresses:,} addresses")
        programs = [
            cases.footfall_ingest("footfall", full, truth),
            plain_ingest(full, truth),
            cases.to_parquet("duckdb_script", full, truth),
            cases.fetching("footfall_fetch", "bench.ours.fetch", full, truth),
            cases.fetching("poll_to_arrow", "bench.peers.poll_to_arrow", full, truth),
            cases.footfall_ship(empty, log, log_truth),
            cases.send_loop(empty, log, log_truth),
            cases.duckdb_file(log, log_truth),
        ]
        if plan.slow:
            places = plan.kept / "places.mmdb"
            write_places(places)
            programs.append(cases.to_parquet("ordinary", full, truth, places))
        runs = alternate(programs, plan.rounds, plan.folder, plan.core, say)
        questions, asked = measure_questions(
            full, truth, rounds=plan.rounds, folder=plan.folder / "asked", core=plan.core, say=say
        )
        staged = alternate([staged_ingest(full, truth)], 1, plan.folder, plan.core, say)[0]
    grown = _other_inputs(plan, say) if plan.growth else []
    middle = medians(runs)
    return {
        "input": {"seed": plan.seed, "address_share": SHARE, **truth_of(truth)},
        "rounds": plan.rounds,
        "ratios": _ratios(runs),
        "ratios_without_start": _ratios_without_start(runs),
        "costs": {"rows": [ingest_row(runs), *questions], "runs": [as_row(run) for run in asked]},
        "cases": middle,
        "stages": stage_table(staged),
        "growth": growth([("footfall", truth, middle["footfall"]), *grown]),
        "runs": [as_row(run) for run in runs],
    }


def staged_ingest(broker: Broker, truth: Truth) -> cases.Case:
    """Give Footfall's ingest with a clock on each stage."""
    return cases.footfall_ingest("footfall_stages", broker, truth, program="bench.ours.stages")


def stage_table(run: Run) -> list[dict[str, Any]]:
    """Give the CPU time of each stage, for each record and as a share, and that of the start before them.

    What it took to put the clocks there is left out: no other run has it.
    """
    whole_s = run.cpu_s - run.told["clocks_cpu_s"]
    spent = {**run.told["stages"], "start and imports": whole_s - run.told["work_cpu_s"]}
    return [
        {"stage": stage, "cpu_s": cpu_s, "cpu_us_a_record": cpu_s / run.records * 1e6, "share": cpu_s / whole_s}
        for stage, cpu_s in spent.items()
    ]


def truth_of(truth: Truth) -> dict[str, Any]:
    """Give the truth as a document."""
    return {name: getattr(truth, name) for name in Truth.__slots__} | {"records": truth.records, "rows": truth.rows}


def as_row(run: Run) -> dict[str, Any]:
    """Give a run as a document."""
    return {name: getattr(run, name) for name in Run.__slots__ if name != "told"}


def _ratios(runs: list[Run]) -> dict[str, float]:
    """Compare by CPU time: of whole processes, and for fetch and produce alone of the work without start and imports."""
    ran = {run.case for run in runs}
    return {
        name: ratio(runs, peer, ours, work=alone) for name, (peer, ours, alone) in RATIOS.items() if {peer, ours} <= ran
    }


def _ratios_without_start(runs: list[Run]) -> dict[str, float]:
    """Compare the same without start and imports, as in a program that runs for days."""
    ran = {run.case for run in runs}
    return {name: ratio(runs, peer, ours, work=True) for name, (peer, ours, _) in RATIOS.items() if {peer, ours} <= ran}


def _other_inputs(plan: Plan, say: Say) -> list[tuple[str, Truth, dict[str, Any]]]:
    """Run Footfall alone on a tenth of the records, and on other shares of distinct addresses."""
    found = []
    for records, share in ((plan.records // 10, SHARE), *((plan.records, share) for share in OTHER_SHARES)):
        name = f"footfall_{records}_{share:g}"
        with running_broker(plan.folder / name, plan.core) as broker:
            truth = fill_topics(plan.world(records, share), broker.bootstrap)
            case = cases.footfall_ingest(name, broker, truth)
            runs = alternate([case], plan.rounds, plan.folder / "grown", plan.core, say)
        found.append((name, truth, medians(runs)[name]))
    return found
