"""The command line starts without what a verb does not need."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

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


def test_numpy_starts_no_threads() -> None:
    counting = "import os, numpy; print(len(os.listdir('/proc/self/task')))"
    assert say("from footfall.lean import keep_blas_quiet; keep_blas_quiet(); " + counting) == "1"


def test_the_command_line_keeps_numpy_so() -> None:
    program = """
import os, sys
from footfall.__main__ import main
sys.argv = ["footfall", "--version"]
try:
    main()
except SystemExit:
    print(os.environ["OPENBLAS_NUM_THREADS"])
"""
    assert say(program).splitlines()[-1] == "1"


ENDING = """
import atexit, sys, tempfile, threading, time
from footfall.lean import leave
folder = tempfile.TemporaryDirectory()
atexit.register(print, "at the end")
print(folder.name)
"""


def test_what_is_to_be_done_at_the_end_is_done_and_all_is_written() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", ENDING + "leave(7)"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    folder, last = ended.stdout.splitlines()
    assert (ended.returncode, last, ended.stderr) == (7, "at the end", "")
    assert not Path(folder).exists()


def test_the_end_waits_for_who_is_still_at_work() -> None:
    work = 'threading.Thread(target=lambda: (time.sleep(0.3), print("done"))).start(); leave(0)'
    assert say(ENDING + work).splitlines()[1:] == ["done", "at the end"]


def test_the_command_line_ends_with_its_code(tmp_path: Path) -> None:
    """What was written stands in the pipe, whole, and what goes wrong has its own code."""
    for words, code in ((["status", "--help"], 0), (["status", "--data", str(tmp_path)], 2), (["no-such-verb"], 2)):
        ended = subprocess.run(
            [sys.executable, "-m", "footfall", *words], cwd=PROJECT, capture_output=True, check=False, timeout=60
        )
        assert (ended.returncode, bool(ended.stdout)) == (code, code == 0), ended


@pytest.mark.parametrize(
    ("words", "closing", "code"),
    [("policy show", "1>&-", 0), ("no-such-verb", "2>&-", 2), ("--version", "0<&- 1>&- 2>&-", 0)],
)
def test_who_has_closed_what_is_written_to_misses_it_and_no_more(words: str, closing: str, code: int) -> None:
    command = f"{shlex.quote(sys.executable)} -m footfall {words} {closing}"
    ended = subprocess.run(["sh", "-c", command], cwd=PROJECT, capture_output=True, text=True, check=False, timeout=60)
    assert (ended.returncode, ended.stdout, "Traceback" in ended.stderr) == (code, "", False)


def test_a_pipe_that_nobody_reads_is_no_complaint() -> None:
    for words in (["--version"], ["policy", "show"]):
        read, write = os.pipe()
        os.close(read)
        ended = subprocess.run(
            [sys.executable, "-m", "footfall", *words],
            cwd=PROJECT,
            stdout=write,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
        os.close(write)
        assert (ended.returncode, ended.stderr) == (1, "")
