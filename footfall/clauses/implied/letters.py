"""Dead letters: why, where, and what they looked like, but never what they said; and that a replay settles each once."""

import re
from collections.abc import Iterator
from typing import Any, Final

from footfall.clauses.evidence import Evidence
from footfall.clauses.finding import Finding, judged
from ingest.replay import find_interrupted

SHAPE: Final = re.compile(r"(?:a|9|[A-Z][a-z])*")
SHAPE_MAX: Final = 64
COUNTED: Final = """
with settled as (
    select topic_id, partition, "offset", reason, count(*) as times
    from replays
    group by topic_id, partition, "offset", reason
),
places as (
    select d.topic_id, d.partition, d."offset", d.reason, max(length(d.shape)) as longest, count(*) as rows,
        count(*) - coalesce(max(s.times), 0) as standing
    from dead_letters as d
    left join settled as s
        on s.topic_id = d.topic_id and s.partition = d.partition and s."offset" = d."offset" and s.reason = d.reason
    group by d.topic_id, d.partition, d."offset", d.reason
)
select cast(coalesce(sum(rows), 0) as bigint) as letters, cast(coalesce(sum(standing), 0) as bigint) as standing,
    count(distinct (topic_id, partition, "offset")) filter (where standing > 0) as places,
    count(distinct reason) as reasons, max(longest) as longest,
    cast(coalesce(sum(rows) filter (where reason = '' or topic_id = ''), 0) as bigint) as nameless,
    cast(coalesce(sum(-standing) filter (where standing < 0), 0) as bigint) as overdone
from places
"""
SETTLED: Final = """
with noted as (select intake, count(*) as letters from replays group by intake),
told as (
    select intake, cast(sum(kept + coalesce(list_sum(map_values(dropped)), 0)) as bigint) as moved
    from intakes where intake in (select intake from replays) group by intake
)
select n.intake, n.letters, t.moved from noted as n left join told as t on t.intake = n.intake order by n.intake
"""


def letters_say_nothing(evidence: Evidence) -> Finding:
    """R54: each dead letter has a reason, coordinates and a shape in which every letter and digit is replaced; what a replay settled is in the accounts, once."""
    counted = evidence.ask(COUNTED)[0]
    told = evidence.ask("select dead_letters from intakes")
    due = sum(sum(row["dead_letters"].values()) for row in told)
    shapes = [row["shape"] for row in evidence.ask("select distinct shape from dead_letters")]
    interrupted = {one.name: len(one.fates) for one in find_interrupted(evidence.house.lake)}
    replays = evidence.ask(SETTLED)
    defects = []
    spoken = sum(not SHAPE.fullmatch(shape) for shape in shapes)
    if spoken:
        defects.append(f"{spoken} shapes of dead letters have more in them than a shape")
    if (counted["longest"] or 0) > SHAPE_MAX:
        defects.append(f"a shape has {counted['longest']} characters, and {SHAPE_MAX} are allowed")
    if counted["places"] != counted["standing"] + counted["overdone"]:
        defects.append(f"{counted['standing'] - counted['places']} dead letters have the coordinates of another")
    if counted["nameless"]:
        defects.append(f"{counted['nameless']} dead letters have no reason or no place")
    if counted["standing"] > due:
        defects.append(f"there are {counted['standing']} dead letters, and intakes tell of {due}")
    if counted["overdone"]:
        defects.append(f"{counted['overdone']} dead letters were settled more often than they stood")
    defects += _unaccounted(replays, interrupted)
    settled = sum(row["letters"] for row in replays if row["intake"] not in interrupted)
    return judged(
        f"{counted['standing']:,} dead letters (intakes tell of {due:,}) with {counted['reasons']} reasons and {len(shapes):,} shapes, "
        f"each at coordinates of its own, none with content; {settled:,} more were settled by {len(replays) - len(interrupted)} replays, "
        f"each once, {len(interrupted)} replays are to be finished",
        defects,
    )


def _unaccounted(replays: list[dict[str, Any]], interrupted: dict[str, int]) -> Iterator[str]:
    """Name letters that were settled and of which no account tells, or more accounts than letters."""
    for row in replays:
        if row["moved"] is None and row["intake"] not in interrupted:
            yield f"{row['letters']} dead letters were settled by a replay that is in no account"
        elif (row["moved"] or 0) > row["letters"]:
            yield f"a replay of {row['letters']} dead letters moved {row['moved']} lines in the accounts"
