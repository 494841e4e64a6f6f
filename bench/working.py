"""What a measured program tells of its work: how many records, how many bytes, and the CPU time without its start."""

import json
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


class Work:
    """Counts work from its making, after the imports, to its end; CPU time is that of all threads of the process.

    Who writes rows need not count them: they are counted where they lie.
    """

    def __init__(self) -> None:
        self.records = 0
        self.bytes = 0
        self.cpu_s = 0.0
        self._begun_s = time.process_time()

    def add(self, records: int, size_bytes: int) -> None:
        """Count some records."""
        self.records += records
        self.bytes += size_bytes

    def end(self) -> None:
        """Stop the clock."""
        self.cpu_s = time.process_time() - self._begun_s

    def tell(self) -> None:
        """Print all that as the last line of the standard output."""
        told = {"records": self.records, "bytes": self.bytes, "work_cpu_s": self.cpu_s}
        sys.stdout.write(json.dumps(told) + "\n")


def ask_often(ask: "Callable[[], pa.Table]", times: int, opened: Work) -> None:
    """Ask one question so many times and tell what that took, as the last line of the standard output.

    Args:
        ask: gives the answer, whose last column are figures.
        times: how often.
        opened: what it took until questions could be asked, ended.
    """
    work = Work()
    answers = [ask() for _ in range(times)]
    work.end()
    last = answers[0].num_columns - 1
    told = {
        "work_cpu_s": work.cpu_s,
        "opening_cpu_s": opened.cpu_s,
        "rows": answers[0].num_rows,
        "totals": sorted({sum(map(int, answer.column(last).to_pylist())) for answer in answers}),
    }
    sys.stdout.write(json.dumps(told) + "\n")
