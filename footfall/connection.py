"""Questions from Python: the same door as `footfall sql`, answers as pandas or Arrow."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import pandas as pd
import pyarrow as pa

from footfall.commands.answers.sql import default_purpose
from footfall.house import House


class Answer:
    """The rows that answered a question.

    Attributes:
        notes: what has to be said of them: months that are locked for ever, for their key was destroyed.
    """

    def __init__(self, rows: pa.Table, notes: tuple[str, ...] = ()) -> None:
        self._rows = rows
        self.notes = notes

    def arrow(self) -> pa.Table:
        """Give an Arrow table."""
        return self._rows

    def df(self) -> pd.DataFrame:
        """Give a pandas frame; maps come as dicts, lists as arrays."""
        return self._rows.to_pandas(maps_as_pydicts="strict")

    def __len__(self) -> int:
        return int(self._rows.num_rows)


class Connection:
    """A warehouse opened for one role and purpose; close it, or use it as a context manager."""

    def __init__(self, role: str, purpose: str, data: Path | None, config: Path | None) -> None:
        with ExitStack() as stack:
            house = stack.enter_context(House.open(data, config))
            self._session = stack.enter_context(house.ask(role, purpose))
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def sql(self, question: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> Answer:
        """Ask one question; `?` or `$name` in it stand for `parameters`.

        Raises:
            FootfallError: the question cannot be answered, or may not be by this role for this purpose.
        """
        return Answer(self._session.query(question, parameters), self._session.notes)

    @property
    def tables(self) -> list[str]:
        """Names of the tables that may be asked."""
        return list(self._session.tables)

    def close(self) -> None:
        """Give everything back; nothing can be asked afterwards."""
        self._stack.close()


def connect(
    role: str = "analyst", purpose: str = "", *, data: Path | str | None = None, config: Path | str | None = None
) -> Connection:
    """Open a warehouse for questions.

    Args:
        role: who asks; the analyst sees released statistics only, marketing the profiles of customers under pseudonyms.
        purpose: what for; the role's own when empty.
        data: the warehouse's folder; `$FOOTFALL_DATA` or `data/site` when None.
        config: a settings file; `footfall.toml` in the current folder, if any, when None.

    Example:
        >>> import footfall
        >>> with footfall.connect() as warehouse:
        ...     frame = warehouse.sql("select country, sum(views) as views from geo_daily group by country").df()
        >>> with footfall.connect(role="marketing") as warehouse:
        ...     best = warehouse.sql("select * from customer_profiles where segment = 'champion'").df()
    """
    return Connection(
        role, purpose or default_purpose(role), Path(data) if data else None, Path(config) if config else None
    )
