"""The command line starts without pandas."""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]
SIMULATING = ("run", "simulate")
"""They reckon with frames what must come out."""


def say(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


def test_no_verb_loads_pandas_but_those_that_make_people_up() -> None:
    program = f"""
import sys
from footfall.__main__ import VERBS, application, main
sys.argv = ["footfall", "ingest", "--help"]
try:
    main()
except SystemExit as ended:
    assert ended.code == 0, ended.code
application([verb for verb in VERBS if verb not in {SIMULATING}])
import pyarrow.dataset
print("pandas" in sys.modules)
"""
    assert say(program).splitlines()[-1] == "False"


def test_pyarrow_would_load_it() -> None:
    assert say("import sys, pyarrow as pa; pa.array([0]); print('pandas' in sys.modules)") == "True"


def test_our_own_modules_can_still_use_it() -> None:
    program = (
        "from footfall.lean import keep_pandas_out; keep_pandas_out(); import pandas; print(pandas.Series([1]).sum())"
    )
    assert say(program) == "1"
