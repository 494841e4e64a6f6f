"""What a report is made of, whatever it is written as: sections of sentences and tables of plain text."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sentence:
    """One paragraph; with `alarm` it is not to be overlooked."""

    text: str
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """One table.

    Attributes:
        caption: what its rows are.
        columns: the heads.
        rows: one text a column.
        folded: True for a table that opens only when asked for; its caption stands in its place.
        marked: the column whose text is one of a few words and is set off as such; None where there is none.
    """

    caption: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    folded: bool = False
    marked: int | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a report.

    Attributes:
        key: a short word, the place's name in an address.
        title: its heading.
        sub: a few words beside it.
        blocks: what stands in it.
    """

    key: str
    title: str
    sub: str
    blocks: tuple[Sentence | Grid, ...]
