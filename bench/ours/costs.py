"""What the promise costs: a verb without encryption, and a question asked through the door, each in a process of its own.

python -m bench.ours.costs plain VERB [ARGUMENT …]; the last line of its output tells the CPU time.
python -m bench.ours.costs ask DATA TIMES ROLE PURPOSE SQL, or
python -m bench.ours.costs traffic DATA TIMES DIMENSIONS; the last line tells that of all questions, and of opening before.

Encryption is taken away in this process only: the product has no switch for it.
"""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from bench.ours.verb import run
from bench.working import Work, ask_often


def without_encryption(words: list[str]) -> int:
    """Run a verb that writes personal columns as plain ones; give its exit code."""
    from warehouse.lake.files import Sealing  # noqa: PLC0415 - the questions of this module need other imports

    def nothing(*_: Any) -> None:
        """Stand in the place of the sealing of a table."""

    Sealing.of = nothing  # type: ignore[method-assign, assignment] # what a table without personal columns has
    work, code = run(words)
    work.tell()
    return code


def ask(data: Path, times: int, role: str, purpose: str, sql: str) -> None:
    """Ask one question so many times in one session; every one is audited."""
    from footfall.connection import connect  # noqa: PLC0415 - loads DuckDB and pandas

    import_module("warehouse.door")  # `connect` loads it when it is needed; imports are not to count

    opened = Work()
    with connect(role, purpose, data=data) as asked:
        opened.end()
        ask_often(lambda: asked.sql(sql).arrow(), times, opened)


def ask_traffic(data: Path, times: int, dimensions: str) -> None:
    """Ask for views and visitors by some dimensions so many times, as `footfall traffic` does; every one is audited."""
    from footfall.commands.answers.traffic import ASKS, open_traffic  # noqa: PLC0415 - as above
    from footfall.house import House  # noqa: PLC0415

    import_module("warehouse.traffic.answer")
    from warehouse.traffic.question import read_question  # noqa: PLC0415

    opened = Work()
    with House.open(data) as house, open_traffic(house) as told:
        question = read_question([dimensions], [], dimensions_max=house.policy.releases.dimensions_max)
        opened.end()
        ask_often(lambda: told.answer(question, house.asker(*ASKS)).rows, times, opened)


if __name__ == "__main__":
    what, *words = sys.argv[1:]
    if what == "plain":
        sys.exit(without_encryption(words))
    if what == "ask":
        ask(Path(words[0]), int(words[1]), words[2], words[3], words[4])
    else:
        ask_traffic(Path(words[0]), int(words[1]), words[2])
