"""Dead letters as they stand, read through the door by the batch role for operations; every question is audited."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Final

from footfall.house import House
from ingest.replay import Letter
from policy.errors import FootfallError, UsageError
from transform.steps import STEPS

NEWEST_SHOWN: Final = 10
# Each replay that settles a letter has a row in `replays` with the reason that the letter had; who still has one more, stands.
STANDING: Final = """
with settled as (
    select topic_id, partition, "offset", reason, count(*) as times
    from replays
    group by topic_id, partition, "offset", reason
),
standing as (
    select d.topic, d.topic_id, d.partition, d."offset", d.source, d.reason, min(d.shape) as shape, min(d.taken_at) as taken_at,
        min(d.origin) as origin, min(d.file) as file, min(d.position) as position
    from dead_letters as d
    left join settled as s
        on s.topic_id = d.topic_id and s.partition = d.partition and s."offset" = d."offset" and s.reason = d.reason
    where ($reason is null or d.reason = $reason) and ($source is null or d.source = $source)
        and ($since is null or d.taken_at >= $since)
    group by d.topic, d.topic_id, d.partition, d."offset", d.source, d.reason, s.times
    having count(*) > coalesce(s.times, 0)
)
"""
COUNTS: Final = (
    STANDING
    + """
select reason, source, cast(taken_at at time zone 'UTC' as date) as day, count(*) as letters
from standing
group by reason, source, day
order by letters desc, reason, source, day
"""
)
LETTERS: Final = (
    STANDING
    + """
select topic, topic_id, partition, "offset", source, reason, shape, taken_at, origin, file, position
from standing
order by taken_at desc, topic, topic_id, partition, "offset" desc
"""
)
HISTORY: Final = """
select topic, topic_id, partition, "offset", source, reason, shape, taken_at, origin, file, position
from dead_letters
where (topic = $topic or topic_id = $topic) and partition = $partition and "offset" = $offset
order by taken_at, topic_id, reason
"""
REPLAYS: Final = """
select topic_id, reason, outcome, intake, taken_at
from replays
where (topic = $topic or topic_id = $topic) and partition = $partition and "offset" = $offset
order by taken_at, intake
"""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which dead letters: of a reason, of a source, taken in since a day (UTC); None: any."""

    reason: str | None = None
    source: str | None = None
    since: date | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """What the questions ask for."""
        since = None if self.since is None else datetime.combine(self.since, time(), UTC)
        return {"reason": self.reason, "source": self.source, "since": since}


@dataclass(frozen=True, slots=True)
class Counted:
    """How many letters stand, by `reason`, `source` and `day`, and the newest of them."""

    letters: int
    counts: list[dict[str, Any]]
    newest: list[Letter]


@dataclass(frozen=True, slots=True)
class Shown:
    """One dead letter.

    Attributes:
        letter: as it stands, or as it was last.
        is_settled: True when a replay has settled it.
        replays: what replays made of it, oldest first: `taken_at`, `reason` (that it had), `outcome`, `intake`.
    """

    letter: Letter
    is_settled: bool
    replays: list[dict[str, Any]]


def count(house: House, choice: Choice) -> Counted:
    """Count the letters that stand, and name the newest."""
    with house.ask("batch", "operations") as session:
        counts = session.query(COUNTS, choice.parameters).to_pylist()
        newest = session.query(f"{LETTERS} limit {NEWEST_SHOWN}", choice.parameters).to_pylist()
    return Counted(sum(row["letters"] for row in counts), counts, [Letter.of(row) for row in newest])


def standing(house: House, choice: Choice) -> list[Letter]:
    """Give the letters that stand."""
    with house.ask("batch", "operations") as session:
        return [Letter.of(row) for row in session.query(LETTERS, choice.parameters).to_pylist()]


def find(house: House, coordinates: str) -> list[Shown]:
    """Find a letter by topic (or its id), partition and offset; one of each topic of that name, where it was made anew.

    Raises:
        UsageError: these are no coordinates.
        FootfallError: no dead letter has them.
    """
    with house.asker("batch", "operations").well_formed():
        parameters = _parameters(coordinates)
    with house.ask("batch", "operations") as session:
        letters = [Letter.of(row) for row in session.query(HISTORY, parameters).to_pylist()]
        replays = session.query(REPLAYS, parameters).to_pylist()
    if not letters:
        raise FootfallError(f"no dead letter stands at {coordinates}; `footfall dead-letters list` shows where some do")
    topic_ids = list(dict.fromkeys(letter.topic_id for letter in letters))
    return [
        _shown(
            [one for one in letters if one.topic_id == wanted], [one for one in replays if one["topic_id"] == wanted]
        )
        for wanted in topic_ids
    ]


def check_source(source: str | None) -> None:
    """Refuse a source that has no steps.

    Raises:
        UsageError: there is none of that name.
    """
    if source is not None and source not in STEPS:
        raise UsageError(f"--source: there is no such source; there are {', '.join(STEPS)}")


def _shown(letters: list[Letter], replays: list[dict[str, Any]]) -> Shown:
    left = Counter(letter.reason for letter in letters)
    left.subtract(row["reason"] for row in replays)
    stands = next((letter for letter in letters if left[letter.reason] > 0), None)
    by_reason: Mapping[str, Letter] = {letter.reason: letter for letter in letters}
    last = letters[-1] if not replays else by_reason.get(replays[-1]["reason"], letters[-1])
    return Shown(stands or last, stands is None, [{k: v for k, v in row.items() if k != "topic_id"} for row in replays])


def _parameters(coordinates: str) -> dict[str, Any]:
    topic, partition, offset = ("", "", "", *coordinates.rsplit("/", 2))[-3:]
    if not topic or not all(part.isascii() and part.isdecimal() and len(part) < 19 for part in (partition, offset)):  # noqa: PLR2004
        raise UsageError("a dead letter is named by topic, partition and offset, such as web_log/0/1234")
    return {"topic": topic, "partition": int(partition), "offset": int(offset)}
