"""The checks, run one after the other: each clause of the policy gets an entry, and a check that fails is no promise kept."""

from collections.abc import Callable, Iterator

from footfall.clauses.evidence import Evidence
from footfall.clauses.finding import Checked, Finding, not_built
from footfall.clauses.table import CHECKS, UNBUILT
from policy.errors import FootfallError
from policy.model import Clause


def check_clauses(evidence: Evidence, progress: Callable[[int, int], None] | None = None) -> Iterator[Checked]:
    """Check every clause of the policy in force, in its order; `progress` is told how many are done, and how many there are."""
    clauses = evidence.house.policy.clauses
    for done, clause in enumerate(clauses):
        if progress:
            progress(done, len(clauses))
        yield check_clause(evidence, clause)


def check_clause(evidence: Evidence, clause: Clause) -> Checked:
    """Check one clause; where there is nothing to check it by, say that it is not built."""
    check = next((check for check in CHECKS if check.clause == clause.id), None)
    if check is None:
        lacking = next(
            (unbuilt.lacking for unbuilt in UNBUILT if unbuilt.clause == clause.id), "there is no check for it"
        )
        found, does = not_built(lacking), ""
    else:
        found, does = _run(check.function, evidence), check.does
    return Checked(clause.id, clause.part, clause.title, does, found.result, found.evidence)


def _run(function: Callable[[Evidence], Finding], evidence: Evidence) -> Finding:
    """Run a check; what cannot be looked at cannot be said to hold."""
    try:
        return function(evidence)
    except (FootfallError, OSError, ValueError, KeyError, ArithmeticError) as error:
        told = str(error) if isinstance(error, FootfallError) else type(error).__name__
        return Finding("does not hold", f"it could not be looked at: {told}")
