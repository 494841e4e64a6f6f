"""One thing that was looked at: how it is, in numbers, and what to do about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

State = Literal["ok", "warning", "failure"]
STATES: Final[tuple[State, ...]] = ("ok", "warning", "failure")


@dataclass(frozen=True, slots=True)
class Line:
    """What was found about one thing.

    Attributes:
        area: what it belongs to, such as `Kafka`.
        name: the thing.
        state: how it is.
        said: what was found, with its numbers; never an address, a name or a key.
        number: the figure that decides, for machines; None where there is none.
        remedy: what to do; empty when nothing is.
    """

    area: str
    name: str
    state: State
    said: str
    number: float | None = None
    remedy: str = ""


Lines = Iterator[Line]


def judged(
    area: str,
    name: str,
    said: str,
    remedy: str,
    *,
    warning: bool = False,
    failure: bool = False,
    number: float | None = None,
) -> Line:
    """Make a line whose state follows from two questions; the remedy is said only when it is needed."""
    state: State = "failure" if failure else "warning" if warning else "ok"
    return Line(area, name, state, said, number, "" if state == "ok" else remedy)
