"""One verb of Footfall as a program, its imports done before the clock of its work starts.

python -m bench.ours.verb VERB [ARGUMENT …]; the last line of its output tells the CPU time.
"""

import sys
from importlib import import_module

from bench.working import Work
from footfall.commands import load_verb
from footfall.lean import keep_blas_quiet, keep_pandas_out, leave


def run(words: list[str]) -> tuple[Work, int]:
    """Run a verb as the command line does; give the work and the exit code."""
    main = import_module("footfall.__main__").main
    keep_blas_quiet()
    keep_pandas_out()  # as the command line does before it loads the verb
    load_verb(words[0])
    sys.argv = ["footfall", *words]
    code = 0
    work = Work()
    try:
        main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    work.end()
    return work, code


if __name__ == "__main__":
    done, exit_code = run(sys.argv[1:])
    done.tell()
    leave(exit_code)  # as the command line does
