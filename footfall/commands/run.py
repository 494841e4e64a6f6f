"""`footfall run`: the whole way in one command: a log, or the demo shop, to a report."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from dashboards.report import ReportSummary
from footfall.commands.ingest import ingest
from footfall.commands.nightly import check, nightly
from footfall.commands.report import report
from footfall.commands.ship import find_files, ship
from footfall.commands.simulate import DAYS, SEED, VISITORS_A_DAY, default_start, simulate
from footfall.commands.status import status
from footfall.house import House, seconds
from footfall.terminal import ConfigOption, JsonOption, count, err, megabytes, out, print_json, print_table, working
from policy.errors import FootfallError

DEMO: Final = Path("data/demo")
SITE: Final = "shop"
REPORT: Final = "report.html"
FIRST_QUESTION: Final = "select country, sum(views) as views from geo_daily group by country order by views desc"
DEAD_LETTERS_QUESTION: Final = "select reason, shape from dead_letters limit 5"


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
    with House.open(folder, config) as house:
        files = find_files([log]) if log else _simulated(house.data, stages)
        missing = house.download_bytes()
        if missing:
            err.print(f"  The first run fetches Apache Kafka: {megabytes(missing)}, kept for all later runs.")
        with house.kafka(_fetching) as connection:
            with stages.stage("ship to Kafka"), working("Shipping") as bar:
                ship(house, connection, files, site or (house.settings.site if log else SITE), bar)
            with stages.stage("Kafka to Parquet"), working("Ingesting") as bar:
                ingest(house, connection, drain=True, bar=bar)
        with stages.stage("models and releases"), working("Nightly") as bar:
            check(nightly(house, bar))
        with stages.stage("report"):
            page = report(house, house.data / REPORT)
        state = status(house)
    if json:
        print_json({"totals": state["totals"], "report": page, "took_s": stages.took_s, "findings": state["findings"]})
    else:
        _summary(house, state, page, is_default=data is None and bool(log))
    if state["totals"]["lines_in"] and not state["totals"]["kept"]:
        raise FootfallError(
            f"none of {count(state['totals']['lines_in'], 'line')} could be read. Is the log in the combined or common format? "
            f'`footfall sql --role batch "{DEAD_LETTERS_QUESTION}"` shows what the lines look like'
        )


def _simulated(data: Path, stages: Stages) -> list[Path]:
    """Write the demo shop's logs beside the warehouse, once: the same files are taken again by the next run."""
    folder = data.with_name(data.name + "-logs")
    planted = folder / "planted.json"
    if not planted.is_file():
        with stages.stage(f"simulate a shop of {DAYS} days"):
            simulate(folder, seed=SEED, start=default_start(DAYS), days=DAYS, visitors=VISITORS_A_DAY)
    return sorted(folder.glob("*.log"))


def _fetching(name: str, done_bytes: int, total_bytes: int) -> None:
    if err.is_terminal:
        err.print(f"  fetching Kafka: {done_bytes / 1e6:.0f} of {total_bytes / 1e6:.0f} MB [dim]{name}[/dim]", end="\r")


def _summary(house: House, state: dict[str, Any], page: ReportSummary, *, is_default: bool) -> None:
    totals = state["totals"]
    dropped, dead = sum(totals["dropped"].values()), sum(totals["dead_letters"].values())
    size = sum(table["bytes"] for table in state["tables"].values())
    reasons = {**totals["dropped"], **totals["dead_letters"]}
    rows = [
        ("lines in", f"{totals['lines_in']:,}"),
        ("  kept", f"{totals['kept']:,}"),
        ("  dropped", f"{dropped:,}"),
        ("  dead letters", f"{dead:,}"),
        *((f"    {reason}", f"{number:,}") for reason, number in reasons.items()),
        ("period", f"{page.day_from} to {page.day_to} (UTC)" if page.day_from else "no days"),
        ("page views", f"{page.views:,} by people"),
        ("visitors", f"{page.visitor_days:,} (sum of the days)"),
        ("in the lake", f"{megabytes(size)}, no address among it"),
        ("report", str(page.out)),
    ]
    out.print()
    print_table(f"Footfall, policy {house.policy.version}", rows)
    for finding in state["findings"]:
        if finding["kind"] == "proxy":
            out.print(
                f"\n[bold]Warning:[/bold] {finding['detail']}; they look like proxies. Set proxies.trusted in footfall.toml and run again with fresh data."
            )
    where = "" if is_default else f" --data {house.data}"
    out.print("\nTry next:")
    out.print(f"  open {page.out}", markup=False)
    out.print(
        f'  footfall sql{where} "{FIRST_QUESTION}"',
        markup=False,
    )
    out.print(f"  footfall status{where}", markup=False)
