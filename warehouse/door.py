"""The door: the one way to read the warehouse. A role asks for a purpose, and sees what the policy opens for both.

FootfallError               a table about customers is asked for where nobody says who is hidden in it
├── RefusedError            the policy does not open this to that role for that purpose (R3, R49); it is audited
└── UsageError
    └── QuestionError       the SQL cannot be read, is no question, or failed while it ran
        └── StuckError      it exceeds its limits and does not let itself be stopped

What roles can do on one account is a guard and an audit, not a wall: whoever may read the files may read the files.
"""

from collections.abc import Callable
from datetime import datetime

import pyarrow as pa

from policy import Policy
from policy.errors import FootfallError
from policy.model import Table
from warehouse.asking import (
    Asker,
    Limits,
    QuestionError,
    RefusedError,
    Session,
    Source,
    StuckError,
    open_columns,
    opens,
)
from warehouse.lake import Lake, LakeTable
from warehouse.registry import Registry

__all__ = ["Door", "Limits", "QuestionError", "RefusedError", "Session", "StuckError"]


class Door:
    """Opens sessions on one warehouse.

    Args:
        lake: the tables.
        registry: keeps the audit; every question and every refusal is one entry.
        policy: says who may read what for which purpose.
        now: the clock.
        limits: what one session may use.
        hidden: names the customers who must be seen in no mart (a table with the int64 column `customer`); asked when a
            mart about customers is first asked for. Without it no such mart is open.
    """

    def __init__(
        self,
        lake: Lake,
        registry: Registry,
        policy: Policy,
        now: Callable[[], datetime],
        limits: Limits | None = None,
        *,
        hidden: Callable[[], pa.Table] | None = None,
    ) -> None:
        self._lake = lake
        self._registry = registry
        self._policy = policy
        self._now = now
        self._limits = limits or Limits()
        self._hidden = hidden

    def open(self, role: str = "analyst", purpose: str = "geo_statistics", *, who: str) -> Session:
        """Open a session in which `who`, as `role`, may ask for `purpose`; close it, or use it as a context manager.

        Raises:
            RefusedError: the policy opens nothing to this role for this purpose (R49).
        """
        asker = Asker(who, role, purpose, self._policy, self._registry, self._now)
        policy = self._policy
        if role not in policy.roles:
            raise asker.refuse(
                (), f'the role "{role}" is not declared (R49); there are: {", ".join(sorted(policy.roles))}'
            )
        purposes = policy.roles[role].purposes
        if purpose not in purposes:
            raise asker.refuse(
                (), f'the role {role} may not ask for the purpose "{purpose}" (R49); it may for: {", ".join(purposes)}'
            )
        sources = [
            self._source(name, table, purpose) for name, table in policy.tables.items() if opens(table, role, purpose)
        ]
        if not sources:
            raise asker.refuse((), f"no table is open to {role} for {purpose} (R49)")
        return Session(sources, asker, self._limits)

    def _source(self, name: str, table: Table, purpose: str) -> Source:
        hidden: Callable[[], pa.Table] | None = None
        made_of: tuple[LakeTable, ...] = ()
        if table.about == "customers" and table.kind == "mart":
            if self._hidden is None:
                raise FootfallError(f"{name} is not open here: nobody says which customers are hidden in it")
            hidden, made_of = self._hidden, self._facts_about_customers()
        columns = open_columns(table, purpose)
        return Source(
            self._lake.table(name), columns, is_released=table.kind == "release", hidden=hidden, made_of=made_of
        )

    def _facts_about_customers(self) -> tuple[LakeTable, ...]:
        tables = self._policy.tables.items()
        names = [name for name, table in tables if (table.kind, table.about) == ("fact", "customers")]
        return tuple(self._lake.table(name) for name in names)
