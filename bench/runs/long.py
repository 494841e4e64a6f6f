"""`make bench-long`: ten million lines from file to report beside GoAccess, and the cost per record from 0.1 to 10 million."""

import json
import re
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import reduce
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.input.fill import PARTITIONS, WEEK_MS, fill_topics, write_log
from bench.input.truth import Truth
from bench.input.world import LOG_SHARE
from bench.results.summary import growth, growth_ratios, medians, ratio
from bench.runs import cases
from bench.runs.alternate import Say, alternate
from bench.runs.brokers import Broker, running_broker
from bench.runs.checks import check_lake, check_rows
from bench.runs.child import Run, RunError, python
from bench.runs.short import SHARE, Plan, as_row, stage_table, staged_ingest, truth_of
from ingest.wire.connection import Connection
from ingest.wire.topics import ensure_topics

VERBS: Final = ("ship", "ingest", "nightly", "report")
GENERAL: Final = re.compile(r'json_data\s*=\s*\{"general":\s*(\{.*?\})', re.DOTALL)
WAY: Final = "footfall_file_to_report"
ROOM_BYTES: Final = 1000
"""On the disk, for each line: the file itself, the topics of the growth, and those and the rows of one way."""


def run_long(plan: Plan, say: Say, keep: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Run everything; give what `bench/results-long.json` holds, but for the machine.

    Args:
        plan: what to run; its `records` are the lines of the file, and of the largest input of the growth.
        say: is told how far it has come.
        keep: is given the same as far as it is known, after the growth and after each file: the whole takes half an hour.

    Raises:
        RunError: a program failed, or made something else than the input holds; there is not enough room.
    """
    check_room(plan.folder, plan.records * ROOM_BYTES)
    grown, staged = _growth(plan, say) if plan.growth else ([], [])
    log = plan.folder / "access.log"
    truth = write_log(plan.world(round(plan.records / LOG_SHARE), SHARE), log)
    say(f"{truth.lines:,} lines, {truth.line_bytes / 1e9:.2f} GB")
    has_goaccess = shutil.which("goaccess") is not None
    if not has_goaccess:
        say("goaccess is not installed: there is nothing to compare the report with (Debian: apt install goaccess)")
    known = {
        "input": {"seed": plan.seed, "address_share": SHARE, **truth_of(truth)},
        "rounds": plan.rounds if plan.growth else 0,
        "stages": staged,
        "growth": grown,
        **({"growth_ratios": growth_ratios(grown)} if grown else {}),
    }
    runs: list[Run] = []
    found = _result(known, runs)
    for number in range(plan.reports):
        keep(found)
        runs += file_to_report(plan, log, truth, number, say)
        if has_goaccess:
            runs += alternate([goaccess(log, truth)], 1, plan.folder / f"goaccess-{number}", plan.core, say)
        found = _result(known, runs)
    return found


def check_room(folder: Path, wanted_bytes: int) -> None:
    """Look for room on the disk before anything is made.

    Raises:
        RunError: there is too little.
    """
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < wanted_bytes:
        raise RunError(
            f"{folder} has {free_bytes / 1e9:.1f} GB free, and about {wanted_bytes / 1e9:.1f} GB are needed; "
            "--work names another folder, --records fewer lines"
        )


def _result(known: dict[str, Any], runs: list[Run]) -> dict[str, Any]:
    """Put together what the runs until now tell."""
    ran = {run.case for run in runs}
    return {
        **known,
        "reports": sum(run.case == WAY for run in runs),
        "ratios": _ratios(runs) if {WAY, "goaccess"} <= ran else {},
        "ratios_without_start": {},
        "cases": medians(runs),
        "runs": [as_row(run) for run in runs],
    }


def file_to_report(plan: Plan, log: Path, truth: Truth, number: int, say: Say) -> list[Run]:
    """Take one file the whole way in a fresh warehouse with a fresh broker; give the run of each verb, and all together."""
    place = plan.folder / f"way-{number}"
    place.mkdir(parents=True)
    runs = []
    with running_broker(place / "broker", plan.core) as broker:
        ensure_topics(Connection(broker.bootstrap), ["web_log"], partitions=PARTITIONS, retention_ms=WEEK_MS)
        for verb in VERBS:
            run = _verb(verb, place, log, truth, broker).run(place / verb, plan.core)
            say(
                f"  {run.case}: {run.cpu_s:.1f} CPU s, {run.cpu_s / run.records * 1e6:.2f} µs a line, "
                f"{run.wall_s:.0f} s in all; broker {run.broker_cpu_s:.1f} CPU s"
            )
            runs.append(run)
    check_lake(WAY, place / "data", truth)
    shutil.rmtree(place)
    return [*runs, reduce(_together, runs)]


def goaccess(log: Path, truth: Truth) -> cases.Case:
    """Give GoAccess: a log file to an HTML report; it keeps no rows."""
    program = shutil.which("goaccess") or "goaccess"

    def check(folder: Path, run: Run) -> None:
        found = GENERAL.search((folder / "report.html").read_text(encoding="utf-8", errors="replace"))
        general = json.loads(found[1]) if found else {"valid_requests": -1, "bandwidth": -1}
        counted = {"requests": general["valid_requests"], "byte sum": general["bandwidth"]}
        check_rows(run.case, counted, {"requests": truth.lines_kept, "byte sum": truth.bytes_sum})

    return cases.Case(
        "goaccess",
        truth.lines,
        lambda folder: [
            program, str(log), "--no-global-config", "--no-progress", "--log-format=COMBINED", "-o", str(folder / "report.html"),
        ],
        check,
    )  # fmt: skip


def _verb(verb: str, place: Path, log: Path, truth: Truth, broker: Broker) -> cases.Case:
    page = place / "report.html"
    words = {
        "ship": ("--site", cases.SITE, log),
        "ingest": ("--drain",),
        "nightly": (),
        "report": ("--output", page),
    }[verb]

    def check(_: Path, run: Run) -> None:
        if verb == "report":
            check_rows(run.case, {"pages": int(page.is_file())}, {"pages": 1})

    return cases.Case(
        f"footfall_{verb}",
        truth.lines,
        lambda _: python("bench.ours.verb", verb, *words, "--data", place / "data"),
        check,
        broker,
        {"FOOTFALL_KAFKA_BOOTSTRAP": broker.bootstrap},
    )


def _together(first: Run, second: Run) -> Run:
    """Add up two runs that follow each other."""
    return replace(
        first,
        case=WAY,
        cpu_s=first.cpu_s + second.cpu_s,
        work_cpu_s=(first.work_cpu_s or 0) + (second.work_cpu_s or 0),
        peak_bytes=max(first.peak_bytes, second.peak_bytes),
        wall_s=first.wall_s + second.wall_s,
        broker_cpu_s=first.broker_cpu_s + second.broker_cpu_s,
    )


def _ratios(runs: list[Run]) -> dict[str, float]:
    ours = [run.cpu_s + run.broker_cpu_s for run in runs if run.case == WAY]
    theirs = [run.cpu_s for run in runs if run.case == "goaccess"]
    return {
        "report_vs_goaccess": ratio(runs, "goaccess", WAY),
        "report_vs_goaccess_with_broker": median(theirs) / median(ours),
    }


def _growth(plan: Plan, say: Say) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Run Footfall on a hundredth, a tenth and all of the records, in turns; give the growth, and the stages of the largest."""
    sizes = (plan.records // 100, plan.records // 10, plan.records)
    truths, programs = [], []
    with ExitStack() as brokers:
        for records in sizes:
            name = f"footfall_{records}"
            broker = brokers.enter_context(running_broker(plan.folder / name, plan.core))
            truth = fill_topics(plan.world(records, SHARE), broker.bootstrap)
            say(f"{truth.records:,} records in Kafka")
            truths.append((name, truth))
            programs.append(cases.footfall_ingest(name, broker, truth))
            largest = broker
        middle = medians(alternate(programs, plan.rounds, plan.folder / "growth", plan.core, say))
        staged = alternate([staged_ingest(largest, truth)], 1, plan.folder / "stages", plan.core, say)[0]
    for name, _ in truths:
        shutil.rmtree(plan.folder / name)
    return growth([(name, truth, middle[name]) for name, truth in truths]), stage_table(staged)
