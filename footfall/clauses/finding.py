"""What a check found, and the figures that it found it by."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

Result = Literal["holds", "does not hold", "not applicable", "not built"]
DEFECTS_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """The result for one clause.

    Attributes:
        result: whether the promise is kept on this warehouse now.
        evidence: what was looked at and what was found, with numbers; never a stored value of a person.
    """

    result: Result
    evidence: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found about one clause.

    Attributes:
        id, part, title: the clause, as the policy has it.
        check: what the check does; empty where there is none.
        result, evidence: what it found.
    """

    id: str
    part: str
    title: str
    check: str
    result: Result
    evidence: str


def judged(looked_at: str, defects: Iterable[str]) -> Finding:
    """Say that a clause holds when no defect was found; the defects come first in the evidence, a few of many."""
    found = sorted(set(defects))
    if not found:
        return Finding("holds", looked_at)
    more = f"; and {len(found) - DEFECTS_SHOWN} more" if len(found) > DEFECTS_SHOWN else ""
    return Finding("does not hold", f"{'; '.join(found[:DEFECTS_SHOWN])}{more}. Apart from this: {looked_at}")


def not_applicable(reason: str) -> Finding:
    """Say that this warehouse has nothing that the clause speaks of, and what that is."""
    return Finding("not applicable", reason)


def not_built(reason: str) -> Finding:
    """Say that what the clause asks for does not exist in this program."""
    return Finding("not built", reason)


def of(looked_at: int, there: int, what: str) -> str:
    """Write how many of how many were looked at: `1,204 rows`, or `200,000 of 1,204,331 rows`."""
    return f"{there:,} {what}" if looked_at >= there else f"{looked_at:,} of {there:,} {what}"
