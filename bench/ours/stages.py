"""A verb with a clock on each stage of its work.

python -m bench.ours.stages VERB [ARGUMENT …]; the last line of its output is a document with CPU seconds by stage.
"""

import json
import sys
import time
import tomllib
from pathlib import Path
from typing import Final

from bench.ours.clocks import Clocks, put_clocks
from bench.ours.verb import run
from footfall.commands import load_verb
from footfall.lean import keep_blas_quiet, keep_pandas_out

LISTED: Final = Path(__file__).with_name("stages.toml")


def read_stages() -> dict[str, list[str]]:
    """Read which functions make up which stage."""
    return tomllib.loads(LISTED.read_text())


def main(words: list[str]) -> int:
    """Run the verb; the last line says what each stage took, and what is in none of them."""
    keep_blas_quiet()
    keep_pandas_out()
    load_verb(words[0])
    clocks = Clocks()
    begun_s = time.process_time()
    stages = read_stages()
    put_clocks(clocks, stages)
    clocks_cpu_s = time.process_time() - begun_s
    work, code = run(words)
    spent = {stage: clocks.cpu_s[stage] for stage in stages}
    spent["between them"] = work.cpu_s - sum(spent.values())
    told = {"work_cpu_s": work.cpu_s, "clocks_cpu_s": clocks_cpu_s, "stages": spent, "calls": dict(clocks.calls)}
    sys.stdout.write(json.dumps(told) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
