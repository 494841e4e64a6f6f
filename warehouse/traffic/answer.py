"""One question, answered: the days that may be told, their table, the part that was asked for, and the entry in the audit."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib import resources
from typing import Any, Final, Self

import duckdb
import pyarrow as pa

from policy import Policy
from warehouse.asking import Asker, Limits, failures_noted, in_time, opens
from warehouse.lake import Lake
from warehouse.nightly.given import Given
from warehouse.traffic.question import FRAME, Question, RefusedQuestionError
from warehouse.traffic.sources import FACT, Sources
from warehouse.traffic.tables import make_table

RELEASE: Final = "geo_daily"
OTHER: Final = "other"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is told.

    Attributes:
        rows: one column for each dimension asked for, then `views` and `visitor_days` (visitors of a day, added up over days and
            sites), both sums of rounded figures. What is not named stands in rows called other.
        days: how many days are in it.
        days_waiting: days that changed since they were released, or wait for their release to change; not in it.
        days_inexact: days on which one person may have several visitor numbers; not in it.
        k, rounding: the limits in force.
    """

    rows: pa.Table
    days: int
    days_waiting: int
    days_inexact: int
    k: int
    rounding: int


@dataclass(slots=True)
class Traffic:
    """Answers questions about the page views of casual visitors on one warehouse; use it as a context manager.

    Attributes:
        lake: has the rows, and the releases that say which days may be told.
        given: the settings that say which views count, and which hosts are a site's own.
        inexact: the days on which one person may have several visitor numbers.
        limits: what one question may use; it merges as well as counts, so it has more time than one of SQL.
    """

    lake: Lake
    given: Given
    inexact: Collection[date]
    limits: Limits = field(default_factory=lambda: Limits(time_max_s=300.0))
    _sources: Sources = field(init=False)

    def __post_init__(self) -> None:
        self._sources = Sources(self.lake, self.given, self.limits)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of what is kept from one question to the next."""
        self._sources.close()

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self.given.policy

    def answer(self, question: Question, asker: Asker) -> Answer:
        """Answer a question; it is audited, and so is a refusal, and one that fails on its way.

        Raises:
            QuestionError: it needs too much, or a file is gone or damaged.
            RefusedError: the policy does not open releases to this role for this purpose (R49).
            RefusedQuestionError: it names a set of fewer than k visitors a day, or one that nearly all others are in (R7).
        """
        columns = sorted({*FRAME, *question.groups, "visitor"})
        self._check(asker, columns)
        with failures_noted(asker, [FACT], columns, self.limits):
            settled, waiting = self._sources.look()
            asked = [day for day in settled if _is_asked(day, question)]
            days = [day for day in asked if day not in self.inexact]
            rows = self._tell(question, days)
        if question.where and not rows.num_rows:
            raise self._refused(question, asker)
        asker.note([FACT], columns, rows.num_rows, "")
        return Answer(
            rows=rows,
            days=len(days),
            days_waiting=sum(_is_asked(day, question) for day in waiting),
            days_inexact=len(asked) - len(days),
            k=self.policy.k,
            rounding=self.policy.releases.rounding,
        )

    def _check(self, asker: Asker, columns: Collection[str]) -> None:
        role = self.policy.roles.get(asker.role)
        if role is None or asker.purpose not in role.purposes:
            raise asker.refuse([FACT], f"{asker.role} may not ask for {asker.purpose} (R49)")
        if not opens(self.policy.table(RELEASE), asker.role, asker.purpose):
            raise asker.refuse([FACT], f"traffic is not open to {asker.role} for {asker.purpose} (R49)")
        asker.check_columns([FACT], frozenset(columns))

    def _tell(self, question: Question, days: Collection[date]) -> pa.Table:
        """Answer from these days; what fails leaves nothing behind for the next question."""
        try:
            with in_time(self._sources.connection, self.limits):
                is_counted = self._sources.show(days, question.groups)
                return tell(self._sources.connection, question, self.policy, is_counted=is_counted)
        except BaseException:
            self.close()
            raise

    def _refused(self, question: Question, asker: Asker) -> RefusedQuestionError:
        """Refuse a set; which of the reasons it is stays open, for each would tell something about the set."""
        named = " and ".join(name for name, _ in question.where)
        text = (
            f"that {named} cannot be told (R7): on no day asked for does it name {self.policy.k} visitors or more while as many "
            "others stay outside; it may be unknown, merged in the releases, or nearly everybody"
        )
        asker.refuse([FACT], text)
        return RefusedQuestionError(text)


def tell(
    connection: duckdb.DuckDBPyConnection, question: Question, policy: Policy, *, is_counted: bool = False
) -> pa.Table:
    """Add up what a question asks for: the columns `by`, then views and visitor_days; largest first within day and site.

    Args:
        connection: has the relation `visits` of the days asked for.
        question: what is asked.
        policy: the limits in force.
        is_counted: True when the night counted the rows: they are in `crowd_daily_cells` instead.
    """
    table = make_table(connection, question.groups, policy.releases, question.site, is_counted=is_counted)
    return pick(connection, table, question)


def pick(connection: duckdb.DuckDBPyConnection, table: pa.Table, question: Question) -> pa.Table:
    """Take from the table of a question's dimensions what it asks for, added up over days and sites."""
    values: dict[str, Any] = {}
    conditions = []
    asked_apart: Mapping[str, str] = dict(question.where)
    for column, group in zip("ab", (*question.groups, "", ""), strict=False):
        if group in asked_apart:
            values[column] = asked_apart[group]
            conditions.append(f"t.{column} = ${column}")
        elif group in question.by:
            # The rest of other lines is in the rest of the day, so only one kind of rest is added up.
            conditions.append(f"t.{column} is distinct from ''")
        elif question.groups and column == "b":
            conditions.append("(t.b = '' or (t.a is null and t.b is null))")
        else:
            conditions.append(f"t.{column} = ''")
    if len(question.groups) == 2 and not asked_apart:  # noqa: PLR2004 - a and b
        conditions.append("(t.a is null) = (t.b is null)")
    names = {group: f"coalesce(t.{column}, '{OTHER}')" for column, group in zip("ab", question.groups, strict=False)}
    names |= {name: f"t.{name}" for name in FRAME}
    text = (resources.files("warehouse.traffic") / "answer.sql").read_text()
    by = ", ".join(f"{names[name]} as {name}" for name in question.by)
    order = [name for name in question.by if name in FRAME]
    text = text.replace("by_columns", f"{by}," if by else "").replace("conditions", " and ".join(conditions))
    text = text.replace(
        "group_columns", "group by " + ", ".join(names[name] for name in question.by) if by else "having count(*) > 0"
    )
    text = text.replace("order_columns", ", ".join([*order, "views desc", *question.by]))
    connection.register("table_of_cells", table)
    found = connection.sql(text, params=values or None).to_arrow_table()
    connection.unregister("table_of_cells")
    return found


def _is_asked(day: date, question: Question) -> bool:
    return (question.day_from is None or day >= question.day_from) and (
        question.day_to is None or day <= question.day_to
    )
