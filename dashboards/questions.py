"""The panels' questions: one SQL file each, with its question and its reader in the header, shown on the page as it is.

``dashboards/panels`` has a room for what each reader sees: traffic for the analyst, operations for the operator, customers for marketing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final, Protocol

import pyarrow as pa

ANALYST: Final = "Read by role analyst for purpose geo_statistics."
BATCH: Final = "Read by role batch for purpose operations."
MARKETING: Final = "Read by role marketing for purpose profile."
READERS: Final = (ANALYST, BATCH, MARKETING)
_PARAMETER: Final = re.compile(r"\$(\w+)")


class Ask(Protocol):
    """A question put through the door: SQL with named parameters (``$site``) in, one Arrow table out."""

    def __call__(self, sql: str, parameters: Mapping[str, Any], /) -> pa.Table:
        """Answer `sql`; the door refuses what its role and purpose may not read."""
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """One file of a room of ``dashboards/panels``.

    Attributes:
        name: the file's name without ``.sql``.
        text: the question in plain words, the file's first line.
        reader: the second line, which says under which role and purpose it is asked: one of `READERS`.
        sql: the rest, notes included.
    """

    name: str
    text: str
    reader: str
    sql: str

    def parameters(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Take those of the given parameters that the SQL names; DuckDB refuses any other."""
        return {name: given[name] for name in sorted(set(_PARAMETER.findall(self.sql)))}


@cache
def load_question(name: str) -> Question:
    """Read one panel's file, whatever room it is in; a header that is not a question and a known reader is an error."""
    rooms = (resources.files("dashboards") / "panels").iterdir()
    (file,) = (file for room in rooms if (file := room / f"{name}.sql").is_file())
    text = file.read_text("utf-8")
    asked, reader, sql = text.split("\n", 2)
    question = Question(name, asked.removeprefix("-- "), reader.removeprefix("-- "), sql.rstrip())
    if not asked.startswith("-- ") or question.reader not in READERS:
        raise ValueError(f"{name}.sql must begin with its question, then one of: {' '.join(READERS)}")
    return question


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Asks questions by name, each through the session of the reader that its file names."""

    asks: Mapping[str, Ask]
    given: Mapping[str, Any]

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Return the answer's rows in the order of the file's ``order by``."""
        question = load_question(name)
        return self.asks[question.reader](question.sql, question.parameters(self.given)).to_pylist()
