"""Dead letters: why, where, and what they looked like, but never what they said."""

import re
from typing import Final

from footfall.clauses.evidence import Evidence
from footfall.clauses.finding import Finding, judged, not_built

SHAPE: Final = re.compile(r"(?:a|9|[A-Z][a-z])*")
SHAPE_MAX: Final = 64


def letters_say_nothing(evidence: Evidence) -> Finding:
    """R54: each dead letter has a reason, coordinates and a shape in which every letter and digit is replaced; replay is offered."""
    counted = evidence.ask(
        'select count(*) as letters, count(distinct (topic_id, partition, "offset")) as places, count(distinct reason) as reasons, '
        "max(length(shape)) as longest, count(*) filter (where reason = '' or topic_id = '') as nameless from dead_letters"
    )[0]
    told = evidence.ask("select dead_letters from intakes")
    due = sum(sum(row["dead_letters"].values()) for row in told)
    shapes = [row["shape"] for row in evidence.ask("select distinct shape from dead_letters")]
    defects = []
    spoken = sum(not SHAPE.fullmatch(shape) for shape in shapes)
    if spoken:
        defects.append(f"{spoken} shapes of dead letters have more in them than a shape")
    if (counted["longest"] or 0) > SHAPE_MAX:
        defects.append(f"a shape has {counted['longest']} characters, and {SHAPE_MAX} are allowed")
    if counted["places"] != counted["letters"]:
        defects.append(f"{counted['letters'] - counted['places']} dead letters have the coordinates of another")
    if counted["nameless"]:
        defects.append(f"{counted['nameless']} dead letters have no reason or no place")
    if counted["letters"] > due:
        defects.append(f"there are {counted['letters']} dead letters, and intakes tell of {due}")
    looked_at = (
        f"{counted['letters']:,} dead letters (intakes tell of {due:,}) with {counted['reasons']} reasons and {len(shapes):,} shapes, "
        "each at coordinates of its own, none with content"
    )
    if defects:
        return judged(looked_at, defects)
    return not_built(f"a command that replays them; what there is holds: {looked_at}")
