"""What the promise costs: a verb without encryption, and a question asked through the door, each in a process of its own.

python -m bench.ours.costs plain VERB [ARGUMENT …]; the last line of its output tells the CPU time.
python -m bench.ours.costs ask DATA ROLE PURPOSE TIMES SQL; the last line tells that of all questions, and of opening the session.

Encryption is taken away in this process only: the product has no switch for it.
"""

import json
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from bench.ours.verb import run
from bench.working import Work


def without_encryption(words: list[str]) -> int:
    """Run a verb that writes personal columns as plain ones; give its exit code."""
    from warehouse.lake.files import Sealing  # noqa: PLC0415 - the questions of this module need other imports

    def nothing(*_: Any) -> None:
        """Stand in the place of the sealing of a table."""

    Sealing.of = nothing  # type: ignore[method-assign, assignment] # what a table without personal columns has
    work, code = run(words)
    work.tell()
    return code


def ask(data: Path, role: str, purpose: str, times: int, sql: str) -> None:
    """Ask one question so many times in one session; every one is audited. Its only figure must not change."""
    from footfall.connection import connect  # noqa: PLC0415 - loads DuckDB and pandas

    import_module("warehouse.door")  # `connect` loads it when it is needed; imports are not to count

    begun_s = time.process_time()
    with connect(role, purpose, data=data) as asked:
        opening_s = time.process_time() - begun_s
        work = Work()
        answers = {asked.sql(sql).arrow().column(0).to_pylist()[0] for _ in range(times)}
        work.end()
    told = {"work_cpu_s": work.cpu_s, "opening_cpu_s": opening_s, "answers": sorted(answers)}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    if sys.argv[1] == "plain":
        sys.exit(without_encryption(sys.argv[2:]))
    ask(Path(sys.argv[2]), sys.argv[3], sys.argv[4], int(sys.argv[5]), sys.argv[6])
