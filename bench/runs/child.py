"""One measured run: a program of its own on one core, and what the operating system counted of it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.runs.brokers import Broker

PROJECT: Final = Path(__file__).parents[2]
LAUNCHER: Final = PROJECT / "bench" / "launch.py"
LINES_SHOWN: Final = 15


class RunError(Exception):
    """A program of the bench failed, or made something else than it should; one line."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one run cost.

    Attributes:
        case: which program on which input.
        records: how many records went through it.
        cpu_s: CPU time of the process and its children, user and system together.
        work_cpu_s: CPU time without start and imports, where the program tells it.
        peak_bytes: its peak memory.
        wall_s: how long it took.
        broker_cpu_s: CPU time of the broker meanwhile; 0 without one.
        told: everything that the program told itself.
    """

    case: str
    records: int
    cpu_s: float
    work_cpu_s: float | None
    peak_bytes: int
    wall_s: float
    broker_cpu_s: float
    told: dict[str, Any] = field(default_factory=dict)


def python(module: str, *words: str | Path) -> list[str]:
    """Give the command of a module of the bench."""
    return [sys.executable, "-m", module, *map(str, words)]


def run_child(
    case: str,
    command: Sequence[str],
    *,
    records: int,
    core: int,
    folder: Path,
    broker: Broker | None,
    environment: Mapping[str, str],
) -> Run:
    """Run a program to its end in `folder`, which is its current folder too, and measure it.

    Raises:
        RunError: it ended with another code than 0; with the end of what it printed.
    """
    report = folder / "launched.json"
    before_s = broker.cpu_s() if broker else 0.0
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(LAUNCHER), str(core), str(report), *command],
        cwd=folder,
        env=_clean(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    broker_cpu_s = broker.cpu_s() - before_s if broker else 0.0
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()[-LINES_SHOWN:]
        raise RunError(f"{case}: ended with code {done.returncode}:\n" + "\n".join(said))
    counted, told = json.loads(report.read_text()), _told(done.stdout)
    return Run(
        case=case,
        records=records,
        cpu_s=counted["user_s"] + counted["system_s"],
        work_cpu_s=told.get("work_cpu_s"),
        peak_bytes=counted["peak_bytes"],
        wall_s=counted["wall_s"],
        broker_cpu_s=broker_cpu_s,
        told=told,
    )


def _clean(environment: Mapping[str, str]) -> dict[str, str]:
    """Give this process's environment without settings of Footfall's and of Python's, and with `environment` over it.

    Compiled modules are kept, as on any machine: else each start would compile ours anew, and the peers' not.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith(("FOOTFALL_", "PYTHON"))}
    return {**own, "PYTHONPATH": str(PROJECT), **environment}


def _told(output: str) -> dict[str, Any]:
    """Read the last line of an output, where it is a document."""
    last = output.strip().rpartition("\n")[2]
    if not last.startswith("{"):
        return {}
    try:
        told = json.loads(last)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
