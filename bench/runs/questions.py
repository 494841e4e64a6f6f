"""What a question costs through the door, with audit, suppression and decryption, and what DuckDB alone takes for the same."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bench.input.truth import Truth
from bench.input.world import DAYS
from bench.runs.alternate import Say, alternate
from bench.runs.brokers import Broker
from bench.runs.cases import Case, footfall_ingest
from bench.runs.child import Run, RunError, python
from bench.runs.costs import check_sealed, cost_row, plain_ingest
from policy import load_policy
from warehouse.lake import Lake

TIMES: Final = 20
"""Questions in one session."""
TIMES_BY_ROWS: Final = 5
VISITORS: Final = "select count(distinct visitor) as visitors from hits"
CUSTOMERS: Final = "select count(distinct customer) as customers from customer_events"
RELEASED: Final = "select country, sum(visitors) as visitors from geo_daily group by country order by visitors desc"
COUNTRIES: Final = """
select c.country, sum(c.visitors) as visitors
from (
  select event_date, site, country, count(distinct visitor) as visitors
  from hits
  where kind = 'page' and not is_bot and collected_via = 'log_file'
  group by event_date, site, country
) as c
group by c.country
order by visitors desc
"""
"""What a country has in the releases, without what the promise asks for; where there is a log, the log counts."""
PAGES: Final = COUNTRIES.replace("country", "path")


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
    night = Case("night", truth.records, lambda _: _nightly(sealed), lambda _, __: None).run(folder / "night", core)
    say(f"  {night.case}: {night.cpu_s:.2f} CPU s")
    rounding = load_policy().releases.rounding
    visitors, customers, countries, pages = same_total(), same_total(), same_total(rounding), no_larger_total(rounding)
    programs = [
        _asked("visitors_by_the_door", sealed, ("batch", "operations", VISITORS), visitors),
        _alone("visitors_by_duckdb", sealed, "hits", VISITORS, visitors),
        _asked("countries_released", sealed, ("analyst", "geo_statistics", RELEASED), countries),
        _traffic("countries_by_traffic", sealed, "country", TIMES, countries),
        _alone("countries_by_duckdb", sealed, "hits", COUNTRIES, countries),
        _alone("pages_by_duckdb", sealed, "hits", PAGES, pages),
        _traffic("pages_by_traffic", sealed, "path", TIMES_BY_ROWS, pages),
        _asked("customers_by_the_door", sealed, ("batch", "profile", CUSTOMERS), customers),
        _alone("customers_by_duckdb", plain, "customer_events", CUSTOMERS, customers),
    ]
    runs = alternate(programs, rounds, folder, core, say)
    return _rows(runs), runs


def _rows(runs: list[Run]) -> list[dict[str, Any]]:
    same = "`count(distinct visitor)` by country"
    return [
        cost_row(
            "`count(distinct visitor)` of hits: door and audit", runs, "visitors_by_the_door", "visitors_by_duckdb"
        ),
        cost_row(
            f"{same}, as released: suppressed at night; door and audit",
            runs,
            "countries_released",
            "countries_by_duckdb",
        ),
        cost_row(
            f"{same}, `footfall traffic`: counted at night; suppression, rounding and audit with each question",
            runs,
            "countries_by_traffic",
            "countries_by_duckdb",
        ),
        cost_row(
            "`count(distinct visitor)` by page, `footfall traffic`: of the rows, with all of that",
            runs,
            "pages_by_traffic",
            "pages_by_duckdb",
            at_most=None,
        ),
        cost_row(
            "`count(distinct customer)` of customer_events: decryption, door and audit",
            runs,
            "customers_by_the_door",
            "customers_by_duckdb",
            at_most=None,
        ),
    ]


def _asked(name: str, folder: Path, words: tuple[str, str, str], check: Callable[[Run], None]) -> Case:
    """Give a question in SQL that some role puts through the door, for some purpose, so many times."""
    command = python("bench.ours.costs", "ask", folder / "data", str(TIMES), *words)
    return Case(name, TIMES, lambda _: command, lambda _, run: check(run))


def _traffic(name: str, folder: Path, dimensions: str, times: int, check: Callable[[Run], None]) -> Case:
    """Give a question that is answered with the limits of the policy, so many times."""
    command = python("bench.ours.costs", "traffic", folder / "data", str(times), dimensions)
    return Case(name, times, lambda _: command, lambda _, run: check(run))


def _alone(name: str, folder: Path, table: str, sql: str, check: Callable[[Run], None]) -> Case:
    """Give a question put to DuckDB alone, over the files that are a table's now."""

    def command(place: Path) -> list[str]:
        files = Lake(folder / "data" / "lake", load_policy(), lambda: datetime.now(UTC)).table(table).files()
        listed = place / "files.txt"
        listed.write_text("\n".join(files), encoding="utf-8")
        return python("bench.peers.duckdb_ask", table, listed, str(TIMES), sql)

    return Case(name, TIMES, command, lambda _, run: check(run))


def _nightly(folder: Path) -> list[str]:
    return python("bench.ours.verb", "nightly", "--data", folder / "data")


def same_total(step: int = 0) -> Callable[[Run], None]:
    """Give a check that all runs tell the same total, but for the rounding of each row of each day to steps."""
    first: list[Run] = []

    def check(run: Run) -> None:
        first.append(run)
        (total, *others), (expected, *_) = run.told["totals"], first[0].told["totals"]
        off_max = step / 2 * DAYS * min(run.told["rows"], first[0].told["rows"])
        if others or not total or abs(total - expected) > off_max:
            raise RunError(f"{run.case}: the total is {run.told['totals']}, and was {expected}")

    return check


def no_larger_total(step: int) -> Callable[[Run], None]:
    """Give a check that no run tells a larger total than the first, but for rounding: who is in several merged rows counts once."""
    first: list[Run] = []

    def check(run: Run) -> None:
        first.append(run)
        (total, *others), (most, *_) = run.told["totals"], first[0].told["totals"]
        if others or not 0 < total <= most + step / 2 * DAYS * run.told["rows"]:
            raise RunError(f"{run.case}: the total is {run.told['totals']}, and at most {most} was expected")

    return check
