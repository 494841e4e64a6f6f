"""The bench's command line: `python -m bench`, or `python -m bench --long`; see bench/README.md."""

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bench.results.machine import machine, versions
from bench.results.table import as_markdown, put_between_marks
from bench.runs.child import RunError
from bench.runs.long import run_long
from bench.runs.short import Plan, run_short

HERE: Final = Path(__file__).parent
RECORDS: Final = 1_000_000
LINES_LONG: Final = 10_000_000
ROUNDS, ROUNDS_LONG, REPORTS = 3, 5, 3

Results = dict[str, Any]
Keep = Callable[[Results], object]


def say(text: str) -> None:
    """Tell how far the bench has come."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def measure(plan: Plan, *, long: bool, keep: Keep) -> Results:
    """Run one of the benches; give its results as they are written.

    Args:
        plan: what to run.
        long: which of the two.
        keep: is given what the long one knows so far, whenever a part of it is done.

    Raises:
        RunError: a program failed, or made something else than the input holds.
    """
    about = {"made_at": plan.now.isoformat(timespec="seconds"), "machine": machine(), "versions": versions()}
    if long:
        return {**about, **run_long(plan, say, lambda so_far: keep({**about, **so_far}))}
    return {**about, **run_short(plan, say)}


def main() -> int:
    """Read the options, measure, write results and tables."""
    options = _options()
    output = options.output.absolute()
    output.mkdir(parents=True, exist_ok=True)  # before anything is measured that could not be written
    kept = options.work.absolute()
    kept.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=kept))
    plan = Plan(
        records=options.records or (LINES_LONG if options.long else RECORDS),
        rounds=options.rounds or (ROUNDS_LONG if options.long else ROUNDS),
        reports=options.reports,
        slow=not options.fast,
        growth=not options.fast,
        folder=folder,
        kept=kept,
        core=min(os.sched_getaffinity(0)),
        now=datetime.now(UTC),
    )
    try:
        return finish(lambda keep: measure(plan, long=options.long, keep=keep), output, long=options.long)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def finish(measuring: Callable[[Keep], Results], output: Path, *, long: bool) -> int:
    """Measure and write; give the exit code. Of what fails or is broken off (Ctrl-C), what is known by then is written too."""
    known: list[Results] = []

    def keep(so_far: Results) -> None:
        write_json(so_far, output, long=long)
        known.append(so_far)

    try:
        known.append(measuring(keep))
        code = 0
    except RunError as error:
        say(f"bench: {error}")
        code = 1
    except KeyboardInterrupt:
        say("bench: broken off")
        code = 130
    if known:
        write(known[-1], output, long=long)
    return code


def write_json(results: Results, output: Path, *, long: bool) -> Path:
    """Write the results as JSON; give the file."""
    path = output / f"results{'-long' * long}.json"
    path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return path


def write(results: Results, output: Path, *, long: bool) -> None:
    """Write the results as JSON, print the tables, and put them into the bench's own README when they are the official ones."""
    path = write_json(results, output, long=long)
    text = as_markdown(results)
    sys.stdout.write(text)
    if output == HERE:
        put_between_marks(HERE / "README.md", f"bench{'-long' * long}", text)
    say(f"written to {path}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Footfall and its peers on one core.")
    parser.add_argument("--long", action="store_true", help="ten million lines: growth, and GoAccess when installed")
    parser.add_argument("--fast", action="store_true", help="without growth; short: without the ordinary design, too")
    parser.add_argument("--records", type=int, default=0, help=f"how many ({RECORDS:,}; long: {LINES_LONG:,} lines)")
    parser.add_argument("--rounds", type=int, default=0, help=f"runs of each program ({ROUNDS}; long: {ROUNDS_LONG})")
    parser.add_argument(
        "--reports", type=int, default=REPORTS, help=f"long: runs of file to report and of GoAccess ({REPORTS})"
    )
    parser.add_argument("--output", type=Path, default=HERE, metavar="DIR", help="where results go (bench/)")
    parser.add_argument(
        "--work", type=Path, default=Path("data/bench"), metavar="DIR", help="where brokers and inputs live meanwhile"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
