"""Rounds of runs: each case once a round, every other round in the opposite order, so that no one has the quiet hour."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.runs.cases import Case
from bench.runs.child import Run

Say = Callable[[str], None]


def alternate(cases: Sequence[Case], rounds: int, folder: Path, core: int, say: Say) -> list[Run]:
    """Run the cases; what they make is checked and removed at once."""
    runs = []
    for number in range(rounds):
        for case in cases if number % 2 == 0 else reversed(cases):
            place = folder / f"{case.name}-{number}"
            run = case.run(place, core)
            shutil.rmtree(place)
            say(f"  {run.case}: {run.cpu_s:.2f} CPU s, {run.cpu_s / run.records * 1e6:.2f} µs a record")
            runs.append(run)
    return runs
