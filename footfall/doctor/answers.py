"""What the figures say about themselves: accounts, dead letters, programs that look like people, and places."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from footfall.commands.health.status import status
from footfall.doctor.addresses import sample_of_log
from footfall.doctor.geography import Fidelity, Sample, fidelity
from footfall.doctor.line import Line, Lines, judged
from footfall.house import House, now
from transform.geography import Places
from warehouse.lake.changes import app_ids
from warehouse.nightly.closed import rows_let_go

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
PARTS: Final = "select distinct topic_id, partition, offset_from, offset_next from intakes"
STRAY: Final = (
    "select intake, count(*) as hits from hits where intake not in (select intake from intakes) group by intake"
)
MIX: Final = (
    "select country, count(*) as answers from hits where kind = 'page' and not is_bot group by country order by country"
)


def accounts(house: House) -> Lines:
    """Look whether every line and every offset is accounted for, and how many lines could not be used."""
    state = status(house)
    totals = state["totals"]
    off = [difference for row in state["intakes"] if (difference := _difference(row))]
    yield judged(
        AREA,
        "accounts",
        f"{totals['lines_in']:,} lines in = kept + dropped + dead letters"
        + (f", but for {sum(map(abs, off)):,} in {len(off):,} of {len(state['intakes']):,} accounts" if off else ""),
        "Do not trust the figures, and report this with `footfall status --json`.",
        failure=bool(off),
        number=sum(map(abs, off)),
    )
    yield _offsets(house)
    dead = sum(totals["dead_letters"].values())
    share = dead / totals["lines_in"] if totals["lines_in"] else 0.0
    yield judged(
        AREA,
        "dead letters",
        f"{dead:,} of {totals['lines_in']:,} lines ({share:.1%})",
        "`footfall dead-letters list` names the reasons. Is the log in the combined or common format?",
        warning=share > DEAD_SHARE_MAX,
        number=share,
    )


def _difference(row: dict[str, Any]) -> int:
    """Say by how many lines one account does not add up."""
    return int(row["lines_in"] - row["kept"] - sum(row["dropped"].values()) - sum(row["dead_letters"].values()))


def _offsets(house: House) -> Line:
    """Look whether the intakes of each partition follow one another, up to the mark that says how far they go.

    The first intake of a partition has none before it; when it is gone, its rows tell.
    """
    table = house.lake.table("intakes")
    # Before the intakes themselves: what a worker adds meanwhile is no gap.
    marks = {app_id.partition("/")[2]: table.mark(app_id) or 0 for app_id in app_ids(table.root)}
    with house.ask("batch", "operations") as session:
        parts = session.query(PARTS).to_pylist()
        stray = session.query(STRAY).to_pylist()
    ranges: defaultdict[str, set[tuple[int, int]]] = defaultdict(set)
    for part in parts:
        ranges[f"{part['topic_id']}/{part['partition']}"].add((part["offset_from"], part["offset_next"]))
    unknown, twice = 0, 0
    for partition, found in ranges.items():
        gaps, overlaps = breaks(found, marks.get(partition, 0))
        unknown, twice = unknown + gaps, twice + overlaps
    # Rows beyond the mark belong to an intake that a worker has not finished yet; accounts whose time was over are not lost.
    lost = sum(
        one["hits"]
        for one in stray
        if int(one["intake"].rpartition("/")[2]) < marks.get(_partition(one["intake"]), 0) and not rows_let_go(table)
    )
    count = sum(end - start for found in ranges.values() for start, end in found)
    said = [f"{count:,} of {len(ranges)} partitions in {sum(map(len, ranges.values())):,} intakes"]
    said += [f"{unknown:,} that were taken are in no account"] * bool(unknown)
    said += [f"{twice:,} are in two"] * bool(twice)
    said += [f"{lost:,} hits are in no account"] * bool(lost)
    return judged(
        AREA,
        "offsets",
        "; ".join(said),
        "Accounts are lost or doubled, so rows are too, perhaps. Take lake/facts/intakes back from a copy, or take the logs into a new folder.",
        failure=len(said) > 1,
        number=unknown + twice or lost,
    )


def _partition(intake: str) -> str:
    """Name the partition of an intake: topic id and number."""
    return intake.rpartition("/")[0]


def breaks(ranges: Iterable[tuple[int, int]], mark: int) -> tuple[int, int]:
    """Count the offsets below a mark that lie in none of these ranges, from the first on, and those that lie in two."""
    gaps, overlaps, reached = 0, 0, None
    for start, end in sorted(ranges):
        if reached is not None:
            gaps, overlaps = gaps + max(0, start - reached), overlaps + max(0, min(end, reached) - start)
        reached = max(end, reached or 0)
    return gaps + max(0, mark - (mark if reached is None else reached)), overlaps


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
