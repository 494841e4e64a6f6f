"""`footfall report`: one self-contained page."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from dashboards.report import Geography, ReportOptions, ReportSummary, Sources, write_report
from footfall.house import House, now
from footfall.terminal import ConfigOption, DataOption, JsonOption, count, megabytes, out, print_json

DAY_FORMATS: Final = ["%Y-%m-%d"]
SPAN: Final = "select min(event_time) as oldest, max(event_time) as newest from hits"


def command(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The page to write.")],
    site: Annotated[str | None, typer.Option(metavar="NAME", help="One site only (default: all).")] = None,
    day_from: Annotated[
        datetime | None, typer.Option("--from", formats=DAY_FORMATS, help="First day (default: the data's first).")
    ] = None,
    day_to: Annotated[
        datetime | None, typer.Option("--to", formats=DAY_FORMATS, help="Last day (default: the data's last).")
    ] = None,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Write one HTML page that answers who came, from where, to read what, and whether the figures can be trusted.

    The page is complete in itself: it asks the network for nothing, stores nothing in the browser, prints well, and
    works by keyboard, on a phone, in the dark and without scripts. It reads released statistics, in which no group has fewer
    than k visitors on a day, and the accounting of lines (as role batch, for operations). Run `footfall nightly` first.

    Examples:


      footfall report -o report.html

      footfall report -o may.html --site shop --from 2015-05-01 --to 2015-05-31
    """
    with House.open(data, config) as house:
        summary = report(house, output, site=site, day_from=day_from, day_to=day_to)
    if json:
        print_json(summary)
        return
    period = f"{summary.day_from} to {summary.day_to}, " if summary.day_from else ""
    quiet = f" ({count(summary.days_hidden, 'day')} too quiet to show)" if summary.days_hidden else ""
    nothing = "" if summary.day_from else ", nothing to show yet"
    out.print(
        f"{output}: {period}{count(summary.views, 'view')}{quiet}{nothing}, {megabytes(summary.size_bytes)}",
        markup=False,
        soft_wrap=True,
    )


def report(
    house: House,
    output: Path,
    *,
    site: str | None = None,
    day_from: datetime | None = None,
    day_to: datetime | None = None,
) -> ReportSummary:
    """Read the releases as analyst and the accounting as batch, and write the page."""
    places = house.places
    with house.ask("analyst", "geo_statistics") as statistics, house.ask("batch", "operations") as operations:
        span = operations.query(SPAN).to_pylist()[0]
        options = ReportOptions(
            generated_at=now(),
            policy_version=house.policy.version,
            k=house.policy.k,
            day_closes_h=house.policy.windows.day_closes_h,
            site=site,
            day_from=day_from.date() if day_from else None,
            day_to=day_to.date() if day_to else None,
            oldest=span["oldest"],
            newest=span["newest"],
            geography=Geography(places.name, places.built, places.attribution_html, places.licence),
            findings=tuple(_sentence(found.kind, found.detail) for found in house.registry.findings() if found.detail),
        )
        return write_report(Sources(statistics.query, operations.query), output, options=options)


def _sentence(kind: str, detail: str) -> str:
    """Say what was found and which setting mends it."""
    if kind == "proxy":
        return f"{detail}: they look like proxies. Name them in the setting proxies.trusted and take the log into a new folder to see where visitors really come from."
    return f"{detail}."
