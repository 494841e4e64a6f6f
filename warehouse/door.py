"""The door: the one way to read the warehouse. A role asks for a purpose, and sees what the policy opens for both.

FootfallError
├── RefusedError            the policy does not open this to that role for that purpose (R3, R49); it is audited
└── UsageError
    └── QuestionError       the SQL cannot be read, is no question, or failed while it ran

What roles can do on one account is a guard and an audit, not a wall: whoever may read the files may read the files.
"""

from collections.abc import Callable
from datetime import datetime

from policy import Policy
from warehouse.asking import Asker, Limits, QuestionError, RefusedError, Session, Source, open_columns, opens
from warehouse.lake import Lake
from warehouse.registry import Registry

__all__ = ["Door", "Limits", "QuestionError", "RefusedError", "Session"]


class Door:
    """Opens sessions on one warehouse.

    Args:
        lake: the tables.
        registry: keeps the audit; every question and every refusal is one entry.
        policy: says who may read what for which purpose.
        now: the clock.
        limits: what one session may use.
    """

    def __init__(
        self,
        lake: Lake,
        registry: Registry,
        policy: Policy,
        now: Callable[[], datetime],
        limits: Limits | None = None,
    ) -> None:
        self._lake = lake
        self._registry = registry
        self._policy = policy
        self._now = now
        self._limits = limits or Limits()

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
            Source(self._lake.table(name), open_columns(table, purpose), is_released=table.kind == "release")
            for name, table in policy.tables.items()
            if opens(table, role, purpose)
        ]
        if not sources:
            raise asker.refuse((), f"no table is open to {role} for {purpose} (R49)")
        return Session(sources, asker, self._limits)
