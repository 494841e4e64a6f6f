"""The rows of subjects: read, merged, written and deleted within a transaction that somebody else holds."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

import sqlalchemy as sa

from warehouse.registry import schema
from warehouse.registry.subjects.accounts import Account
from warehouse.registry.subjects.sealing import Seals

CHILD: Final = "child"
QUEUED: Final = "queued"
BLOCK_ROWS: Final = 10_000
T = TypeVar("T")


def mark_of(connection: sa.Connection, app_id: str) -> int | None:
    """Give the mark of a partition; None before the first."""
    chosen = sa.select(schema.marks.c.mark).where(schema.marks.c.app_id == app_id)
    return connection.execute(chosen).scalar_one_or_none()


def flag(connection: sa.Connection, children: Sequence[int], seals: Seals, at: datetime) -> bool:
    """Flag customers as children: their rows and keys go at once, their rows in the lake are queued for erasure.

    Returns:
        True when somebody's row was deleted.
    """
    new = []
    for customer in children:
        if schema.insert_if_absent(connection, schema.children, {"customer": customer, "flagged_at": at}):
            new.append(customer)
            queued = {"customer": customer, "reason": CHILD, "state": QUEUED, "queued_at": at}
            schema.insert_if_absent(connection, schema.erasures, queued)
    gone: list[int] = []
    for links in blocks([seals.link(customer) for customer in new]):
        linked = sa.select(schema.subjects.c.subject).where(schema.subjects.c.profile_link.in_(links))
        gone.extend(connection.execute(linked).scalars())
    for some in blocks(gone):
        for table in (schema.opt_outs, schema.subject_keys, schema.subjects):
            connection.execute(sa.delete(table).where(table.c.subject.in_(some)))
    return bool(gone)


def store(connection: sa.Connection, accounts: Mapping[str, Account], seals: Seals) -> None:
    """Merge accounts, by customer id, into what is stored; those of flagged children are left out."""
    customers = {customer_id: seals.customer(customer_id) for customer_id in accounts}
    flagged = _flagged(connection, list(customers.values()))
    for some in blocks([customer_id for customer_id, customer in customers.items() if customer not in flagged]):
        subjects = {seals.subject(customer_id): customer_id for customer_id in some}
        known = read(connection, list(subjects), seals)
        rows: list[dict[str, Any]] = []
        keys: list[dict[str, Any]] = []
        opt_outs: list[dict[str, Any]] = []
        again: list[int] = []
        for subject, customer_id in subjects.items():
            account = accounts[customer_id]
            if subject in known:
                key, before = known[subject]
                account = before.merged(account)
                if account == before:
                    continue
                again.append(subject)
            else:
                key = seals.new_key()
                keys.append({"subject": subject, "wrapped": seals.wrap(subject, key)})
            rows.append(
                _row(subject, seals.link(customers[customer_id]), seals.seal(subject, key, account.person), account)
            )
            opt_outs.extend({"subject": subject, "communication": name} for name in account.opt_out)
        # A subject without its key is nobody's any more, and so are the opt-outs that stand beside it.
        stale = [*again, *(key["subject"] for key in keys)]
        connection.execute(sa.delete(schema.opt_outs).where(schema.opt_outs.c.subject.in_(stale)))
        schema.insert_or_replace(connection, schema.subjects, rows)
        schema.insert_or_replace(connection, schema.subject_keys, keys)
        if opt_outs:
            connection.execute(sa.insert(schema.opt_outs), opt_outs)


def read(connection: sa.Connection, subjects: Sequence[int], seals: Seals) -> dict[int, tuple[bytes, Account]]:
    """Open the given subjects, where they are held: data key and account of each."""
    opt_outs: dict[int, list[str]] = {}
    refused = sa.select(schema.opt_outs.c.subject, schema.opt_outs.c.communication)
    refused = refused.where(schema.opt_outs.c.subject.in_(subjects))
    for subject, name in connection.execute(refused):
        opt_outs.setdefault(subject, []).append(name)
    known: dict[int, tuple[bytes, Account]] = {}
    for row in connection.execute(readable().where(schema.subjects.c.subject.in_(subjects))):
        key = seals.unwrap(row.subject, row.wrapped)
        known[row.subject] = (
            key,
            Account(
                person=seals.open(row.subject, key, row.sealed),
                role=row.role,
                policy_version=row.policy_version,
                auto_login_opt_in=row.auto_login_opt_in,
                registered_at=row.registered_at,
                changed_at=row.changed_at,
                opted_at=row.opted_at,
                opt_out=tuple(sorted(opt_outs.get(row.subject, ()))),
            ),
        )
    return known


def readable() -> sa.Select[Any]:
    """Choose the subjects that have a key, each with it."""
    own = schema.subject_keys.c.subject == schema.subjects.c.subject
    return sa.select(schema.subjects, schema.subject_keys.c.wrapped).join(schema.subject_keys, own)


def blocks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut values so that each block fits the parameters of one statement."""
    for start in range(0, len(values), BLOCK_ROWS):
        yield values[start : start + BLOCK_ROWS]


def _flagged(connection: sa.Connection, customers: Sequence[int]) -> set[int]:
    flagged: set[int] = set()
    for some in blocks(customers):
        chosen = sa.select(schema.children.c.customer).where(schema.children.c.customer.in_(some))
        flagged.update(connection.execute(chosen).scalars())
    return flagged


def _row(subject: int, link: int, sealed: bytes, account: Account) -> dict[str, Any]:
    return {
        "subject": subject,
        "profile_link": link,
        "role": account.role,
        "policy_version": account.policy_version,
        "auto_login_opt_in": account.auto_login_opt_in,
        "registered_at": account.registered_at,
        "changed_at": account.changed_at,
        "opted_at": account.opted_at,
        "sealed": sealed,
    }
