"""What a transparency report is made of: the policy, and what is known of one warehouse at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from policy import Policy


@dataclass(frozen=True, slots=True)
class ClauseResult:
    """One clause, and what the check found.

    Attributes:
        id, part, title: the clause.
        check: what the check does; empty where there is none.
        result: "holds", "does not hold", "not applicable" or "not built".
        evidence: what was looked at and found.
    """

    id: str
    part: str
    title: str
    check: str
    result: str
    evidence: str


@dataclass(frozen=True, slots=True)
class KeyFact:
    """One key, or all keys of the days: what may be told, never bytes.

    Attributes:
        name: purpose, and period where it has one.
        generation: which of its generations; "" where there is only one ever.
        made, destroyed: dates as text; empty where it has none.
        state: "in use" or "destroyed".
    """

    name: str
    generation: str
    made: str
    destroyed: str
    state: str


@dataclass(frozen=True, slots=True)
class Geography:
    """Where places come from.

    Attributes:
        name, built, licence, attribution: of the database.
        level: region or country.
        fidelity: sentences on how true the places are; empty where nobody has reckoned it.
    """

    name: str
    built: date
    licence: str
    attribution: str
    level: str
    fidelity: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenFinding:
    """Trouble that was found and is not over; what a worker, a night or a check has noted."""

    kind: str
    detail: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class HandedOut:
    """Disclosures to one recipient: how many, of how many rows, and the last."""

    recipient: str
    number: int
    rows: int
    last: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """All of it.

    Attributes:
        policy: the policy in force.
        generated_at: when the report was made, UTC.
        clauses: the checks' results; empty where none was made.
        rows: by table, how many rows there are now.
        keys: what may be told of the keys.
        geography: where places come from.
        findings: what is open.
        disclosures: what was handed out, by recipient.
        ledger_hash: the hash of the last entry of the ledger; empty where there is none.
        accesses: how many entries the audit has.
        settings: what the operator chose, by name, as far as privacy depends on it.
    """

    policy: Policy
    generated_at: datetime
    clauses: tuple[ClauseResult, ...]
    rows: Mapping[str, int]
    keys: tuple[KeyFact, ...]
    geography: Geography
    findings: tuple[OpenFinding, ...]
    disclosures: tuple[HandedOut, ...]
    ledger_hash: str
    accesses: int
    settings: Mapping[str, str]
