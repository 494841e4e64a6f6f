"""What a question reads, told by the engine's own parser before anything is run.

Only a single SELECT-like statement passes, only over names that are plain words, and only with table functions that make
rows out of nothing. So neither a file, nor a setting, nor the text of a view can be reached, whatever the engine allows.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import duckdb

from policy.errors import UsageError

QUERY_NODES: Final = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
TABLE_FUNCTIONS: Final = frozenset({"range", "generate_series", "unnest", "repeat", "repeat_row"})
REFUSED_FUNCTIONS: Final = frozenset(
    {
        *("current_setting", "getvariable", "write_log", "sleep_ms", "nextval", "currval", "setval", "setseed"),
        *(
            "stats",
            "vector_type",
            "json_serialize_plan",
            "getenv",
        ),  # bounds of columns, and how the engine goes about it
    }
)
CATALOGUE: Final = frozenset({("information_schema", "tables"), ("information_schema", "columns")})
SHOWN: Final = frozenset({"tables", "__show_tables_expanded"})
PLAIN_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


REFERENCES: Final = frozenset({"BASE_TABLE", "SUBQUERY", "TABLE_FUNCTION", "JOIN", "PIVOT", "EXPRESSION_LIST", "EMPTY"})


class QuestionError(UsageError):
    """The SQL cannot be read, asks for something that is no question, or failed while it ran.

    Attributes:
        noted: what the audit keeps of it: the text, but for words that are the asker's own and may name anybody.
    """

    def __init__(self, text: str, noted: str | None = None) -> None:
        super().__init__(text)
        self.noted = text if noted is None else noted


class StuckError(QuestionError):
    """A question exceeded its limits and cannot be stopped; it goes on until its process ends or it comes to its own end."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One question, read but not run.

    Attributes:
        sql: its text.
        relations: the tables and views that it names, in lower case, sorted.
        with_names: names that it gives to queries of its own; one of them may also be a relation.
        columns: every word that may be a column's name, in lower case.
        is_whole: True when it asks for all columns of something, or for columns without their names (a star, DESCRIBE,
            SUMMARIZE, a row as one value, a column by its place, a natural join).
    """

    sql: str
    relations: tuple[str, ...]
    with_names: frozenset[str]
    columns: frozenset[str]
    is_whole: bool


def read_statement(connection: duckdb.DuckDBPyConnection, sql: str) -> Statement:
    """Read `sql` and refuse what is no single question over named tables.

    Raises:
        QuestionError: the text cannot be read, or does more than ask.
    """
    if not isinstance(sql, str):
        raise QuestionError("a question is text in SQL; nothing else can be asked")
    if "\0" in sql or any("\ud800" <= letter <= "\udfff" for letter in sql):
        raise QuestionError("the SQL has something in it that is no text; remove it")
    answer = connection.execute("select json_serialize_sql(?)", [sql]).fetchall()[0][0]
    try:
        tree = json.loads(answer)
    except RecursionError:
        raise QuestionError("the SQL is nested too deeply to be read; ask in fewer steps") from None
    if tree["error"]:
        raise QuestionError(*_said(tree))
    if len(tree["statements"]) != 1:
        raise QuestionError(f"expected one statement, got {len(tree['statements'])}; ask one question at a time")
    nodes = list(_walk(tree["statements"][0]))
    with_names = frozenset(name.lower() for node in nodes for name in _with_names(node))
    for name in with_names:
        if not PLAIN_NAME.fullmatch(name):
            raise QuestionError("a name after WITH is not a plain word; use letters, digits and _")
    relations = {name for node in nodes for name in _relations(node)}
    for node in nodes:
        _check(node, connection)
    columns = {
        str(part).lower() for node in nodes if node.get("class") == "COLUMN_REF" for part in node["column_names"]
    }
    columns |= {str(name).lower() for node in nodes for name in node.get("using_columns") or ()}
    aliases = {str(node.get("alias", "")).lower() for node in nodes if str(node.get("type")) in REFERENCES}
    names_rows = bool(columns & (aliases | relations | with_names))
    is_whole = names_rows or any(_is_whole(node) for node in nodes)
    return Statement(sql, tuple(sorted(relations)), with_names, frozenset(columns), is_whole)


def _said(tree: dict[str, Any]) -> tuple[str, str]:
    if tree["error_type"] == "parser":
        return f"the SQL cannot be read: {' '.join(tree['error_message'].split())}", "the SQL cannot be read"
    only = "only a question is answered here: one SELECT (or FROM, WITH, VALUES, DESCRIBE, SUMMARIZE, SHOW TABLES)"
    return only, only


def _is_whole(node: dict[str, Any]) -> bool:
    return (
        node.get("class") in {"STAR", "POSITIONAL_REFERENCE"}
        or node.get("type") == "SHOW_REF"
        or node.get("ref_type") == "NATURAL"
    )


def _walk(node: Any) -> Iterator[dict[str, Any]]:
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def _with_names(node: dict[str, Any]) -> Iterator[str]:
    cte_map = node.get("cte_map")
    if isinstance(cte_map, dict):
        for entry in cte_map.get("map", ()):
            yield entry["key"]


def _relations(node: dict[str, Any]) -> Iterator[str]:
    """Name what a node of the tree reads from; refuse what has no plain name."""
    kind = node.get("type")
    if kind == "SHOW_REF" and node.get("table_name"):
        name = node["table_name"].strip('"').lower()
        if name not in SHOWN or node["show_type"] != "SHOW_SPECIAL":
            yield name
    if kind != "BASE_TABLE":
        return
    schema, name = node["schema_name"].lower(), node["table_name"].lower()
    if (schema, name) in CATALOGUE:
        return
    if (
        schema not in ("", "main")
        or node["catalog_name"].lower() not in ("", "memory")
        or not PLAIN_NAME.fullmatch(name)
    ):
        raise QuestionError("only tables of this session can be read, by their plain names; SHOW TABLES lists them")
    yield name


def _check(node: dict[str, Any], connection: duckdb.DuckDBPyConnection) -> None:
    kind = node.get("type")
    if isinstance(kind, str) and kind.endswith("_NODE") and kind not in QUERY_NODES:
        raise QuestionError("only a question is answered here; nothing can be changed, not even inside WITH")
    if kind == "TABLE_FUNCTION":
        name = str(node["function"].get("function_name", "")).lower()
        if name not in TABLE_FUNCTIONS:
            text = "the table function {} is not open here; read the session's tables by their names"
            raise QuestionError(text.format(name), text.format(_noted(name, connection)))
    if node.get("class") == "FUNCTION":
        name = str(node.get("function_name", "")).lower()
        if name in REFUSED_FUNCTIONS or (name.startswith("pg_") and name != "pg_typeof"):
            text = "the function {} is not open here"
            raise QuestionError(text.format(name), text.format(_noted(name, connection)))


def _noted(name: str, connection: duckdb.DuckDBPyConnection) -> str:
    """Give a function's name as the audit may keep it: one that the engine does not know is a word of the asker's own."""
    if not _KNOWN:
        found = connection.execute("select distinct function_name from duckdb_functions()").fetchall()
        _KNOWN.update(known for (known,) in found)
    return name if name in _KNOWN else "of that name"


_KNOWN: Final[set[str]] = set()
"""The engine's own functions, found once: to list them takes as long as a hundred refusals."""
