"""`footfall run`: the whole way in one command: a log, or the demo shop, to a report."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from dashboards.report import ReportSummary
from footfall.commands.answers.report import customers, report
from footfall.commands.health.status import status
from footfall.commands.pipeline.ingest import as_json, ingest
from footfall.commands.pipeline.nightly import check, nightly
from footfall.commands.pipeline.ship import find_files, ship
from footfall.commands.pipeline.simulate import (
    CUSTOMERS,
    DAYS,
    SEED,
    VISITORS_A_DAY,
    Size,
    default_start,
    simulate,
    simulate_files,
)
from footfall.house import House, seconds
from footfall.settings import FILE
from footfall.simulate.customers import SOURCES
from footfall.terminal import (
    ConfigOption,
    JsonOption,
    count,
    err,
    megabytes,
    out,
    print_json,
    print_table,
    program,
    reaching,
    viewer,
    working,
)
from policy import load_policy
from policy.errors import FootfallError
from warehouse.nightly import Customers

DEMO: Final = Path("data/demo")
SITE: Final = "shop"
REPORT: Final = "report.html"
CUSTOMERS_REPORT: Final = "customers.html"
SEGMENTS_SHOWN: Final = 3
REASONS_SHOWN: Final = 6
CASUAL_VISITORS: Final = 150
"""Visitors without an account whom the demo shop's beacon sees on a day; its log has all of them."""
TOP_REFERRER: Final = """
select site, referrer_host
from referrer_daily
where referrer_host not in ('direct', 'other') and site not in (select site from referrer_daily where referrer_host = 'internal')
group by site, referrer_host
having sum(views) >= 100
order by sum(views) desc, site, referrer_host
limit 1
"""
NAMELESS: Final = """
select coalesce(sum(views) filter (where name = 'Other'), 0) as nameless, coalesce(sum(views), 0) as views
from agent_daily
where facet = 'device'
"""
NAMELESS_MIN: Final = 0.9
"""Share of the views without a known device from which the log has no browsers' names at all."""
PROXY_ADVICE: Final = "Name them in the setting proxies.trusted and take the log into a new folder to see where visitors really come from."
FIRST_QUESTION: Final = "select country, sum(views) as views from geo_daily group by country order by views desc"


@dataclass(slots=True)
class Stages:
    """How long each stage took, in seconds."""

    took_s: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure one stage and say so when it is done."""
        began = seconds()
        yield
        self.took_s[name] = round(seconds() - began, 2)
        err.print(f"  [green]✓[/green] {name} [dim]{self.took_s[name]:.1f} s[/dim]")


def command(
    log: Annotated[
        str,
        typer.Option("--log", metavar="FILE", help="Your own log: one path or one pattern; blanks belong to the name."),
    ] = "",
    site: Annotated[str, typer.Option(metavar="NAME", help="The site's name.")] = "",
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", metavar="DIR", help="The warehouse's folder (default: data/demo, with --log data/site)."
        ),
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Take a log the whole way: to Kafka, into the lake, through the nightly work, to a report.

    Without --log the log is a simulated shop's. Running it again changes no number: files are recognised, and lines count
    once. Later files go into the same warehouse by `footfall ship`, `footfall ingest --drain` and `footfall nightly`.

    Examples:


      footfall run

      footfall run --log /var/log/nginx/access.log
    """
    stages = Stages()
    folder = data or (None if log else DEMO)
    if not log:
        prepare_demo((folder or DEMO).absolute(), stages)
    named = find_files([log]) if log else []  # before a warehouse is made for it
    with House.open(folder, config, create=True) as house:
        files = named or sorted(demo_logs(house.data).glob("*.log"))
        with reaching(house) as connection:
            with stages.stage("ship to Kafka"), working("Shipping") as bar:
                ship(house, connection, files, site or house.settings.site, bar)
                for source in () if log else SOURCES:
                    records = demo_logs(house.data) / f"{source}.jsonl"
                    ship(house, connection, [records], "", bar, source=source, backfill=True)
            with stages.stage("Kafka to Parquet"), working("Ingesting") as bar:
                taken = ingest(house, connection, drain=True, bar=bar)
        with stages.stage("models and releases"), working("Nightly") as bar:
            night = nightly(house, bar, at_once=True)
            check(night)
        with stages.stage("report"):
            page = report(house, house.data / REPORT)
            if night.customers.profiles:
                customers(house, house.data / CUSTOMERS_REPORT)
        state = status(house)
        tip, nameless = _own_host_tip(house), _names_no_browsers(house)
    where = "" if data is None and log else f" --data {shlex.quote(str(house.data))}"
    if json:
        shown = {"totals": state["totals"], "report": page, "customers": night.customers}
        print_json({**shown, "took_s": stages.took_s, "findings": state["findings"]})
    else:
        _summary(house, state, page, night.customers)
        _advise(house, state, page, tip, nameless=nameless)
        if state["totals"]["kept"]:
            _try_next(page, house.data / CUSTOMERS_REPORT if night.customers.profiles else None, where)
    totals = as_json(taken) if taken.lines_in else state["totals"]
    if totals["lines_in"] and not totals["kept"]:
        raise FootfallError(_nothing_kept(totals, where))


