"""Forms folded into accounts: whatever the order in which forms arrive, the same account comes out."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
import pyarrow as pa

from warehouse.registry.subjects.sealing import Person

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
FORM: Final = (
    *("customer_id", "name", "email", "country", "company", "phone", "event_id"),
    *("role", "policy_version", "auto_login_opt_in", "opt_out"),
)
COMMUNICATION: Final = re.compile(r"[a-z][a-z_]{0,39}")
"""Opt-outs stand in plain text; what is not spelled like a type of communication might be anything, and is left out."""


class Account(msgspec.Struct, frozen=True, gc=False):
    """One subject as all forms so far make it.

    Attributes:
        person: what is sealed.
        role, policy_version, auto_login_opt_in: as the newest form says.
        registered_at: time of the oldest form, UTC.
        changed_at: time of the newest form, UTC.
        opted_at: time of the newest form that said something about opt-outs; None when none did.
        opt_out: the types of communication that this form refuses, ascending.
    """

    person: Person
    role: str
    policy_version: str
    auto_login_opt_in: bool | None
    registered_at: datetime
    changed_at: datetime
    opted_at: datetime | None
    opt_out: tuple[str, ...]

    def merged(self, other: "Account") -> "Account":
        """Join two states of one subject; the order does not matter, and joining again changes nothing.

        The newer (event_time, event_id) wins; where one event id came with two contents, the content decides.
        """
        is_same = _stamp(self) == _stamp(other)
        newest = max(self, other, key=_newness if is_same else _stamp)
        opted = max(self, other, key=_opting)
        return Account(
            person=msgspec.structs.replace(newest.person, opted_event_id=opted.person.opted_event_id),
            role=newest.role,
            policy_version=newest.policy_version,
            auto_login_opt_in=newest.auto_login_opt_in,
            registered_at=min(self.registered_at, other.registered_at),
            changed_at=newest.changed_at,
            opted_at=opted.opted_at,
            opt_out=opted.opt_out,
        )


def fold(registrations: pa.Table) -> dict[str, Account]:
    """Fold forms into one account a customer id.

    Args:
        registrations: event_id, event_time, customer_id, role, name, email, policy_version, country, company, phone,
            opt_out (list of strings, null: not said), auto_login_opt_in; one row a form.
    """
    accounts: dict[str, Account] = {}
    for account in _accounts(registrations):
        known = accounts.get(account.person.customer_id)
        accounts[account.person.customer_id] = account if known is None else known.merged(account)
    return accounts


def _accounts(registrations: pa.Table) -> Iterable[Account]:
    times = registrations.column("event_time").cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_pylist()
    columns = [registrations.column(name).to_pylist() for name in FORM]
    for time_us, form in zip(times, zip(*columns, strict=True), strict=True):
        customer_id, name, email, country, company, phone, event_id, role, policy_version, opt_in, opt_out = form
        at = EPOCH + time_us * MICROSECOND
        said = opt_out is not None
        yield Account(
            person=Person(
                customer_id=customer_id,
                name=name,
                email=email,
                country=country,
                company=company,
                phone=phone,
                event_id=event_id,
                opted_event_id=event_id if said else None,
            ),
            role=role,
            policy_version=policy_version,
            auto_login_opt_in=opt_in,
            registered_at=at,
            changed_at=at,
            opted_at=at if said else None,
            opt_out=tuple(sorted({name for name in opt_out if COMMUNICATION.fullmatch(name)})) if said else (),
        )


def _stamp(account: Account) -> tuple[Any, ...]:
    return account.changed_at, account.person.event_id


def _newness(account: Account) -> tuple[Any, ...]:
    """Order two forms of the same time and event id by all that they say."""
    said = msgspec.structs.replace(account.person, opted_event_id=None)
    return (msgspec.json.encode((said, account.role, account.policy_version, account.auto_login_opt_in)),)


def _opting(account: Account) -> tuple[bool, datetime, str, tuple[str, ...]]:
    if account.opted_at is None or account.person.opted_event_id is None:
        return False, EPOCH, "", ()
    return True, account.opted_at, account.person.opted_event_id, account.opt_out
