"""The command line starts without what a verb does not need."""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]
ASKING = ("sql", "report", "traffic", "profile", "keys", "nightly", "policy")
"""They speak to no broker."""
SIMULATING = ("run", "simulate")
"""They reckon with frames what must come out."""


def say(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


def test_a_verb_loads_only_what_it_needs() -> None:
    """No verb loads pandas but those that make people up, and whoever asks loads no client of Kafka's."""
    program = f"""
import sys
from footfall.__main__ import VERBS, application, main
sys.argv = ["footfall", "sql", "--help"]
try:
    main()
except SystemExit as ended:
    assert ended.code == 0, ended.code
application({ASKING})
print("kafka" in sys.modules)
application([verb for verb in VERBS if verb not in {SIMULATING}])
import pyarrow.dataset
print("kafka" in sys.modules, "pandas" in sys.modules)
"""
    assert say(program).splitlines()[-2:] == ["False", "True False"]


def test_a_worker_that_writes_into_a_pipe_loads_nothing_to_draw_with_and_no_reader_of_databases() -> None:
    program = """
import sys
from footfall.commands.pipeline import ingest
from footfall.terminal import say, working
with working("Ingesting") as bar:
    bar(1, 2)
say("1 line in")
print([name for name in ("rich", "geoip2", "maxminddb") if name in sys.modules])
"""
    assert say(program).splitlines() == ["1 line in", "[]"]


def test_pyarrow_would_load_it() -> None:
    assert say("import sys, pyarrow as pa; pa.array([0]); print('pandas' in sys.modules)") == "True"


def test_our_own_modules_can_still_use_it() -> None:
    program = (
        "from footfall.lean import keep_pandas_out; keep_pandas_out(); import pandas; print(pandas.Series([1]).sum())"
    )
    assert say(program) == "1"


def test_a_verb_is_loaded_without_a_search_for_cycles() -> None:
    program = """
import gc
from footfall.commands import load_verb
searches = []
gc.callbacks.append(lambda phase, about: searches.append(about["generation"]))
load_verb("ingest")
found = list(searches)
print(found, gc.isenabled(), gc.get_freeze_count())
"""
    assert say(program) == "[] True 0"
