"""What a night did and whether everything adds up (R57, R58)."""

from dataclasses import dataclass
from datetime import date, datetime
from importlib import resources

import duckdb


@dataclass(frozen=True, slots=True)
class Accounting:
    """Whether every line found its place.

    Attributes:
        lines_in, kept, dropped, dead_letters: totals over all intakes.
        hits: rows of finished intakes in the lake.
        hits_unfinished: rows of intakes that a worker has not finished yet.
        intakes_off: intakes whose lines do not add up, or whose rows are not all there.
    """

    lines_in: int
    kept: int
    dropped: int
    dead_letters: int
    hits: int
    hits_unfinished: int
    intakes_off: int

    @property
    def holds(self) -> bool:
        """True when ``lines_in = kept + dropped + dead letters`` and what was kept is there, for every intake."""
        return self.intakes_off == 0


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What was done to one mart or release.

    Attributes:
        table: its name.
        days: the days that were made anew, ascending; those without rows too.
        rows: how many rows they have now.
        cells_hidden: how many cells were merged into an `other`; 0 for a mart.
        hidden_days: how many days of a site have too few visitors to publish anything; 0 for a mart.
    """

    table: str
    days: tuple[date, ...]
    rows: int
    cells_hidden: int = 0
    hidden_days: int = 0


@dataclass(frozen=True, slots=True)
class NightlySummary:
    """The one summary that a night ends with.

    Attributes:
        now: the time that the night was run for.
        policy_version: the policy in force.
        hits_version: the version of `hits` that every mart and release now agrees with.
        rebuilt: what was made anew; a table that had caught up is not in it.
        day_keys_destroyed: the days whose visitors nobody can number again.
        files_removed: files that no table needed any more.
        accounting: whether every line found its place.
    """

    now: datetime
    policy_version: str
    hits_version: int
    rebuilt: tuple[Rebuilt, ...]
    day_keys_destroyed: tuple[date, ...]
    files_removed: int
    accounting: Accounting

    @property
    def holds(self) -> bool:
        """True when every check of this night holds."""
        return self.accounting.holds


def account(connection: duckdb.DuckDBPyConnection) -> Accounting:
    """Compare the views `intakes` and `hits` of a connection; `intakes` must not be newer than `hits`."""
    text = (resources.files("warehouse.nightly") / "accounting.sql").read_text()
    return Accounting(*(int(value) for value in connection.sql(text).fetchall()[0]))
