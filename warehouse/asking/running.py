"""One question run inside its limits, which the engine alone does not keep.

DuckDB has no time limit, looks at an interrupt only between blocks of rows, and counts neither what a function makes within
one row (a text of two gigabytes) nor the answer. So the question runs in a thread of its own; whoever asked watches clock and
memory, and gives the session up when an interrupt does not help.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread, Timer
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

STEP_S: Final = 0.02
PATIENCE_S: Final = 5.0
SLACK_MB: Final = 256
"""What a process may grow beyond the engine's own limit while a question runs."""
STATM: Final = Path("/proc/self/statm")
INT64: Final = (-(2**63), 2**63 - 1)
VALUE: Final = "the question failed on a value that does not fit; try_cast(… as …) and try(…) give null for it"
INPUT: Final = "the question cannot be run: a function was given a value that it does not take; try(…) gives null"

Parameters = Sequence[Any] | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one session may use: memory in MB, cores, and seconds for one question."""

    memory_max_mb: int = 2048
    threads: int = 2
    time_max_s: float = 60.0


@dataclass(slots=True)
class Ran:
    """How a question ended.

    Attributes:
        rows: the answer; None when there is none.
        failed: why there is none, in one line for whoever asked.
        noted: the same for the audit, in words that none of the question's own are among.
        is_stuck: True when it does not stop: the connection must not be used any more, not even closed.
    """

    rows: pa.Table | None = None
    failed: str = ""
    noted: str = ""
    is_stuck: bool = False


@dataclass(slots=True)
class _Work:
    """A question on its way; what its thread leaves behind."""

    connection: duckdb.DuckDBPyConnection
    limits: Limits
    done: Event = field(default_factory=Event)
    rows: pa.Table | None = None
    failed: str = ""
    noted: str = ""
    broken: BaseException | None = None
    stopped: str = ""

    def run(self, sql: str, parameters: Parameters, rows_max: int | None) -> None:
        """Run to the end; nothing is raised."""
        given = dict(parameters) if isinstance(parameters, Mapping) else list(parameters)
        try:
            relation = self.connection.sql(sql, params=given or None)
            if rows_max is not None:
                relation = relation.limit(rows_max)
            self.rows = _whole_numbers(relation.to_arrow_table())
        except duckdb.Error as error:
            # Only the text goes on: an error that is kept would keep the connection too.
            self.failed, self.noted = said(error, self.limits)
        except MemoryError:
            self.failed = self.noted = _too_much(self.limits)
        except BaseException as error:  # noqa: BLE001 - it is raised again, in the thread of whoever asked
            self.broken = error
        finally:
            self.done.set()

    def stop(self, why: str) -> None:
        """Ask the engine to stop; the first reason counts."""
        self.stopped = self.stopped or why
        self.connection.interrupt()

    def watch(self) -> bool:
        """Wait for the end, and stop what takes too long or too much; tell whether it ended."""
        long, much = _too_long(self.limits), _too_much(self.limits)
        clock = Timer(self.limits.time_max_s, self.stop, [long])
        clock.daemon = True
        clock.start()
        at_first_mb, may_grow_mb = _resident_mb(), self.limits.memory_max_mb + SLACK_MB
        patience = PATIENCE_S
        try:
            while not self.done.wait(STEP_S):
                grown_mb = _resident_mb() - at_first_mb
                if grown_mb > may_grow_mb:
                    self.stop(much)
                if self.stopped:
                    patience -= STEP_S
                    if patience <= 0 or grown_mb > may_grow_mb + 2 * SLACK_MB:
                        return False
        except BaseException:
            self.stop(long)
            self.done.wait(PATIENCE_S)
            raise
        finally:
            clock.cancel()
        return True


@contextmanager
def in_time(connection: duckdb.DuckDBPyConnection, limits: Limits) -> Iterator[None]:
    """Stop the statements of the block when they take longer, all together, than one question may.

    Raises:
        duckdb.InterruptException: they took longer.
    """
    done, over = Event(), Event()

    def watch() -> None:
        if done.wait(limits.time_max_s):
            return
        over.set()
        while not done.wait(STEP_S):  # an interrupt between two statements stops nothing
            connection.interrupt()

    watcher = Thread(target=watch, daemon=True, name="clock")
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
    if over.is_set():
        raise duckdb.InterruptException


def run(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Parameters, rows_max: int | None, limits: Limits
) -> Ran:
    """Run a question that has been read and allowed.

    Args:
        connection: the session's.
        sql, parameters: the question.
        rows_max: stop after so many rows; all when None.
        limits: what it may use.
    """
    work = _Work(connection, limits)
    # A daemon, for a program must be able to end while a question does not.
    Thread(target=work.run, args=(sql, parameters, rows_max), daemon=True, name="question").start()
    if not work.watch():
        why = f"{work.stopped}. It does not let itself be stopped, so this session is given up; open another one"
        return Ran(failed=why, noted=why, is_stuck=True)
    if work.broken is not None:
        raise work.broken
    if work.rows is None and work.stopped:
        return Ran(failed=work.stopped, noted=work.stopped)
    return Ran(work.rows, work.failed, work.noted)


def _resident_mb() -> int:
    """Say how much memory this process has now; 0 on systems that do not tell."""
    try:
        return int(STATM.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") // 2**20
    except OSError:
        return 0


def _too_long(limits: Limits) -> str:
    return f"the question took longer than {limits.time_max_s:g} s and was stopped; ask for less"


def _too_much(limits: Limits) -> str:
    return f"the question needs more than {limits.memory_max_mb} MB; ask for less"


def said(error: Exception, limits: Limits) -> tuple[str, str]:
    """Put an error into one line without a path and without a value of a row, and into one without the question's words."""
    if isinstance(error, MemoryError):
        return _too_much(limits), _too_much(limits)
    first = str(error).splitlines()[0] if str(error) else ""
    text = first.split(": ", 1)[-1]
    if "count mismatch" in text or "not provided for the following parameters" in text:
        places = "the question cannot be run: it has more or fewer places for parameters than values were given"
        return places, places
    unknown = (
        f"the question cannot be answered ({type(error).__name__}); `footfall status` shows how the warehouse stands"
    )
    if "Arrow source failed" in text or not isinstance(error, duckdb.Error):
        return unknown, unknown
    fixed: dict[type[Exception], str] = {
        duckdb.InterruptException: _too_long(limits),
        duckdb.OutOfMemoryException: _too_much(limits),
        # What DuckDB says of these has the value in it, quoted or not.
        duckdb.ConversionException: VALUE,
        duckdb.OutOfRangeException: VALUE,
        duckdb.InvalidInputException: INPUT,
    }
    quoting: dict[type[Exception], str] = {
        duckdb.BinderException: "the SQL does not fit the tables",
        duckdb.CatalogException: "the SQL does not fit the tables",
        duckdb.ParserException: "the SQL cannot be read",
    }
    if type(error) in quoting:
        noted = quoting[type(error)]
        return f"{noted}: {text}{_meant(str(error))}", noted
    said = fixed.get(type(error), unknown)
    return said, said


def _meant(said: str) -> str:
    """Name the columns that DuckDB takes for the one that was meant, if it takes any."""
    near = re.search(r"^Candidate bindings: (.+)$", said, re.MULTILINE)
    return f" Did you mean {near[1]}?" if near else ""


def _whole_numbers(rows: pa.Table) -> pa.Table:
    """Give sums, which DuckDB keeps in 128 bits, as int64 where they fit: pandas would make Python objects of them."""
    for at, column in enumerate(rows.schema):
        if pa.types.is_decimal128(column.type) and column.type.scale == 0:
            bounds = pc.min_max(rows.column(at)).as_py()
            if bounds["min"] is None or (INT64[0] <= bounds["min"] and bounds["max"] <= INT64[1]):
                rows = rows.set_column(at, column.name, rows.column(at).cast(pa.int64()))
    return rows
