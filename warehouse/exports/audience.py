"""Exports for messages: whom the policy lets be reached, and who may not be in it, as of this very moment.

What is here decides; the verbs read through the door, write the ledger and the file.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from policy import Policy
from policy.errors import UsageError
from warehouse.registry import Subjects

PURPOSE: Final = "marketing"
TABLE: Final = "customer_profiles"


@dataclass(frozen=True, slots=True)
class Mailing:
    """What somebody wants to send, and to whom.

    Attributes:
        communication: the type of message, a name from the policy.
        audience: "customer" or "seller".
        recipient: who is given the list, a name from the policy.
        segments: only these segments of the profiles; empty: all.
    """

    communication: str
    audience: str
    recipient: str = "house"
    segments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """Who may be reached.

    Attributes:
        rows: the profiles of those who may, in the order in which they came.
        opted_out: those of the audience who refused this type of communication (R28).
        withdrawn: those who may have no profile since the profiles were made, children among them (R11).
        elsewhere: those who belong to the other audience since then (R29).
    """

    rows: pa.Table
    opted_out: int
    withdrawn: int
    elsewhere: int


def check_mailing(policy: Policy, mailing: Mailing) -> None:
    """Refuse a mailing that the policy does not know or allow.

    Raises:
        UsageError: the communication may not reach that audience (R29), the recipient may not be given this (R27, R32),
            or one of the names is not declared.
    """
    communication = policy.communications.get(mailing.communication)
    if communication is None:
        raise UsageError(
            f"the policy declares no communication of that name (R28); it has: {', '.join(sorted(policy.communications))}"
        )
    if mailing.audience not in communication.audiences:
        allowed = " and ".join(communication.audiences)
        raise UsageError(
            f"{mailing.communication} may reach {allowed} only ({communication.clause}), not {mailing.audience}"
        )
    recipient = policy.recipients.get(mailing.recipient)
    if recipient is None or PURPOSE not in recipient.purposes:
        declared = sorted(name for name, one in policy.recipients.items() if PURPOSE in one.purposes)
        raise UsageError(f"that recipient may not be given {PURPOSE} data (R27); these may: {', '.join(declared)}")
    if recipient.needs_agreement:
        raise UsageError(f"{mailing.recipient} may be given data under an agreement only (R32), and there is none")
    segments = next(column.values for column in policy.table(TABLE).columns if column.name == "segment")
    unknown = [name for name in mailing.segments if name not in segments]
    if unknown:
        raise UsageError(f"there is no segment of that name; there are: {', '.join(segments)}")


def choose(profiles: pa.Table, mailing: Mailing, subjects: Subjects) -> Chosen:
    """Leave out of `profiles` whoever may not be reached, asking the registry anew.

    The profiles are those of last night; a child found, an opt-out or a change of role since then counts already here,
    and so must be read after the profiles, never before.

    Args:
        profiles: columns of `customer_profiles`, at least customer (int64).
        mailing: what is to be sent; `check_mailing` has passed it.
        subjects: the registered people.
    """
    registered = subjects.registered()
    hidden = _numbers(subjects.hidden())
    refused = _numbers(subjects.opted_out(mailing.communication))
    customers = profiles.column("customer").to_numpy()
    audience = _numbers(registered.filter(pc.equal(registered.column("role"), mailing.audience)))
    is_there = np.isin(customers, _numbers(registered)) & ~np.isin(customers, hidden)
    is_audience = is_there & np.isin(customers, audience)
    may = is_audience & ~np.isin(customers, refused)
    return Chosen(
        rows=profiles.filter(pa.array(may)),
        opted_out=int(np.sum(is_audience & ~may)),
        withdrawn=int(np.sum(~is_there)),
        elsewhere=int(np.sum(is_there & ~is_audience)),
    )


def question(policy: Policy, segments: Collection[str]) -> str:
    """Write the SQL that reads an audience's profiles through the door: the columns that carry the purpose (R3)."""
    columns = ", ".join(policy.table(TABLE).names_for(PURPOSE))
    among = " and list_contains($segments, segment)" if segments else ""
    return f"select {columns} from {TABLE} where role = $audience{among} order by customer"  # noqa: S608 - policy's names


def _numbers(table: pa.Table) -> npt.NDArray[np.int64]:
    numbers: npt.NDArray[np.int64] = table.column("customer").to_numpy()
    return numbers
