"""`footfall nightly`: the day's work: keys, models, releases, checks."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Annotated

import typer

from footfall.house import House, now
from footfall.terminal import ConfigOption, DataOption, JsonOption, count, print_json, print_table, working
from policy.errors import FootfallError
from warehouse.nightly import NightlySummary, run_nightly
from warehouse.nightly.summary import say_unpublished


def command(
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--date",
            formats=["%Y-%m-%d"],
            metavar="DAY",
            help="The date that profiles count recency to (default: today).",
        ),
    ] = None,
    at_once: Annotated[
        bool, typer.Option("--now", help="Publish the days that are not over, too; they wait for their end otherwise.")
    ] = False,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Rebuild the statistics of the days that changed, publish them, and check that every line has its place.

    Destroys the day keys whose time is over, lets go of rows that are older than the policy keeps them, runs the models of the
    changed days, merges groups of fewer than k visitors of a day into `other`, publishes, makes the profiles of registered
    customers, erases what came of children, joins small files, and ends with one summary. It can be stopped at any moment and started again; without changes it rebuilds nothing.

    A day is published when it is over (UTC). After that it changes by k visitors or more, or not before the first night of
    another month, in all tables together: so yesterday's tables less today's show nobody. The summary tells which days wait. Of a day of which rows were let go nothing
    changes any more; rows that come for it later are in no release, and the summary and `footfall status` tell how many they are.

    Examples:


      footfall nightly

      footfall nightly --date 2026-11-30 --json

      footfall nightly --now
    """
    with House.open(data, config) as house, working("Nightly") as bar:
        summary = nightly(house, bar, as_of.date() if as_of else None, at_once=at_once)
    if json:
        print_json(summary)
        check(summary)
        return
    print_table(f"Nightly, policy {summary.policy_version}", list(_lines(summary)))
    check(summary)


def nightly(
    house: House,
    bar: Callable[[int, int], None],
    as_of: date | None = None,
    *,
    at_once: bool = False,
    clock: Callable[[], datetime] = now,
) -> NightlySummary:
    """Run the nightly work of a warehouse, now; profiles are made for the date `as_of`, today when it is None.

    With `at_once` days that are not over are published, too.
    """
    started = clock()
    return run_nightly(
        house.lake,
        house.registry,
        house.keyring,
        house.policy,
        subjects=house.subjects,
        now=started,
        own_hosts=house.own_hosts,
        counting={name: site.counting for name, site in house.settings.sites.items() if site.counting},
        currency=house.settings.currency,
        as_of=as_of or started.date(),
        at_once=at_once,
        progress=lambda _, done, steps: bar(done, steps),
    )


def check(summary: NightlySummary) -> None:
    """Fail when a line has no place, or two (R57, R58)."""
    if not summary.holds:
        off, missing = summary.accounting.intakes_off, sum(summary.accounting.missing.values())
        raise FootfallError(
            f"the lines of {count(off, 'intake')} do not add up, {count(missing, 'row')} are missing. `footfall status --json` shows which; keep the data folder as it is"
        )


def _lines(summary: NightlySummary) -> Iterator[tuple[str, str]]:
    for rebuilt in summary.rebuilt:
        hidden = f", {count(rebuilt.cells_hidden, 'small group')} merged" if rebuilt.cells_hidden else ""
        quiet = f", {count(rebuilt.hidden_days, 'day')} too quiet to publish" if rebuilt.hidden_days else ""
        made = "all of it" if rebuilt.days is None else count(len(rebuilt.days), "day")
        yield rebuilt.table, f"{made}, {count(rebuilt.rows, 'row')}{hidden}{quiet}"
    if not summary.rebuilt:
        yield "models", "nothing has changed"
    if summary.days_waiting:
        waiting = "would change by a few visitors only, and do so with the first night of another month"
        yield "waiting for the month", f"{count(len(summary.days_waiting), 'day')} {waiting}"
    if summary.days_not_over:
        yield (
            "not over",
            f"{count(len(summary.days_not_over), 'day')}; `footfall nightly --now` publishes what is there",
        )
    if summary.rows_unpublished:
        yield "of closed days", say_unpublished(summary.rows_unpublished)
    people = summary.customers
    if people.registered:
        segments = ", ".join(f"{number:,} {name}" for name, number in people.segments.items())
        yield (
            "customers",
            f"{people.registered:,}, of whom {people.profiles:,} have a profile{f': {segments}' * bool(segments)}",
        )
    if people.orders_in_other_currencies:
        yield "orders in other money", f"{people.orders_in_other_currencies:,}, in no amount"
    yield from _gone(summary)
    yield "day keys destroyed", f"{len(summary.day_keys_destroyed):,}"
    yield "files removed", f"{summary.files_removed:,}"
    totals = summary.accounting
    yield (
        "lines in",
        f"{totals.lines_in:,} = {totals.kept:,} kept + {totals.dropped:,} dropped + {totals.dead_letters:,} dead letters",
    )


def _gone(summary: NightlySummary) -> Iterator[tuple[str, str]]:
    """Say which rows left the tables, and why."""
    if summary.rows_erased:
        yield "of children", f"{count(summary.rows_erased, 'row')} erased"
    if summary.rows_let_go:
        gone = ", ".join(f"{count(rows, 'row')} of {table}" for table, rows in summary.rows_let_go.items())
        yield "time over", f"{gone} let go"
    if summary.accounts_let_go:
        yield "not seen for long", f"{count(summary.accounts_let_go, 'registration')} forgotten"
    if summary.entries_let_go:
        yield "of the audit", f"{summary.entries_let_go:,} of its oldest entries let go"
    if summary.rows_lost:
        yield "of destroyed keys", f"{count(sum(summary.rows_lost.values()), 'row')} let go"
