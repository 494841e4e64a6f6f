"""Who asks, and what the policy says to it; every question and every refusal is written down (R3, R49)."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from policy import Policy
from policy.errors import FootfallError, UsageError
from policy.model import Table
from warehouse.asking.statement import QuestionError
from warehouse.registry import Registry
from warehouse.registry.records import Outcome


class RefusedError(FootfallError):
    """The policy does not open this to that role for that purpose; the text names the clause."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, in which role, for which purpose, and where that is written down."""

    who: str
    role: str
    purpose: str
    policy: Policy
    registry: Registry
    now: Callable[[], datetime]

    def note(
        self,
        relations: Sequence[str],
        columns: Sequence[str] | None,
        rows_out: int | None,
        failed: str,
        duration_ms: int | None = None,
        *,
        said: str = "",
    ) -> None:
        """Write one question into the audit.

        `failed` says why it has no answer, in words that hold none of its own, `said` what an answer had to leave out.
        """
        self._write(relations, columns, rows_out, "failed" if failed else "answered", failed or said, duration_ms)

    def refuse(self, relations: Sequence[str], reason: str, noted: str | None = None) -> RefusedError:
        """Write a refusal into the audit and give the error to raise; `noted` stands there where `reason` quotes the asker."""
        self._write(relations, None, None, "refused", reason if noted is None else noted, None)
        return RefusedError(reason)

    @contextmanager
    def well_formed(self, relations: Sequence[str] = ()) -> Iterator[None]:
        """Write a question into the audit that is found here to be no proper one; the error goes on to whoever asked (R3)."""
        try:
            yield
        except UsageError as error:
            self.refuse(relations, str(error), error.noted if isinstance(error, QuestionError) else None)
            raise

    def check_relations(self, relations: Sequence[str]) -> None:
        """Refuse tables that the policy declares but does not open to this role for this purpose (R49)."""
        for name in relations:
            table = self.policy.tables.get(name)
            if table is not None and not opens(table, self.role, self.purpose):
                readers = [f"{reader.role} for {' or '.join(reader.purposes)}" for reader in table.readers]
                allowed = f"it may by {', '.join(readers)}" if readers else "nobody may"
                raise self.refuse(
                    relations, f"{name} may not be read by {self.role} for {self.purpose} (R49); {allowed}"
                )

    def check_columns(self, relations: Sequence[str], columns: frozenset[str]) -> None:
        """Refuse columns of these tables that do not carry the purpose (R3)."""
        for name in relations:
            table = self.policy.tables.get(name)
            for column in table.columns if table else ():
                if column.name in columns and self.purpose not in column.purposes:
                    personal = f"is personal ({column.clause}) and " if column.personal else ""
                    why = f"it {personal}carries: {', '.join(column.purposes)}"
                    raise self.refuse(relations, f"{name}.{column.name} may not be read for {self.purpose} (R3); {why}")

    def _write(  # noqa: PLR0917 - the fields of an entry
        self,
        relations: Sequence[str],
        columns: Sequence[str] | None,
        rows_out: int | None,
        outcome: Outcome,
        reason: str,
        duration_ms: int | None,
    ) -> None:
        self.registry.note_access(
            at=self.now(),
            who=self.who,
            role=self.role,
            purpose=self.purpose,
            # A name that the policy does not know may be anybody's.
            tables=[name for name in relations if name in self.policy.tables],
            columns=columns,
            rows_out=rows_out,
            outcome=outcome,
            reason=reason,
            duration_ms=duration_ms,
        )


def opens(table: Table, role: str, purpose: str) -> bool:
    """Say whether a table may be read by a role for a purpose; nobody may who is not named."""
    return any(reader.role == role and purpose in reader.purposes for reader in table.readers)


def open_columns(table: Table, purpose: str) -> tuple[str, ...]:
    """Name the columns that a session may show: those that carry the purpose, and no others (R3).

    A personal column is no exception: it is open to those whom the policy names for the table and for the column.
    """
    return table.names_for(purpose)
