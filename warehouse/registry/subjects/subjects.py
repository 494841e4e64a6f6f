"""The registered people: taken from forms, read by pseudonym, forgotten at once when they turn out to be children."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import sqlalchemy as sa

from warehouse.registry import schema
from warehouse.registry.connect import FencedError, RegistryError
from warehouse.registry.records import Erasure
from warehouse.registry.registry import Registry, utc
from warehouse.registry.subjects import rows
from warehouse.registry.subjects.accounts import Account, fold
from warehouse.registry.subjects.sealing import PurposeKeys, Seals

PROFILE: Final = "profile"
"""The wish to have no profile stands among the types of communication that a form refuses."""
CUSTOMER: Final = pa.field("customer", pa.int64(), nullable=False)
ROLE: Final = pa.field("role", pa.string(), nullable=False)
REGISTERED_AT: Final = pa.field("registered_at", pa.timestamp("us", "UTC"), nullable=False)


class Subjects:
    """The registered people of one registry.

    What is stored is a function of the forms that came, whatever their order and however often they came. A customer is
    always the pseudonym for the purpose `profile`, the number that the lake knows.
    """

    def __init__(self, registry: Registry, keys: PurposeKeys, now: Callable[[], datetime]) -> None:
        """Wire the store; `now` gives the time in UTC, with its zone. No key is made before one is needed."""
        self._registry = registry
        self._keys = keys
        self._now = now

    def mark(self, app_id: str) -> int | None:
        """Say how far the forms of `app_id` (cluster/topic/partition) have come: the next offset; None before the first."""
        with self._registry.read() as connection:
            return rows.mark_of(connection, app_id)

    def commit(
        self, registrations: pa.Table, children: npt.NDArray[np.int64], *, app_id: str, start: int, end: int
    ) -> bool:
        """Take in forms, flag children and move the mark in one transaction; a crash before its end changes nothing.

        The mark must stand at or below `start` (write) or at `end` (these very forms are already in: skip). The newer
        (event_time, event_id) of a subject's forms wins; a form whose opt_out is null leaves the opt-outs as they are. Of
        a flagged child nothing is kept and nothing is taken any more, whatever later forms say.

        Args:
            registrations: one row a form, with the columns that `accounts.fold` names.
            children: profile pseudonyms of people found to be children.
            app_id: whose offsets these are.
            start: the first offset of the intake.
            end: the offset after its last.

        Returns:
            True when it was written, False when it was there already.

        Raises:
            FencedError: the mark stands anywhere else, so another worker owns the partition.
            RegistryError: the database cannot be written, or a row that must be changed cannot be opened.
        """
        accounts = fold(registrations)
        seals = self._seals  # making a key is a transaction of its own, and so cannot wait for ours
        with self._registry.read() as connection:  # others write while we encrypt
            prepared = rows.prepare(connection, accounts, seals, children.tolist())
        with self._registry.write() as connection:
            schema.wait_for_turn(connection)
            mark = rows.mark_of(connection, app_id)
            if mark == end:
                return False
            if mark is not None and mark > start:
                raise FencedError(app_id, mark, start, end)
            removed = rows.flag(connection, children.tolist(), seals, utc(self._now()))
            rows.store(connection, accounts, seals, prepared)
            moved = {"app_id": app_id, "mark": end}
            schema.insert_or_update(connection, schema.marks, moved, replaced=("mark",))
        if removed:
            # Who reads for long keeps the deleted key's bytes in a side file; the nightly run tries again.
            with suppress(RegistryError):
                self._registry.forget_old_pages()
        return True

    def children(self) -> npt.NDArray[np.int64]:
        """Give the customers who are children, ascending."""
        flagged = sa.select(schema.children.c.customer).order_by(schema.children.c.customer)
        with self._registry.read() as connection:
            return np.array(connection.execute(flagged).scalars().all(), np.int64)

    def registered(self) -> pa.Table:
        """Give the customers who may have a profile: no children, and nobody who refused one.

        Returns:
            customer (int64, ascending), role, registered_at (timestamp[us, UTC]).

        Raises:
            RegistryError: a row cannot be opened.
        """
        refused = sa.exists().where(
            schema.opt_outs.c.subject == schema.subjects.c.subject, schema.opt_outs.c.communication == PROFILE
        )
        customers: list[int] = []
        roles: list[str] = []
        times: list[datetime] = []
        chosen = rows.chosen(schema.subjects.c.role, schema.subjects.c.registered_at).where(~refused)
        for customer, (role, registered_at) in self._opened(chosen):
            customers.append(customer)
            roles.append(role)
            times.append(registered_at)
        columns = [
            pa.array(values, field.type)
            for values, field in ((customers, CUSTOMER), (roles, ROLE), (times, REGISTERED_AT))
        ]
        return pa.table(columns, schema=pa.schema([CUSTOMER, ROLE, REGISTERED_AT])).sort_by("customer")

    def destroy(self, customer_id: str) -> bool:
        """Destroy the data key of one subject: nobody can open the row any more, and the lake's rows are erased by the night.

        Whoever registers again later is a new subject under a new key.

        Returns:
            False when there was no key: nobody registered under that id, or it is destroyed already.

        Raises:
            RegistryError: old bytes of the key are still in the registry's files; the key is destroyed.
        """
        seals = self._seals
        with self._registry.write() as connection:
            schema.wait_for_turn(connection)
            wrapped = rows.shred(connection, customer_id, seals, utc(self._now()))
        self._registry.forget_old_pages()
        if wrapped is not None and self._registry.holds_bytes([wrapped]):
            raise RegistryError("bytes of the subject's key are still in the registry's files; run this again")
        return wrapped is not None

    def unchanged_since(self, before: datetime) -> npt.NDArray[np.int64]:
        """Name the customers whose newest form is from before a time, ascending.

        Raises:
            RegistryError: a row cannot be opened.
        """
        old = rows.chosen().where(schema.subjects.c.changed_at < utc(before))
        return np.array(sorted(customer for customer, _ in self._opened(old)), np.int64)

    def let_go(self, customers: Collection[int], before: datetime) -> int:
        """Forget those of these customers whose newest form is from before a time, with their keys; say how many.

        Whoever registers again later is a new subject. Of flagged children the flag stays.

        Raises:
            RegistryError: old bytes of their keys are still in the registry's files; the rows are gone.
        """
        seals = self._seals
        with self._registry.write() as connection:
            schema.wait_for_turn(connection)
            gone = rows.let_go(connection, [seals.link(customer) for customer in customers], utc(before))
        if gone:
            self._registry.forget_old_pages()
        return gone

    def hidden(self) -> pa.Table:
        """Give the customers who must not be seen in any mart: children, who refused a profile, who waits to be erased.

        Returns:
            customer (int64, ascending).
        """
        waiting = sa.select(schema.erasures.c.customer).where(schema.erasures.c.state == rows.QUEUED)
        with self._registry.read() as connection:
            erased = connection.execute(waiting).scalars().all()
        return _customers([*self.children().tolist(), *erased, *self._opted_out(PROFILE)])

    def opted_out(self, communication: str) -> pa.Table:
        """Give the customers who refused a type of communication; whether there is such a type is not checked.

        Returns:
            customer (int64, ascending).
        """
        return _customers(self._opted_out(communication))

    def pseudonym(self, customer_id: str) -> int:
        """Give the number under which the lake knows a customer."""
        return self._seals.customer(customer_id)

    def account(self, customer_id: str) -> Account | None:
        """Open what is held about one subject; None when nothing is, or nobody can read it any more.

        Raises:
            RegistryError: the row cannot be opened.
        """
        subject = self._seals.subject(customer_id)
        with self._registry.read() as connection:
            known = rows.read(connection, [subject], self._seals)
        return known[subject][1] if subject in known else None

    def erasures(self) -> list[Erasure]:
        """Give what must be erased from the lake, the longest waiting first."""
        order = (schema.erasures.c.queued_at, schema.erasures.c.customer, schema.erasures.c.reason)
        with self._registry.read() as connection:
            found = connection.execute(sa.select(schema.erasures).order_by(*order)).all()
        return [Erasure(row.customer, row.reason, row.state, row.queued_at) for row in found]

    def note_erased(self, customers: Collection[int]) -> None:
        """Note that nothing of these customers is left in the lake; what is queued for them is done."""
        erased = sa.update(schema.erasures).where(schema.erasures.c.customer.in_(list(customers)))
        with self._registry.write() as connection:
            connection.execute(erased.values(state=rows.REMOVED))

    @cached_property
    def _seals(self) -> Seals:
        return Seals(self._keys)

    def _opted_out(self, communication: str) -> list[int]:
        own = schema.opt_outs.c.subject == schema.subjects.c.subject
        refused = rows.chosen().join(schema.opt_outs, own).where(schema.opt_outs.c.communication == communication)
        return [customer for customer, _ in self._opened(refused)]

    def _opened(self, chosen: sa.Select[Any]) -> Iterator[tuple[int, Sequence[Any]]]:
        """Give the customer of each row that `rows.chosen` chose, and the row's further columns."""
        seals = self._seals
        with self._registry.read() as connection:
            streaming = connection.execution_options(yield_per=rows.BLOCK_ROWS)
            with streaming.execute(chosen) as found:  # PostgreSQL's cursor is closed even when a row does not open
                for subject, wrapped, sealed, *columns in found:
                    person = seals.open(subject, seals.unwrap(subject, wrapped), sealed)
                    yield seals.customer(person.customer_id), columns


def _customers(numbers: Collection[int]) -> pa.Table:
    distinct = np.unique(np.fromiter(numbers, np.int64, len(numbers)))
    return pa.table([pa.array(distinct)], schema=pa.schema([CUSTOMER]))
