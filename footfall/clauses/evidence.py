"""What the checks look at: one open warehouse, each answer fetched once, and bounds on how much of it is read.

Rows are asked through the door, as role privacy, so that the checks stand in the audit like everybody else. Files are read
as a stranger would read them, without the lake's own code where that is what is to be proved.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from footfall.commands.answers.sql import as_objects
from footfall.house import House, now
from warehouse.registry import RegistryError

if TYPE_CHECKING:
    from footfall.clauses.night import LastNight
    from warehouse.door import Session

ROLE: Final = "privacy"
CUSTOMER_TABLES: Final = ("customer_events", "purchases", "customer_daily", "customer_profiles")
Numbers = npt.NDArray[np.int64]
T = TypeVar("T")


class _UndoError(Exception):
    """Takes an attempt back."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is read where all of it would take minutes.

    Attributes:
        rows_max: rows of one table whose texts are decoded.
        files_max: files of one table whose schema is read.
        bytes_max: bytes of one file that are searched.
        people_max: registered people who are looked for by name.
        days_max: published days that are counted again.
    """

    rows_max: int = 2_000_000
    files_max: int = 400
    bytes_max: int = 256 * 2**20
    people_max: int = 300
    days_max: int = 31


@dataclass(frozen=True, slots=True)
class Texts:
    """The distinct texts of one column, and of how many rows they are."""

    table: str
    column: str
    values: tuple[str, ...]


@dataclass(slots=True)
class Evidence:
    """One warehouse as the checks see it. Use it as a context manager: it holds sessions of the door.

    Attributes:
        house: the warehouse.
        now: the time of the check, UTC.
        bounds: how much is read.
    """

    house: House
    now: datetime = field(default_factory=now)
    bounds: Bounds = Bounds()
    _stack: ExitStack = field(default_factory=ExitStack)
    _sessions: dict[str, "Session"] = field(default_factory=dict)
    _answers: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)
    _kept: dict[str, Any] = field(default_factory=dict)

    def ask(self, question: str, purpose: str = "operations") -> list[dict[str, Any]]:
        """Ask the door in SQL, each question once."""
        if (purpose, question) not in self._answers:
            self._answers[purpose, question] = as_objects(self._session(purpose).query(question))
        return self._answers[purpose, question]

    def is_refused(self, question: str, purpose: str) -> bool:
        """Ask what must not be answered; tell whether the door refused it."""
        from warehouse.door import QuestionError, RefusedError  # noqa: PLC0415 - the door loads DuckDB

        try:
            self._session(purpose).query(question)
        except (RefusedError, QuestionError):
            return True
        return False

    def registry(self, statement: str) -> list[tuple[Any, ...]]:
        """Ask the registry's own database in plain SQL, past the door: there are no views of it."""
        with self.house.registry.read() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(statement)]

    def number(self, question: str, purpose: str = "operations") -> int:
        """Ask for one number; null counts as 0."""
        (row,) = self.ask(question, purpose)
        return int(next(iter(row.values())) or 0)

    def can_change(self, statement: str) -> bool:
        """Try a statement that the registry must refuse, in a transaction that never ends well; tell whether it went through."""
        try:
            with suppress(_UndoError), self.house.registry.write() as connection:
                raise _UndoError(connection.exec_driver_sql(statement).rowcount)
        except RegistryError:
            return False
        return True

    def sizes(self) -> dict[str, int]:
        """Say for each declared table how many rows it has."""
        return self.once("sizes", lambda: {name: size["rows"] for name, size in self.house.lake.sizes().items()})

    def files(self, table: str) -> list[Path]:
        """Name the live files of a table, as many as are looked at, evenly over all of them."""
        return _spread([Path(file) for file in self.house.lake.table(table).files()], self.bounds.files_max)

    def tables(self) -> list[str]:
        """Name the declared tables that have files."""
        return [name for name in self.house.policy.tables if self.house.lake.table(name).files()]

    def schemas(self) -> dict[Path, tuple[str, pa.Schema]]:
        """Read the footers of the live files: by file, its table and its schema as Parquet has it."""
        return self.once(
            "schemas",
            lambda: {file: (name, pq.read_schema(file)) for name in self.tables() for file in self.files(name)},
        )

    def texts(self) -> list[Texts]:
        """Decode the distinct texts of all columns that nobody encrypted, table by table."""
        return self.once("texts", lambda: [text for name in self.tables() for text in self._texts_of(name)])

    def rows_decoded(self) -> tuple[int, int]:
        """Say how many rows `texts` looked at, of how many."""
        self.texts()
        return self._kept.get("decoded", 0), sum(self.sizes().values())

    def customers(self, table: str) -> Numbers:
        """Give the distinct pseudonyms in a table about customers, ascending, read with the keys."""
        return self.once(f"customers of {table}", lambda: self._customers(table))

    def other_files(self) -> Iterator[tuple[Path, bytes]]:
        """Read every file of the warehouse but Parquet, the broker's own folder, keys and settings; a large one in part."""
        for path in self.other_paths():
            with path.open("rb") as file:
                yield path, file.read(self.bounds.bytes_max)

    def other_paths(self) -> list[Path]:
        """Name the files that `other_files` reads."""
        data = self.house.data
        apart = {data / "kafka", data / "keys", data / "places", data / "footfall.toml"}
        paths = (path for path in sorted(data.rglob("*")) if path.is_file() and path.suffix != ".parquet")
        return [path for path in paths if not apart.intersection((path, *path.parents))]

    @property
    def has_customers(self) -> bool:
        """True when anything about customers is stored."""
        return any(self.sizes()[name] for name in CUSTOMER_TABLES)

    @property
    def is_sqlite(self) -> bool:
        """True when the registry is a file of SQLite."""
        return not self.house.settings.registry or self.house.settings.registry.startswith("sqlite")

    @property
    def has_profiles(self) -> bool:
        """True when there are profiles."""
        return self.sizes()["customer_profiles"] > 0

    @property
    def has_forms(self) -> bool:
        """True when a registration has come in."""
        return (
            self.number("select count(*) as intakes from intakes where source = 'registration'") > 0 or self.has_people
        )

    @property
    def has_people(self) -> bool:
        """True when anybody is registered."""
        return int(self.registry("select count(*) from subjects")[0][0]) > 0

    @property
    def last_night(self) -> "LastNight":
        """The work of the last night, which can be done again in memory."""
        from footfall.clauses.night import LastNight  # noqa: PLC0415 - it looks at us

        return self.once("night", lambda: self._stack.enter_context(LastNight.of(self.house)))

    def shown(self, path: Path) -> str:
        """Write a path as it stands in the warehouse."""
        return str(path.relative_to(self.house.data)) if path.is_relative_to(self.house.data) else path.name

    def once(self, name: str, make: Callable[[], T]) -> T:
        """Make something the first time that it is asked for."""
        if name not in self._kept:
            self._kept[name] = make()
        made: T = self._kept[name]
        return made

    def close(self) -> None:
        """Give the sessions back."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _session(self, purpose: str) -> "Session":
        if purpose not in self._sessions:
            self._sessions[purpose] = self._stack.enter_context(self.house.ask(ROLE, purpose))
        return self._sessions[purpose]

    def _texts_of(self, name: str) -> Iterator[Texts]:
        personal = set(self.house.lake.table(name).personal)
        files = [Path(file) for file in self.house.lake.table(name).files()]
        found: dict[str, set[str]] = {}
        rows = 0
        for file in _spread(files, len(files)):
            schema = pq.read_schema(file)
            texts = [field.name for field in schema if _has_text(field.type) and field.name not in personal]
            flat = [name for name in texts if not pa.types.is_nested(schema.field(name).type)]
            with pq.ParquetFile(file, read_dictionary=flat) as opened:
                part = opened.read(columns=texts)
            for column in texts:
                found.setdefault(column, set()).update(_distinct(part.column(column)))
            rows += part.num_rows
            if rows >= self.bounds.rows_max:
                break
        self._kept["decoded"] = self._kept.get("decoded", 0) + rows
        for column, values in found.items():
            yield Texts(name, column, tuple(sorted(values)))

    def _customers(self, table: str) -> Numbers:
        lake_table = self.house.lake.table(table)
        if not lake_table.files():
            return np.empty(0, np.int64)
        column = lake_table.read(columns=["customer"]).column("customer")
        return np.unique(column.to_numpy())


def _has_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_map(kind):
        return bool(_has_text(kind.key_type))
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind))


def _distinct(column: pa.ChunkedArray) -> set[str]:
    if pa.types.is_map(column.type):
        column = pa.chunked_array([chunk.keys for chunk in column.chunks], column.type.key_type)
    found: set[str] = set()
    for value in pc.unique(column).to_pylist():
        if value is not None:
            found.add(value.decode("latin-1") if isinstance(value, bytes) else value)
    return found


def _spread(paths: list[Path], most: int) -> list[Path]:
    """Choose at most so many, from all over a list and in an order that begins anywhere in it."""
    if len(paths) <= most:
        return paths
    return [paths[number * len(paths) // most] for number in range(most)]
