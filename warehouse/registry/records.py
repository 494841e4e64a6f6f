"""What the registry gives back: one frozen record a row."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Outcome = Literal["answered", "refused", "failed"]


@dataclass(frozen=True, slots=True)
class Origin:
    """The file (or producer) that lines came from.

    Attributes:
        origin: the fingerprint of the file, a signed 64-bit number.
        file: its base name when it was last seen, never a folder.
        site: the site that it was shipped for.
        registered_at: when it was first seen, UTC.
    """

    origin: int
    file: str
    site: str
    registered_at: datetime


@dataclass(frozen=True, slots=True)
class Cut:
    """Where the audit was cut, for the time of its oldest entries was over (R56); an entry of the audit itself says so.

    Attributes:
        number: the last entry that went. Numbers have no gap, so that many have gone in all.
        hash: its hash, from which the chain goes on.
        before: it and all before it were from before this day, UTC.
        seal: a keyed hash of the entry that says so, in hexadecimal, which nobody can make without the registry's keys.
    """

    number: int
    hash: str
    before: date
    seal: str


@dataclass(frozen=True, slots=True)
class Access:
    """One knock at the door, whether it opened or not.

    Attributes:
        at: when, UTC.
        who: the account of the person or job that asked.
        role, purpose: in whose name and for what.
        tables: the tables that were named, of those that the policy declares.
        columns: the columns that were read; None when the question never came that far.
        rows_out: the number of rows handed out; None when none could be.
        outcome: `answered`; `refused`, by the policy or because it was no question; `failed` while it ran.
        reason: why there was no answer, in words of ours only; "" when there was one.
        duration_ms: how long it took; None where nobody measured.
        number: counted from 1 without a gap.
        previous: the hash of the entry before; 64 zeros at the first.
        hash: SHA-256 of all the above and of `cut`, in hexadecimal.
        cut: which entries went; None but for an entry that says so.
    """

    at: datetime
    who: str
    role: str
    purpose: str
    tables: tuple[str, ...]
    columns: tuple[str, ...] | None
    rows_out: int | None
    outcome: Outcome
    reason: str
    duration_ms: int | None = None
    number: int = 0
    previous: str = ""
    hash: str = ""
    cut: Cut | None = None

    @property
    def allowed(self) -> bool:
        """False for a refusal."""
        return self.outcome != "refused"


@dataclass(frozen=True, slots=True)
class Finding:
    """The last word about one kind of trouble on one site ("" for the whole warehouse)."""

    kind: str
    site: str
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Erasure:
    """Somebody whose rows in the lake must be erased.

    Attributes:
        customer: the profile pseudonym.
        reason: why: `child`, or `key destroyed`.
        state: how far it has come: `queued`, or `removed` when nothing is left in any table.
        queued_at: since when, UTC.
    """

    customer: int
    reason: str
    state: str
    queued_at: datetime


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One handing out of data, as the ledger keeps it.

    Attributes:
        number: counted from 1 without a gap.
        at: when, UTC.
        who: the account of the person or job that did it.
        role, purpose: in whose name and for what.
        recipient: who got it, a name from the policy.
        agreement: under which agreement; None where none is needed.
        communication: for which type of communication; None where it was for none.
        audience: for whom that communication is; None where it was for none.
        tables, columns: what it was made of.
        rows: how many rows were handed out.
        policy_version: the policy in force.
        previous: the hash of the disclosure before; 64 zeros at the first.
        hash: SHA-256 of all the above and of `protection`, in hexadecimal.
        protection: the id of the key that locks what is personal in the file; `plain` where nothing does; None in entries
            from before there was a choice.
    """

    number: int
    at: datetime
    who: str
    role: str
    purpose: str
    recipient: str
    agreement: str | None
    communication: str | None
    audience: str | None
    tables: tuple[str, ...]
    columns: tuple[str, ...]
    rows: int
    policy_version: str
    previous: str
    hash: str
    protection: str | None = None
