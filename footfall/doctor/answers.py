"""What the figures say about themselves: accounts, dead letters, programs that look like people, and places."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from footfall.commands.status import status
from footfall.doctor.addresses import sample_of_log
from footfall.doctor.geography import Fidelity, Sample, fidelity
from footfall.doctor.line import Line, Lines, judged
from footfall.house import House, now
from transform.geography import Places

AREA: Final = "Answers"
PLACES: Final = "Places"
DEAD_SHARE_MAX: Final = 0.05
DISPUTED_SHARE_MAX: Final = 0.05
AGE_DAYS_MAX: Final = 180
UNKNOWN_SHARE_MAX: Final = 0.2
SEED: Final = 6  # the same table gives the same report
LAYERS: Final = """
select
    coalesce(sum(page_views), 0) as views,
    coalesce(sum(case when by_robots_file or by_rate then page_views else 0 end), 0) as disputed,
    coalesce(sum(case when by_robots_file or by_rate then requests else 0 end), 0) as requests
from bot_layers_daily
where not by_pattern and not by_no_agent
"""
MIX: Final = (
    "select country, count(*) as answers from hits where kind = 'page' and not is_bot group by country order by country"
)


def accounts(house: House) -> Lines:
    """Look whether every line is accounted for, and how many could not be used."""
    totals = status(house)["totals"]
    dead, dropped = sum(totals["dead_letters"].values()), sum(totals["dropped"].values())
    off = totals["lines_in"] - totals["kept"] - dropped - dead
    yield judged(
        AREA,
        "accounts",
        f"{totals['lines_in']:,} lines in = kept + dropped + dead letters" + (f", but for {off:,}" if off else ""),
        "Do not trust the figures, and report this with `footfall status --json`.",
        failure=off != 0,
        number=off,
    )
    share = dead / totals["lines_in"] if totals["lines_in"] else 0.0
    yield judged(
        AREA,
        "dead letters",
        f"{dead:,} of {totals['lines_in']:,} lines ({share:.1%})",
        "`footfall status` names the reasons. Is the log in the combined or common format?",
        warning=share > DEAD_SHARE_MAX,
        number=share,
    )


def bots(house: House) -> Lines:
    """Count page views whose agent says a person, and whose visitor behaves like a program."""
    with house.ask("batch", "operations") as session:
        found = session.query(LAYERS).to_pylist()[0]
    share = found["disputed"] / found["views"] if found["views"] else 0.0
    yield judged(
        AREA,
        "bots in disguise",
        f"{int(found['requests']):,} requests, {int(found['disputed']):,} of {int(found['views']):,} page views of people ({share:.1%}), "
        "come from visitors who read robots.txt or too fast; they count as people",
        "Ask bot_layers_daily for the days. One address before many people looks the same: is a proxy missing in proxies.trusted?",
        warning=share > DISPUTED_SHARE_MAX,
        number=share,
    )


def true_places(house: House, log: Path | None, database: Path | None) -> Fidelity:
    """Ask how true the places are: over the clients of a log, or over the table's own addresses as countries were seen."""
    if log:
        sample = sample_of_log(log, house.settings.trusted_proxies())
    else:
        with house.ask("batch", "operations") as session:
            mix = {row["country"]: float(row["answers"]) for row in session.query(MIX).to_pylist()}
        sample = Sample.of_table(house.places, mix, np.random.default_rng(SEED))
    return fidelity(house.places, sample, now().date(), Places.compile(database) if database else None)


def places(found: Fidelity) -> Sequence[Line]:
    """Put the fidelity of places into lines."""
    changes = [
        Line(
            PLACES,
            change.name,
            "ok",
            f"{change.countries:.1%} other countries, {change.places:.1%} other places",
            change.places,
        )
        for change in found.changes
    ]
    return [
        judged(
            PLACES,
            "database",
            f"{found.database} of {found.built}, {found.age_days:,} days old",
            "Take a newer Footfall, or name a newer database in geography.database.",
            warning=found.age_days > AGE_DAYS_MAX,
            number=found.age_days,
        ),
        judged(
            PLACES,
            "unknown",
            f"{found.unknown_countries:.1%} without a country, {found.unknown_regions:.1%} without a region; {found.sample}",
            "Private addresses are unknown: name your proxies in proxies.trusted and log X-Forwarded-For.",
            warning=found.unknown_countries > UNKNOWN_SHARE_MAX,
            number=found.unknown_countries,
        ),
        *changes,
    ]
