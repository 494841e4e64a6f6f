"""`footfall traffic`: further questions about visitors, answered from the rows with the limits of the policy."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import pyarrow as pa
import typer
from rich.table import Table
from rich.text import Text

from footfall.commands.answers.sql import as_objects
from footfall.house import House, now
from footfall.terminal import ConfigOption, DataOption, JsonOption, count, out, print_json

if TYPE_CHECKING:
    from warehouse.nightly.given import Given
    from warehouse.traffic.answer import Answer, Traffic

DAY_FORMATS: Final = ["%Y-%m-%d"]
ASKS: Final = ("analyst", "geo_statistics")


def command(
    by: Annotated[
        list[str] | None, typer.Option("--by", metavar="DIMENSIONS", help="What to tell apart, such as country,path.")
    ] = None,
    where: Annotated[
        list[str] | None, typer.Option("--where", metavar="DIMENSION=VALUE", help="Only these; counts as a dimension.")
    ] = None,
    site: Annotated[str | None, typer.Option(metavar="NAME", help="One site only (default: all).")] = None,
    day_from: Annotated[
        datetime | None, typer.Option("--from", formats=DAY_FORMATS, help="First day (default: the first released).")
    ] = None,
    day_to: Annotated[
        datetime | None, typer.Option("--to", formats=DAY_FORMATS, help="Last day (default: the last released).")
    ] = None,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Answer questions that no release answers: page views and visitors by two dimensions together.

    Dimensions: event_date, site, country, region, path, referrer_host, device, browser, system; two at most, --where
    counted, which takes one value of a dimension. Casual visitors are counted, not those who were logged in (releases have
    both). Visitors are those of a day, added up over the days.

    What is named has k visitors of the day at least, and k others are not in it; everything else is in other. Each day's
    figures are rounded to 5 before they are added up. Only days that were released are told, and only as they were
    released: a day that changed since is left out until it is released again. Every question is audited.

    Examples:


      footfall traffic --by country,path

      footfall traffic --by path --where country=DE --from 2026-11-01 --to 2026-11-30

      footfall traffic --by event_date,device --site shop --json
    """
    from warehouse.traffic.question import read_question  # noqa: PLC0415 - only this verb needs it

    with House.open(data, config) as house:
        with house.asker(*ASKS).well_formed():
            question = read_question(
                by or (),
                where or (),
                dimensions_max=house.policy.releases.dimensions_max,
                site=site,
                day_from=day_from.date() if day_from else None,
                day_to=day_to.date() if day_to else None,
            )
        with open_traffic(house) as told:
            answer = told.answer(question, house.asker(*ASKS))
    if json:
        print_json(_document(answer))
        return
    _print(answer)


def open_traffic(house: House) -> "Traffic":
    """Open a warehouse for question after question; close it, or use it as a context manager."""
    from warehouse.traffic.answer import Traffic  # noqa: PLC0415

    return Traffic(house.lake, given_of(house), frozenset(house.keyring.inexact_days()))


def given_of(house: House) -> "Given":
    """Say which settings decide what counts; nobody's registration matters to traffic."""
    from warehouse.nightly.given import Given  # noqa: PLC0415

    return Given(
        policy=house.policy,
        own_hosts=house.own_hosts,
        counting={name: one.counting for name, one in house.settings.sites.items() if one.counting},
        currency=house.settings.currency,
        registered=pa.table({"customer": pa.array([], pa.int64()), "role": pa.array([], pa.string())}),
        as_of=now().date(),
    )


def _document(answer: "Answer") -> dict[str, Any]:
    return {
        "rows": as_objects(answer.rows),
        "days": answer.days,
        "days_waiting": answer.days_waiting,
        "days_inexact": answer.days_inexact,
        "k": answer.k,
        "rounding": answer.rounding,
    }


def _print(answer: "Answer") -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in answer.rows.column_names:
        figures = name in {"views", "visitor_days"}
        table.add_column(Text(name), justify="right" if figures else "left", overflow="fold")
    for row in answer.rows.to_pylist():
        table.add_row(*(Text(f"{value:,}" if isinstance(value, int) else str(value)) for value in row.values()))
    out.print(table)
    waiting = f", {count(answer.days_waiting, 'day')} left out until released again" if answer.days_waiting else ""
    inexact = f", {count(answer.days_inexact, 'day')} left out, numbered twice" if answer.days_inexact else ""
    out.print(
        f"[dim]casual visitors of {count(answer.days, 'released day')}{waiting}{inexact}; rounded to {answer.rounding} each day, "
        f"below {answer.k} visitors a day in other[/dim]",
        soft_wrap=not out.is_terminal,
    )
    if answer.days and not answer.rows.num_rows:
        out.print(
            f"Nothing was seen there, or fewer than {answer.k} visitors a day. Are the names spelled as `footfall sql` shows them?",
            soft_wrap=not out.is_terminal,
        )
