"""What the promise costs: the same ingest without encryption, and the same questions put to DuckDB alone."""

from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, Final

import pyarrow.parquet as pq

from bench.input.truth import Truth
from bench.results.summary import ratio
from bench.runs.alternate import Say, alternate
from bench.runs.brokers import Broker
from bench.runs.cases import SITE, Case, footfall_ingest
from bench.runs.checks import check_lake
from bench.runs.child import Run, RunError, python

ADDED_MAX: Final = 0.25
TIMES: Final = 20
"""Questions in one session."""
VISITORS: Final = "select count(distinct visitor) as visitors from hits"
CUSTOMERS: Final = "select count(distinct customer) as customers from customer_events"
PLAIN: Final = "footfall_plain"
FACTS: Final = Path("data", "lake", "facts")


def plain_ingest(broker: Broker, truth: Truth) -> Case:
    """Give Footfall's ingest with the personal columns left plain, in the bench only."""

    def check(folder: Path, run: Run) -> None:
        check_lake(run.case, folder / "data", truth)
        check_sealed(run.case, folder, sealed=False)

    return Case(
        PLAIN,
        truth.records,
        lambda folder: python("bench.ours.costs", "plain", "ingest", "--drain", "--data", folder / "data"),
        check,
        broker,
        {"FOOTFALL_KAFKA_BOOTSTRAP": broker.bootstrap, "FOOTFALL_SITE": SITE},
    )


def check_sealed(case: str, folder: Path, *, sealed: bool) -> None:
    """Look whether customers' numbers are encrypted in every file, or in none.

    Raises:
        RunError: a file is otherwise.
    """
    for file in (folder / FACTS / "customer_events").glob("event_date=*/*.parquet"):
        try:
            pq.ParquetFile(file).read_row_group(0, columns=["path"])
            is_plain = b"footfall.key_id" not in (pq.read_schema(file).metadata or {})
        except OSError:
            is_plain = False
        if is_plain is sealed:
            raise RunError(
                f"{case}: a file of customer_events is {'plain' if sealed else 'encrypted'}, and should not be"
            )


def asked(name: str, folder: Path, purpose: str, sql: str, same: Callable[[Run], None]) -> Case:
    """Give a question that the batch role puts through the door so many times."""
    words = ("ask", folder / "data", "batch", purpose, str(TIMES), sql)
    return Case(name, TIMES, lambda _: python("bench.ours.costs", *words), lambda _, run: same(run))


def asked_alone(name: str, table: str, folder: Path, sql: str, same: Callable[[Run], None]) -> Case:
    """Give the same question put to DuckDB alone, over a table's files."""
    words = (table, folder / FACTS / table, str(TIMES), sql)
    return Case(name, TIMES, lambda _: python("bench.peers.duckdb_ask", *words), lambda _, run: same(run))


def measure_questions(
    broker: Broker, truth: Truth, *, rounds: int, folder: Path, core: int, say: Say
) -> tuple[list[dict[str, Any]], list[Run]]:
    """Fill a warehouse and its plain twin, and ask both; give the rows of the table of costs, and the runs.

    Raises:
        RunError: an answer differs, or the twins are not what they should be.
    """
    sealed, plain = folder / "sealed", folder / "plain"
    footfall_ingest("sealed", broker, truth).run(sealed, core)
    check_sealed("sealed", sealed, sealed=True)
    plain_ingest(broker, truth).run(plain, core)
    visitors, customers = _same(), _same()
    programs = [
        asked("visitors_by_the_door", sealed, "operations", VISITORS, visitors),
        asked_alone("visitors_by_duckdb", "hits", sealed, VISITORS, visitors),
        asked("customers_by_the_door", sealed, "profile", CUSTOMERS, customers),
        asked_alone("customers_by_duckdb", "customer_events", plain, CUSTOMERS, customers),
    ]
    runs = alternate(programs, rounds, folder, core, say)
    rows = [
        _row("`count(distinct visitor)` of hits: door and audit", runs, "visitors_by_the_door", "visitors_by_duckdb"),
        _row(
            "`count(distinct customer)` of customer_events: decryption, door and audit",
            runs,
            "customers_by_the_door",
            "customers_by_duckdb",
            at_most=None,
        ),
    ]
    return rows, runs


def ingest_row(runs: list[Run]) -> dict[str, Any]:
    """Compare the ingest with and without encryption, as whole processes."""
    return _row("`footfall ingest`: encryption", runs, "footfall", PLAIN, work=False)


def _row(
    what: str, runs: list[Run], ours: str, without: str, *, work: bool = True, at_most: float | None = ADDED_MAX
) -> dict[str, Any]:
    """Give one row: CPU time of both for a record or a question, and the share that is added."""
    figures = {}
    for name, case in (("with_us", ours), ("without_us", without)):
        mine = [run for run in runs if run.case == case]
        spent_s = [run.work_cpu_s if work and run.work_cpu_s is not None else run.cpu_s for run in mine]
        figures[name] = median(spent_s) / mine[0].records * 1e6
    openings = [run.told["opening_cpu_s"] for run in runs if run.case == ours and "opening_cpu_s" in run.told]
    return {
        "what": what,
        "case": ours,
        **figures,
        "added": 1 / ratio(runs, without, ours, work=work) - 1,
        "at_most": at_most,
        "opening_s": median(openings) if openings else None,
    }


def _same() -> Callable[[Run], None]:
    """Give a check that all runs tell the same answer."""
    answers: list[list[int]] = []

    def check(run: Run) -> None:
        answers.append(run.told["answers"])
        if len(run.told["answers"]) != 1 or answers[0] != run.told["answers"] or not answers[0][0]:
            raise RunError(f"{run.case}: the answer is {run.told['answers']}, and was {answers[0]}")

    return check