def demo_logs(data: Path) -> Path:
    """Name the folder of the demo shop's logs, beside the warehouse."""
    return data.with_name(data.name + "-logs")


def prepare_demo(data: Path, stages: Stages) -> None:
    """Write the demo shop's logs and its settings, once: the next run takes the same files again."""
    folder, start = demo_logs(data), default_start(DAYS)
    if (folder / "planted-customers.json").is_file():  # written last
        return
    with stages.stage(f"simulate a shop of {DAYS} days"):
        planted = simulate(folder, seed=SEED, start=start, days=DAYS, visitors=VISITORS_A_DAY)
    with stages.stage(f"simulate its {CUSTOMERS:,} customers"):
        size = Size(SEED, start, DAYS, CUSTOMERS, CASUAL_VISITORS)
        simulate_files(folder, load_policy(), SOURCES, size)
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        (data / FILE).write_text(f'site = "{SITE}"\n\n[sites.{SITE}]\nhosts = ["{planted.host}"]\n')
    except OSError as error:
        raise FootfallError(
            f"{data}: cannot be written: {error.strerror}. Choose another folder with --data"
        ) from error


def _own_host_tip(house: House) -> str:
    """Ask whether the host that sends most visits is the site itself, where nobody has said what its own hosts are."""
    if house.settings.sites:
        return ""
    with house.ask("analyst", "geo_statistics") as session:
        most = session.query(TOP_REFERRER).to_pylist()
    if not most:
        return ""
    site, host = most[0]["site"], most[0]["referrer_host"]
    return f'if {host} is this site itself, say so in {house.data / FILE} and run this again: sites."{site}".hosts = ["{host}"]'


def _names_no_browsers(house: House) -> bool:
    """Tell a log in the common format: nearly no view has a known device."""
    with house.ask("analyst", "geo_statistics") as session:
        seen = session.query(NAMELESS).to_pylist()[0]
    return bool(seen["views"] and seen["nameless"] >= NAMELESS_MIN * seen["views"])


def _nothing_kept(totals: dict[str, Any], where: str) -> str:
    """Say why no line was kept, and where to look."""
    reasons = {**totals["dropped"], **totals["dead_letters"]}
    lines = "the one line" if totals["lines_in"] == 1 else f"none of {count(totals['lines_in'], 'line')}"
    no = " not" if totals["lines_in"] == 1 else ""
    if "not_a_log_line" not in reasons:
        told = ", ".join(f"{reason} {number:,}" for reason, number in reasons.items())
        ask = " Times must lie after 1994 and no more than a day ahead: is the server's clock right?"
        return f"{lines} could{no} be kept: {told}.{ask if 'time_out_of_range' in reasons else ''}"
    return (
        f"{lines} could{no} be read. Is the log in the combined or common format? "
        f"`{program()} dead-letters list{where}` shows what the lines look like"
    )


