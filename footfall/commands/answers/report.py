"""`footfall report`: one self-contained page."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from dashboards.profiles import ProfileOptions, ProfileSummary, write_profiles
from dashboards.report import Geography, ReportOptions, ReportSummary, Sources, write_report
from footfall.house import House, now
from footfall.terminal import ConfigOption, DataOption, JsonOption, count, megabytes, out, print_json
from policy import Policy
from policy.errors import UsageError

DAY_FORMATS: Final = ["%Y-%m-%d"]
SPAN: Final = "select min(event_time) as oldest, max(event_time) as newest from hits"


def command(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The page to write.")],
    site: Annotated[str | None, typer.Option(metavar="NAME", help="One site only (default: all).")] = None,
    day_from: Annotated[
        datetime | None,
        typer.Option(
            "--from",
            formats=DAY_FORMATS,
            metavar="DAY",
            help="First day, such as 2015-05-01 (default: the data's first).",
        ),
    ] = None,
    day_to: Annotated[
        datetime | None,
        typer.Option("--to", formats=DAY_FORMATS, metavar="DAY", help="Last day (default: the data's last)."),
    ] = None,
    role: Annotated[
        Literal["analyst", "marketing"], typer.Option(help="For whom: the page of traffic, or that of customers.")
    ] = "analyst",
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Write one HTML page that answers who came, from where, to read what, and whether the figures can be trusted.

    The page is complete in itself: it asks the network for nothing, stores nothing in the browser, prints well, and
    works by keyboard, on a phone, in the dark and without scripts. It reads released statistics, in which no group has fewer
    than k visitors on a day, and the accounting of lines (as role batch, for operations). Run `footfall nightly` first.

    With --role marketing it is the page of customers: segments, how recently and how often they buy, interests, countries,
    and who spent most, under pseudonyms. That file is readable by you alone, and reading the figures is audited.

    Examples:


      footfall report -o report.html

      footfall report -o may.html --site shop --from 2015-05-01 --to 2015-05-31

      footfall report --role marketing -o customers.html
    """
    with House.open(data, config) as house:
        with house.asker(role, "profile" if role == "marketing" else "geo_statistics").well_formed():
            _check_form(role, site, day_from, day_to)
        if role == "marketing":
            summary: ReportSummary | ProfileSummary = customers(house, output)
        else:
            summary = report(house, output, site=site, day_from=day_from, day_to=day_to)
        currency = house.settings.currency
    if json:
        print_json(summary)
        return
    text = _customers_line(summary, currency) if isinstance(summary, ProfileSummary) else _traffic_line(summary, site)
    out.print(f"{output}: {text}, {megabytes(summary.size_bytes)}", markup=False, soft_wrap=True)


def _check_form(role: str, site: str | None, day_from: datetime | None, day_to: datetime | None) -> None:
    if role == "marketing" and (site or day_from or day_to):
        raise UsageError(
            "--site, --from and --to are for the page of traffic; profiles are of all sites, as of their day"
        )
    if day_from and day_to and day_from > day_to:
        raise UsageError("--from is after --to; name the first day first")


def _traffic_line(summary: ReportSummary, site: str | None) -> str:
    if site and not summary.lines_in:
        return f"no lines of the site {site} yet"
    if not summary.day_from:
        return "0 views, nothing to show yet"
    period = f"{summary.day_from} to {summary.day_to}, "
    if not summary.views and not summary.days_hidden:
        return f"{period}no views in this period"
    quiet = f" ({count(summary.days_hidden, 'day')} too quiet to show)" if summary.days_hidden else ""
    return f"{period}{count(summary.views, 'view')}{quiet}"


def _customers_line(summary: ProfileSummary, currency: str) -> str:
    if summary.as_of is None:
        return "no profiles yet; `footfall nightly` makes them of registered customers"
    orders = f"{count(summary.orders, 'order')} of {summary.amount:,} {currency}"
    return f"{count(summary.customers, 'customer')} as of {summary.as_of}, {orders}, readable by you alone"


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


def customers(house: House, output: Path) -> ProfileSummary:
    """Read the profiles as marketing and write the page of customers."""
    options = ProfileOptions(
        generated_at=now(),
        policy_version=house.policy.version,
        currency=house.settings.currency,
        kept_months=kept_months(house.policy, "customer_profiles"),
    )
    with house.ask("marketing", "profile") as session:
        return write_profiles(session.query, output, options=options)


def kept_months(policy: Policy, table: str) -> int:
    """Say how many months a table's rows are kept, following those that are kept as long as another's.

    Raises:
        UsageError: the policy counts it in days.
    """
    kept = policy.retention[policy.table(table).retention]
    if kept.kept_with is not None:
        return kept_months(policy, kept.kept_with)
    if kept.months is None:
        raise UsageError(f"the policy keeps {table} for days; this page speaks of months (R56)")
    return kept.months


def _sentence(kind: str, detail: str) -> str:
    """Say what was found and which setting mends it."""
    if kind == "proxy":
        return f"{detail}: they look like proxies. Name them in the setting proxies.trusted and take the log into a new folder to see where visitors really come from."
    return f"{detail}."
