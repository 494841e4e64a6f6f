"""The rows of subjects: read, merged, written and deleted within a transaction that somebody else holds."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

import sqlalchemy as sa

from warehouse.registry import schema
from warehouse.registry.subjects.accounts import Account
from warehouse.registry.subjects.sealing import Seals

CHILD: Final = "child"
SHREDDED: Final = "key destroyed"
QUEUED: Final = "queued"
REMOVED: Final = "removed"
BLOCK_ROWS: Final = 2_000
Seen = tuple[bytes | None, bytes]
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
    return bool(_delete(connection, [seals.link(customer) for customer in new], sa.true()))


def let_go(connection: sa.Connection, links: Sequence[int], before: datetime) -> int:
    """Delete the subjects of these links whose newest form is from before a time; say how many."""
    return _delete(connection, links, schema.subjects.c.changed_at < before)


def _delete(connection: sa.Connection, links: Sequence[int], which: sa.ColumnElement[bool]) -> int:
    gone: list[int] = []
    for some in blocks(links):
        linked = sa.select(schema.subjects.c.subject).where(schema.subjects.c.profile_link.in_(some), which)
        gone.extend(connection.execute(linked).scalars())
    for some in blocks(gone):
        for table in (schema.opt_outs, schema.subject_keys, schema.subjects):
            connection.execute(sa.delete(table).where(table.c.subject.in_(some)))
    return len(gone)


def shred(connection: sa.Connection, customer_id: str, seals: Seals, at: datetime) -> bytes | None:
    """Delete the data key of a subject, so that nobody can ever open the row, and queue what the lake has for erasure.

    Returns:
        The wrapped key that was there; None when none was.
    """
    own = schema.subject_keys.c.subject == seals.subject(customer_id)
    wrapped = connection.execute(sa.select(schema.subject_keys.c.wrapped).where(own).with_for_update()).scalar()
    if wrapped is None:
        return None
    connection.execute(sa.delete(schema.subject_keys).where(own))
    queued = {"customer": seals.customer(customer_id), "reason": SHREDDED, "state": QUEUED, "queued_at": at}
    schema.insert_or_update(connection, schema.erasures, queued, replaced=("state", "queued_at"))
    return wrapped


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one subject when a form is merged into what is stored.

    Attributes:
        seen: the wrapped key and the sealed row that it was reckoned from; None where there was no row.
        account: the subject as it will be.
        row: the row to write; None where nothing changes.
        key: the row of a new data key; None where the subject keeps its own.
    """

    seen: Seen | None
    account: Account
    row: dict[str, Any] | None
    key: dict[str, Any] | None


def prepare(
    connection: sa.Connection, accounts: Mapping[str, Account], seals: Seals, children: Collection[int]
) -> dict[int, Change]:
    """Merge and seal accounts before anybody has to wait for it; `store` uses what nobody has changed meanwhile."""
    forms = _forms(connection, accounts, seals, children)
    found: dict[int, Change] = {}
    for subjects in blocks(sorted(forms)):
        found |= _changes(connection, subjects, forms, seals)
    return found


def store(
    connection: sa.Connection, accounts: Mapping[str, Account], seals: Seals, prepared: Mapping[int, Change]
) -> None:
    """Merge accounts, by customer id, into what is stored; those of flagged children are left out."""
    forms = _forms(connection, accounts, seals, ())
    for subjects in blocks(sorted(forms)):
        seen = {row.subject: (row.wrapped, row.sealed) for row in connection.execute(_with_keys(subjects))}
        # Sealing again gives other bytes, so a row with the same ones is the same row.
        same = {one: prepared[one] for one in subjects if one in prepared and prepared[one].seen == seen.get(one)}
        others = [one for one in subjects if one not in same]
        changes = {one: change for one, change in same.items() if change.row is not None}
        changes |= {
            one: change for one, change in _changes(connection, others, forms, seals).items() if change.row is not None
        }
        schema.insert_or_replace(connection, schema.subjects, [one.row for one in changes.values() if one.row])
        schema.insert_or_replace(connection, schema.subject_keys, [one.key for one in changes.values() if one.key])
        # A subject without its key is nobody's any more, and so are the opt-outs that stand beside it.
        changed = {subject: change.account for subject, change in changes.items()}
        _replace_opt_outs(connection, changed, stale=[one for one in changed if one in seen])


