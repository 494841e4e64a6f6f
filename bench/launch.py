"""Starts one measured program on one core and says what the operating system counted of it.

python -I -S bench/launch.py CORE REPORT PROGRAM [ARGUMENT …]

It imports next to nothing: a child inherits its parent's size as its own peak, so a large parent would be measured instead.
"""

import json
import os
import sys
import time

PAGE_KIB = 1024


def launch(core: int, report: str, program: list[str]) -> int:
    """Run a program to its end; write CPU seconds of it and its own children, peak memory and time; give its exit code."""
    os.sched_setaffinity(0, {core})
    begun_s = time.monotonic()
    child = os.posix_spawn(program[0], program, os.environ)
    _, status, usage = os.wait4(child, 0)
    told = {
        "user_s": usage.ru_utime,
        "system_s": usage.ru_stime,
        "wall_s": time.monotonic() - begun_s,
        "peak_bytes": usage.ru_maxrss * PAGE_KIB,
    }
    with open(report, "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib would make the parent larger
        json.dump(told, file)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(launch(int(sys.argv[1]), sys.argv[2], sys.argv[3:]))
