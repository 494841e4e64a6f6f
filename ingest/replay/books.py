"""How replayed dead letters enter the books: by entries that are added, while what stands there stays as it is.

A replay of some dead letters of one partition is an intake of its own, numbered from 0 for each partition. First of all
`replays` gets a row for each letter that it settles; from then on these are no dead letters any more. Then come the sinks
of every intake, in their order, with marks of the replay's own. Last comes `intakes`: for each account in which the letters
stood, an entry of no lines that takes them from its dead letters and says what they are now. So the sum over all entries of a
file or partition is the truth, and in each entry lines in are kept, dropped and dead letters.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from ingest.replay.letters import KEPT, Letter
from ingest.wire.records import Intake, Partition, Records
from policy.schemas import arrow_schema
from transform.context import Context
from transform.reasons import is_dead_letter

REPLAY: Final = "replay"
REPLAYS: Final = "replays"
ACCOUNTS: Final = "intakes"
DEAD_LETTERS: Final = "dead_letters"
ACCOUNT_COLUMNS: Final = (
    *("source", "origin", "file", "site", "position_from", "position_next"),
    *("topic", "topic_id", "partition", "offset_from", "offset_next", "lines_in", "dead_letters", "taken_at"),
)
Fates = Sequence[tuple[Letter, str]]
"""Letters with what they came out as: a table, or a reason."""


@dataclass(frozen=True, slots=True)
class ReplayPartition(Partition):
    """A partition whose records are read again: the sinks keep marks for it beside those of the partition itself."""

    @property
    def app_id(self) -> str:
        """The name under which sinks keep the number of the next replay."""
        return f"{REPLAY}/{self.cluster_id}/{self.topic_id}/{self.number}"

    @classmethod
    def of(cls, part: Partition) -> "ReplayPartition":
        """Take an ordinary partition."""
        return cls(part.cluster_id, part.topic, part.topic_id, part.number, part.source)


@dataclass(frozen=True, slots=True)
class ReplayIntake(Intake):
    """Records that are read again; `offset_from` is the number of the replay, `offset_next` that of the next one."""

    @property
    def id(self) -> str:
        """Name of the replay: topic id, partition and number."""
        return f"{self.partition.topic_id}/{self.partition.number}/{REPLAY}/{self.offset_from}"

    @classmethod
    def numbered(cls, part: ReplayPartition, number: int, records: Records) -> "ReplayIntake":
        """Make the replay of this number."""
        return cls(part, number, number + 1, records)


@dataclass(slots=True)
class AccountBook:
    """The accounts of finished intakes, to find the one in which a letter stands."""

    _by_place: dict[tuple[str, int], list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, intakes: pa.Table) -> "AccountBook":
        """Take rows of `intakes`; entries of earlier replays have no lines, and are none."""
        book = cls()
        rows = intakes.select(ACCOUNT_COLUMNS).to_pylist()
        # Of two accounts with the same offsets and no file, one has what was lost, and no dead letters.
        for row in sorted(rows, key=lambda row: (row["offset_from"], not row["dead_letters"])):
            if row["lines_in"]:
                book._by_place[row["topic_id"], row["partition"]].append(row)
        return book

    def account_of(self, letter: Letter) -> dict[str, Any] | None:
        """Find the account of a letter; None while its intake is not finished."""
        rows = self._by_place.get(letter.place, [])
        last = bisect_right(rows, letter.offset, key=lambda row: row["offset_from"])
        start = rows[last - 1]["offset_from"] if last else None
        found = None
        for row in reversed(rows[:last]):
            if row["offset_from"] != start:
                break
            if letter.offset < row["offset_next"] and row["origin"] == letter.origin:
                found = row
        return found


def notes(fates: Fates, intake: Intake, context: Context) -> pa.Table:
    """Give the rows of `replays`: which letters a replay settles, and what they came out as."""
    rows = [
        {
            "intake": intake.id,
            **{
                name: getattr(letter, name) for name in ("topic", "topic_id", "partition", "offset", "source", "reason")
            },
            "outcome": outcome,
            "taken_at": context.taken_at,
            "policy_version": context.policy.version,
        }
        for letter, outcome in fates
    ]
    return pa.Table.from_pylist(rows, schema=arrow_schema(context.policy, REPLAYS))


def stored_before(replays: pa.Table) -> dict[tuple[str, int, int], str]:
    """Name for each place (topic id, partition, offset) the last replay that was to store its record."""
    kept = replays.filter(pc.is_in(replays.column("outcome"), pa.array(sorted(KEPT)))).sort_by("taken_at").to_pylist()
    return {(row["topic_id"], row["partition"], row["offset"]): row["intake"] for row in kept}


def letters_again(fates: Fates, context: Context) -> pa.Table:
    """Give the rows of `dead_letters` for those that are some still, with their new reason; they are as old as before."""
    rows = [
        {**asdict(letter), "reason": outcome, "policy_version": context.policy.version}
        for letter, outcome in fates
        if outcome not in KEPT and is_dead_letter(outcome)
    ]
    return pa.Table.from_pylist(rows, schema=arrow_schema(context.policy, DEAD_LETTERS))


def entries(fates: Fates, book: AccountBook, intake: Intake, context: Context) -> pa.Table:
    """Give the rows of `intakes`: one for each account in which the letters stood, that takes them out of it.

    An entry is as old as its account, so that both go when their time is over. Undeclared fields were counted at first.
    """
    accounts: dict[int, dict[str, Any]] = {}
    moved: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for letter, outcome in fates:
        if (account := book.account_of(letter)) is not None:
            accounts[id(account)] = account
            moved[id(account)].append((letter.reason, outcome))
    rows = [_entry(account, moved[number], intake, context) for number, account in accounts.items()]
    return pa.Table.from_pylist(rows, schema=arrow_schema(context.policy, ACCOUNTS))


def _entry(
    account: Mapping[str, Any], moved: Iterable[tuple[str, str]], intake: Intake, context: Context
) -> dict[str, Any]:
    stored, dropped, dead = Counter[str](), Counter[str](), Counter[str]()
    for reason, outcome in moved:
        dead[reason] -= 1
        where = stored if outcome in KEPT else dead if is_dead_letter(outcome) else dropped
        where[outcome] += 1
    return {
        **{name: account[name] for name in ACCOUNT_COLUMNS},
        "intake": intake.id,
        "lines_in": 0,
        "kept": stored.total(),
        "dropped": _listed(dropped),
        "dead_letters": _listed(dead),
        "stored": _listed(stored),
        "fields_dropped": [],
        "policy_version": context.policy.version,
    }


def _listed(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted((name, count) for name, count in counts.items() if count)