def _forms(
    connection: sa.Connection, accounts: Mapping[str, Account], seals: Seals, children: Collection[int]
) -> dict[int, Account]:
    """Give the accounts by subject, without those of children."""
    flagged = {*connection.execute(sa.select(schema.children.c.customer)).scalars(), *children}
    return {seals.subject(one): account for one, account in accounts.items() if seals.customer(one) not in flagged}


def _changes(
    connection: sa.Connection, subjects: Sequence[int], forms: Mapping[int, Account], seals: Seals
) -> dict[int, Change]:
    """Merge the forms of some subjects into what is stored of them, and seal what changes."""
    if not subjects:
        return {}
    held = connection.execute(_with_keys(subjects)).all()
    seen: dict[int, Seen] = {row.subject: (row.wrapped, row.sealed) for row in held}
    known = _open(connection, held, seals)
    found: dict[int, Change] = {}
    for subject in subjects:
        account, key_row = forms[subject], None
        if subject in known:
            key, before = known[subject]
            account = before.merged(account)
            if account == before:
                found[subject] = Change(seen.get(subject), account, None, None)
                continue
        else:
            key = seals.new_key()
            key_row = {"subject": subject, "wrapped": seals.wrap(subject, key)}
        link = seals.link(seals.customer(account.person.customer_id))
        row = _row(subject, link, seals.seal(subject, key, account.person), account)
        found[subject] = Change(seen.get(subject), account, row, key_row)
    return found


def read(connection: sa.Connection, subjects: Sequence[int], seals: Seals) -> dict[int, tuple[bytes, Account]]:
    """Open the given subjects: the data key and the account of each that is held and can be read."""
    return _open(connection, connection.execute(_with_keys(subjects)).all(), seals)


def _open(connection: sa.Connection, held: Sequence[sa.Row[Any]], seals: Seals) -> dict[int, tuple[bytes, Account]]:
    readable = [row for row in held if row.wrapped is not None]
    opt_outs: dict[int, list[str]] = {row.subject: [] for row in readable}
    if opt_outs:
        refused = sa.select(schema.opt_outs.c.subject, schema.opt_outs.c.communication)
        for subject, name in connection.execute(refused.where(schema.opt_outs.c.subject.in_(list(opt_outs)))):
            opt_outs[subject].append(name)
    known: dict[int, tuple[bytes, Account]] = {}
    for row in readable:
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
                opt_out=tuple(sorted(opt_outs[row.subject])),
            ),
        )
    return known


def chosen(*columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """Choose the subjects that have a key, in the order in which they stand: subject, wrapped, sealed, and `columns`."""
    own = schema.subject_keys.c.subject == schema.subjects.c.subject
    wanted = sa.select(schema.subjects.c.subject, schema.subject_keys.c.wrapped, schema.subjects.c.sealed, *columns)
    return wanted.join(schema.subject_keys, own).order_by(schema.subjects.c.subject)


def blocks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut values so that each block fits the parameters of one statement."""
    for start in range(0, len(values), BLOCK_ROWS):
        yield values[start : start + BLOCK_ROWS]


def _with_keys(subjects: Sequence[int]) -> sa.Select[Any]:
    own = schema.subject_keys.c.subject == schema.subjects.c.subject
    every = sa.select(schema.subjects, schema.subject_keys.c.wrapped).join(schema.subject_keys, own, isouter=True)
    return every.where(schema.subjects.c.subject.in_(subjects))


def _replace_opt_outs(connection: sa.Connection, accounts: Mapping[int, Account], stale: Sequence[int]) -> None:
    if stale:
        connection.execute(sa.delete(schema.opt_outs).where(schema.opt_outs.c.subject.in_(stale)))
    opt_outs = [
        {"subject": subject, "communication": name} for subject, account in accounts.items() for name in account.opt_out
    ]
    if opt_outs:
        connection.execute(sa.insert(schema.opt_outs), opt_outs)


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
