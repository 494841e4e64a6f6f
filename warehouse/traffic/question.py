"""Which questions may be asked of the rows, and which row sets they may name (R7).

A question names one value of a dimension at most, never a list and never what to leave out: of a list minus a shorter list
the difference would be left, and with enough company any single row could be surrounded (a tracker).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from warehouse.asking import QuestionError

FRAME: Final = ("event_date", "site")
"""Dimensions by which all figures are counted apart anyway: every answer is a sum over days and sites."""
GROUPS: Final = ("country", "region", "path", "referrer_host", "device", "browser", "system")
DIMENSIONS: Final = (*FRAME, *GROUPS)


class RefusedQuestionError(QuestionError):
    """The question names a set of rows that no answer may be given of; the text names the clause."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question about the casual visitors' page views.

    Attributes:
        by: the dimensions whose values are told apart, in the order asked.
        where: a dimension and its one value, in the order asked.
        site: one site; None for all.
        day_from, day_to: the first and last day; None for all that there are.
    """

    by: tuple[str, ...]
    where: tuple[tuple[str, str], ...] = ()
    site: str | None = None
    day_from: date | None = None
    day_to: date | None = None

    @property
    def groups(self) -> tuple[str, ...]:
        """The dimensions beside day and site, in the order of `GROUPS`; they name the table that answers."""
        named = {*self.by, *(name for name, _ in self.where)}
        return tuple(name for name in GROUPS if name in named)


def read_question(
    by: Sequence[str],
    where: Sequence[str],
    *,
    dimensions_max: int,
    site: str | None = None,
    day_from: date | None = None,
    day_to: date | None = None,
) -> Question:
    """Read a question as it is typed: names and `dimension=value`, each perhaps several with commas between them.

    Raises:
        RefusedQuestionError: it names a dimension that is none, twice the same, or too many; a list, or what to leave out.
    """
    names = [name.strip() for text in by for name in text.split(",") if name.strip()]
    pairs = [_pair(part) for text in where for part in text.split(",") if part.strip()]
    for name in [*names, *(name for name, _ in pairs)]:
        if name not in DIMENSIONS:
            raise RefusedQuestionError(f"that is no dimension of traffic (R7); there are: {', '.join(DIMENSIONS)}")
    for name, _ in pairs:
        if [other for other, _ in pairs].count(name) > 1:
            raise RefusedQuestionError(
                f"--where names {name} more than once; one value each, for lists can be subtracted from one another (R7)"
            )
        if name in names:
            raise RefusedQuestionError(
                f"{name} stands in --by and in --where; with one value there is nothing to tell apart"
            )
    if len(set(names)) < len(names):
        raise RefusedQuestionError("--by names a dimension more than once; once is enough")
    if len(names) + len(pairs) > dimensions_max:
        raise RefusedQuestionError(
            f"{len(names) + len(pairs)} dimensions are more than {dimensions_max} (R7), --where counted; leave some out"
        )
    if day_from and day_to and day_from > day_to:
        raise RefusedQuestionError(f"--from {day_from} is after --to {day_to}", "--from is after --to")
    return _framed(Question(tuple(names), tuple(pairs), site, day_from, day_to))


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not value.strip() or name.rstrip().endswith(("!", "<", ">", "~")):
        raise RefusedQuestionError(
            "--where takes dimension=value; what to leave out cannot be asked for, as the rest could be subtracted (R7)"
        )
    return name.strip(), value.strip()


def _framed(question: Question) -> Question:
    """Turn `site=…` and `event_date=…` into what they are: the site and the days of the question."""
    site, first, last = question.site, question.day_from, question.day_to
    for name, value in question.where:
        if name == "site":
            if site is not None and site != value:
                raise RefusedQuestionError("--site and --where name different sites; one of them is enough")
            site = value
        elif name == "event_date":
            if first or last:
                raise RefusedQuestionError(
                    "--where event_date and --from or --to both name days; one of them is enough"
                )
            try:
                first = last = date.fromisoformat(value)
            except ValueError:
                raise RefusedQuestionError("event_date takes a day as 2026-11-30") from None
    kept = tuple(pair for pair in question.where if pair[0] not in FRAME)
    return Question(question.by, kept, site, first, last)