def _summary(house: House, state: dict[str, Any], page: ReportSummary, people: Customers) -> None:
    totals = state["totals"]
    size = sum(table["bytes"] for table in state["tables"].values())
    rows = [
        ("lines in", f"{totals['lines_in']:,}"),
        ("  kept", f"{totals['kept']:,}"),
        *_with_reasons("dropped", totals["dropped"]),
        *_with_reasons("dead letters", totals["dead_letters"]),
        ("period", f"{page.day_from} to {page.day_to} (UTC)" if page.day_from else "no days"),
        ("page views", f"{page.views:,} by people"),
        ("visitors", f"{page.visitor_days:,} (sum of the days)"),
        *_customer_rows(house, people),
        ("in the lake", f"{megabytes(size)}, no address among it"),
        ("report", str(page.out)),
    ]
    out.print()
    print_table(f"Footfall, policy {house.policy.version}", rows)


def _customer_rows(house: House, people: Customers) -> list[tuple[str, str]]:
    """Say who the customers are, by the largest segments; nothing where there are none."""
    if not people.profiles:
        return []
    top = list(people.segments.items())[:SEGMENTS_SHOWN]
    return [
        ("customers", f"{people.profiles:,} profiles of {people.registered:,} registered"),
        *((f"  {segment}", f"{number:,}") for segment, number in top),
        ("their report", f"{house.data / CUSTOMERS_REPORT} (role marketing)"),
    ]


def _advise(house: House, state: dict[str, Any], page: ReportSummary, tip: str, *, nameless: bool) -> None:
    """Say what may surprise, and what could be set better."""
    for finding in state["findings"]:
        if finding["kind"] == "proxy":
            out.print(
                f"\n[bold]Warning:[/bold] {finding['detail']}; they look like proxies. {PROXY_ADVICE}", soft_wrap=True
            )
    for note in _notes(page, house.policy.k):
        out.print(f"\nNote: {note}", markup=False, soft_wrap=True)
    if nameless:
        out.print(
            "\nNote: the log names no browsers, so that bots cannot be told from people and count as people. "
            "Log in the combined format to tell them apart.",
            soft_wrap=True,
        )
    if tip:
        out.print(f"\nTip: {tip}", markup=False, soft_wrap=True)


def _try_next(page: ReportSummary, customers: Path | None, where: str) -> None:
    out.print("\nTry next:")
    for line in (
        f"{viewer()} {shlex.quote(str(page.out))}",
        *([f"{viewer()} {shlex.quote(str(customers))}"] if customers else []),
        f'{program()} sql{where} "{FIRST_QUESTION}"',
        f"{program()} status{where}",
    ):
        out.print(f"  {line}", markup=False, soft_wrap=True)


def _with_reasons(way: str, reasons: dict[str, int]) -> list[tuple[str, str]]:
    """List the commonest reasons; `footfall status` has them all."""
    ordered = sorted(reasons.items(), key=lambda one: (-one[1], one[0]))
    shown = ordered if len(ordered) <= REASONS_SHOWN else ordered[: REASONS_SHOWN - 1]
    lines = [(f"    {reason}", f"{number:,}") for reason, number in shown]
    if rest := ordered[len(shown) :]:
        lines.append((f"    {len(rest)} more reasons", f"{sum(number for _, number in rest):,}"))
    return [(f"  {way}", f"{sum(reasons.values()):,}"), *lines]


def _notes(page: ReportSummary, k: int) -> Iterator[str]:
    """Explain figures that may surprise."""
    if not page.lines_in:
        yield "the log has no lines."
    if page.days_hidden:
        are = "is" if page.days_hidden == 1 else "are"
        yield (
            f"{count(page.days_hidden, 'day')} with fewer than {k} visitors {are} left out of views and visitors, "
            "so that nobody stands alone."
        )
