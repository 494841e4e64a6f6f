"""A session: the tables that one asker may read, in a DuckDB that can reach nothing else, and its questions."""

import glob
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Final, Self

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from policy.errors import FootfallError
from warehouse.asking.asker import Asker
from warehouse.asking.running import Limits, Parameters, run
from warehouse.asking.statement import QuestionError, Statement, StuckError, read_statement
from warehouse.lake.table import LakeTable
from warehouse.models import view_text
from warehouse.relations import keep_rows, open_duckdb, view_files, view_rows

PAGE_VIEWS: Final = "page_views"
CUSTOMER: Final = "customer"


@dataclass(frozen=True, slots=True)
class Source:
    """A table that a session may read, and which of its columns.

    A released table is copied into the session when it is first asked for, so its session needs no file at all. Personal
    columns are read through a dataset that has the keys, made at the same moment. Of any other table the session reads
    the files themselves.

    Attributes:
        table: the table.
        columns: what may be seen of it.
        is_released: True for a table that anybody may have.
        hidden: names the customers who must not be seen in it, in a column `customer`; None where all may.
        made_of: the encrypted tables that its rows are made of.
    """

    table: LakeTable
    columns: tuple[str, ...]
    is_released: bool = False
    hidden: Callable[[], pa.Table] | None = None
    made_of: tuple[LakeTable, ...] = ()

    def locked(self) -> tuple[str, ...]:
        """Say which months nobody can read any more, of this table and of what it is made of; one line a table (R48)."""
        lines = []
        for table in (self.table, *self.made_of):
            if months := table.lost.months():
                told = ", ".join(f"{month} (key destroyed on {on})" for month, on in months.items())
                lines.append(f"{table.name} is without {told}; R48")
        return tuple(lines)

    @property
    def is_keyed(self) -> bool:
        """True when rows are read, and left out, before SQL sees them."""
        return self.hidden is not None or bool(set(self.columns).intersection(self.table.personal))

    def show(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Put the rows of now in the place of the empty table that was there.

        Raises:
            LakeError: a key of a personal column is destroyed or unknown.
        """
        name, shown = self.table.name, list(self.columns)
        if not self.is_keyed:
            keep_rows(connection, name, self.table.read(columns=shown))
            return
        rows = self.table.dataset(columns=[*shown, *({CUSTOMER} - set(shown) if self.hidden else ())])
        if self.hidden:
            rows = rows.filter(~pc.field(CUSTOMER).isin(self.hidden().column(CUSTOMER).combine_chunks()))
        connection.execute(f"drop table if exists {name}")
        view_rows(connection, name, rows, shown)


class Session:
    """Questions of one asker; every one is audited. Use it as a context manager, or call `close`.

    Tables without rows are there, empty. Two threads may share a session; their questions wait for one another.
    """

    def __init__(self, sources: Sequence[Source], asker: Asker, limits: Limits) -> None:
        self._asker = asker
        self._limits = limits
        self._sources = {source.table.name: source for source in sources}
        self._waiting = {source.table.name for source in sources if source.is_released or source.is_keyed}
        self._locked: dict[str, tuple[str, ...]] = {}
        self._notes: tuple[str, ...] = ()
        self._lock = Lock()
        self._connection: duckdb.DuckDBPyConnection | None = open_duckdb(
            memory_max_mb=limits.memory_max_mb, threads=limits.threads
        )
        self._views: dict[str, str] = {}
        self._set_up(self._connection)

    def _set_up(self, connection: duckdb.DuckDBPyConnection) -> None:
        files = []
        for name, source in self._sources.items():
            if name in self._waiting:
                keep_rows(connection, name, source.table.schema.empty_table().select(list(source.columns)))
            else:
                files += view_files(connection, source.table, columns=source.columns)
        if "hits" in self._sources:
            connection.sql(view_text(PAGE_VIEWS)).create_view(PAGE_VIEWS)
            self._views[PAGE_VIEWS] = "hits"
        if files:
            # DuckDB compares what it was told to open, and that is the path with its special letters escaped.
            paths = sorted({*files, *map(glob.escape, files)})
            listed = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
            connection.execute(f"set allowed_paths = [{listed}]")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")

    @property
    def tables(self) -> list[str]:
        """Names of the tables and views that may be asked, sorted."""
        return sorted([*self._sources, *self._views])

    @property
    def notes(self) -> tuple[str, ...]:
        """What has to be said of the last answer: which months of what it was read from are locked for ever."""
        return self._notes

    def query(
        self, sql: str, parameters: Parameters = (), *, rows_max: int | None = None, is_kept: bool = False
    ) -> pa.Table:
        """Answer one SELECT-like question.

        Args:
            sql: the question in DuckDB's SQL; `?` or `$name` stand for parameters.
            parameters: their values.
            rows_max: stop after so many rows; all when None.
            is_kept: the answer goes into a file, so no personal column may be read for it.

        Returns:
            The answer's rows; whole numbers are int64 wherever they fit.

        Raises:
            QuestionError: the SQL cannot be read, is no question, needs too much, or failed.
            StuckError: it needs too much and cannot be stopped; the session is of no use any more.
            RefusedError: the policy does not open what it reads to this role for this purpose (R3, R49), or not for a file (R47).
            LakeError: it reads a personal column, and a key is destroyed or unknown.
        """
        with self._lock:
            if self._connection is None:
                raise QuestionError("the session is closed; open another one")
            return self._answer(self._connection, sql, parameters, rows_max, is_kept=is_kept)

    def _answer(
        self,
        connection: duckdb.DuckDBPyConnection,
        sql: str,
        parameters: Parameters,
        rows_max: int | None,
        *,
        is_kept: bool,
    ) -> pa.Table:
        begun = self._asker.now()
        with self._asker.well_formed():
            statement = read_statement(connection, sql)
        relations = self._relations(statement)
        columns = self._columns(relations, statement)
        if is_kept:
            self._check_kept(relations, columns)
        try:
            for name in sorted(self._waiting.intersection(relations)):
                self._sources[name].show(connection)
                self._waiting.discard(name)
            for name in set(relations).difference(self._locked):
                self._locked[name] = self._sources[name].locked()
        except FootfallError as error:
            self._asker.note(relations, columns, None, str(error))
            raise
        try:
            ran = run(connection, sql, parameters, rows_max, self._limits)
        except BaseException as error:
            self._asker.note(relations, columns, None, f"the question was broken off ({type(error).__name__})")
            raise
        if ran.is_stuck:
            self._connection = None
        # Before a row leaves: what cannot be written down is not answered.
        duration_ms = round((self._asker.now() - begun).total_seconds() * 1000)
        self._notes = tuple(dict.fromkeys(line for name in relations for line in self._locked.get(name, ())))
        rows_out = None if ran.rows is None else ran.rows.num_rows
        self._asker.note(relations, columns, rows_out, ran.noted, duration_ms, said="; ".join(self._notes))
        if ran.rows is None:
            raise (StuckError if ran.is_stuck else QuestionError)(ran.failed, ran.noted)
        return ran.rows

    def _relations(self, statement: Statement) -> list[str]:
        """Give the stored tables behind a question, or refuse what is not open or not there."""
        named = [self._views.get(name, name) for name in statement.relations]
        self._asker.check_relations([name for name in named if name not in statement.with_names])
        relations = sorted({name for name in named if name in self._sources})
        unknown = [name for name in named if name not in self._sources and name not in statement.with_names]
        if unknown:
            message = f"there is no table {unknown[0]}; there are: {', '.join(self.tables)}"
            self._asker.refuse(relations, message, "there is no table of that name")
            raise QuestionError(message)
        return relations

    def _columns(self, relations: Sequence[str], statement: Statement) -> list[str]:
        self._asker.check_columns(relations, statement.columns)
        held = {column for name in relations for column in self._sources[name].columns}
        return sorted(held if statement.is_whole else held & statement.columns)

    def _check_kept(self, relations: Sequence[str], columns: Sequence[str]) -> None:
        """Refuse a file of personal columns: at rest they are locked, and whoever is given them stands in the ledger."""
        personal = {column for name in relations for column in self._sources[name].table.personal}
        if told := ", ".join(sorted(personal.intersection(columns))):
            raise self._asker.refuse(
                relations,
                f"{told} would lie in the file unlocked (R47); leave it out, or let `footfall profile export` lock it "
                "and enter it into the ledger",
            )

    def close(self) -> None:
        """Let the tables go; a second call does nothing."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
