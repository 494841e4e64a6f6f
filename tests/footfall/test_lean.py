"""Verbs that have no use for pandas start without it."""

import subprocess
import sys
from pathlib import Path

import pytest

from footfall.lean import LEAN_VERBS

PROJECT = Path(__file__).parents[2]


def say(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


@pytest.mark.parametrize("verb", sorted(LEAN_VERBS))
def test_a_lean_verb_does_not_load_pandas(verb: str) -> None:
    program = f"""
import sys
sys.argv = ["footfall", "{verb}", "--help"]
from footfall.__main__ import main
try:
    main()
except SystemExit as ended:
    assert ended.code == 0, ended.code
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
