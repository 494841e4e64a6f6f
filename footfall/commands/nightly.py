"""`footfall nightly`: the day's work: keys, models, releases, checks."""

from collections.abc import Callable, Iterator

from footfall.house import House, now
from footfall.terminal import ConfigOption, DataOption, JsonOption, count, print_json, print_table, working
from policy.errors import FootfallError
from warehouse.nightly import NightlySummary, run_nightly


def command(data: DataOption = None, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Rebuild the statistics of the days that changed, publish them, and check that every line has its place.

    Destroys the day keys whose time is over, runs the models of the changed days, merges groups of fewer than k visitors
    of a day into `other`, publishes, removes orphaned files, and ends with one summary. It can be stopped at any
    moment and started again; without changes it rebuilds nothing.

    Examples:


      footfall nightly

      footfall nightly --json
    """
    with House.open(data, config) as house, working("Nightly") as bar:
        summary = nightly(house, bar)
    if json:
        print_json(summary)
        check(summary)
        return
    print_table(f"Nightly, policy {summary.policy_version}", list(_lines(summary)))
    check(summary)


def nightly(house: House, bar: Callable[[int, int], None]) -> NightlySummary:
    """Run the nightly work of a warehouse, now."""
    return run_nightly(
        house.lake,
        house.registry,
        house.keyring,
        house.policy,
        now=now(),
        own_hosts=house.own_hosts,
        progress=lambda _, done, steps: bar(done, steps),
    )


def check(summary: NightlySummary) -> None:
    """Fail when a line has no place, or two (R57, R58)."""
    if not summary.holds:
        off = summary.accounting.intakes_off
        raise FootfallError(
            f"the lines of {count(off, 'intake')} do not add up. `footfall status --json` shows which; keep the data folder as it is"
        )


def _lines(summary: NightlySummary) -> Iterator[tuple[str, str]]:
    for rebuilt in summary.rebuilt:
        hidden = f", {count(rebuilt.cells_hidden, 'small group')} merged" if rebuilt.cells_hidden else ""
        quiet = f", {count(rebuilt.hidden_days, 'day')} too quiet to publish" if rebuilt.hidden_days else ""
        yield rebuilt.table, f"{count(len(rebuilt.days), 'day')}, {count(rebuilt.rows, 'row')}{hidden}{quiet}"
    if not summary.rebuilt:
        yield "models", "nothing has changed"
    yield "day keys destroyed", f"{len(summary.day_keys_destroyed):,}"
    yield "files removed", f"{summary.files_removed:,}"
    totals = summary.accounting
    yield (
        "lines in",
        f"{totals.lines_in:,} = {totals.kept:,} kept + {totals.dropped:,} dropped + {totals.dead_letters:,} dead letters",
    )
