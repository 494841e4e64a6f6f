"""Does each clause of the policy hold on this warehouse, today? One check a clause, listed in `table.CHECKS`."""

from footfall.clauses.evidence import Evidence
from footfall.clauses.finding import Checked, Finding, Result
from footfall.clauses.running import check_clause, check_clauses
from footfall.clauses.table import CHECKS, UNBUILT, Check, Unbuilt

__all__ = [
    "CHECKS",
    "UNBUILT",
    "Check",
    "Checked",
    "Evidence",
    "Finding",
    "Result",
    "Unbuilt",
    "check_clause",
    "check_clauses",
]
