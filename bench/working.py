"""What a measured program tells of its work: how many records, how many bytes, and the CPU time without its start."""

import json
import sys
import time


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
