"""`footfall nightly`: the day's work: keys, models, releases, checks."""

from collections.abc import Callable

from footfall.house import House, now
from footfall.terminal import ConfigOption, DataOption, JsonOption, print_json, print_table, working
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
        return
    print_table("Nightly", summary.lines())


def nightly(house: House, bar: Callable[[int, int], None]) -> NightlySummary:
    """Run the nightly work of a warehouse, now."""
    return run_nightly(
        house.lake, house.registry, house.keyring, house.policy, now=now(), own_hosts=house.own_hosts, progress=bar
    )
