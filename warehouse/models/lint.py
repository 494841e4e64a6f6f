"""The portable subset of SQL that every model keeps to, so that DuckDB and Spark give the same rows.

sqlglot only reads; nothing is ever transpiled, for a translation can be valid and yet give other values.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from warehouse.models import PARAMETERS, Model, ModelError

DIALECT: Final = "duckdb"
ALLOWED: Final = (
    *(exp.And, exp.Or, exp.Case, exp.If, exp.Cast, exp.Coalesce, exp.Nullif, exp.Concat, exp.Lower, exp.Upper),
    *(exp.Abs, exp.Round, exp.Count, exp.Sum, exp.Min, exp.Max, exp.Avg, exp.PercentileCont, exp.Extract),
    *(
        exp.DateTrunc,
        exp.TimestampTrunc,
        exp.RowNumber,
        exp.Rank,
        exp.DenseRank,
        exp.Ntile,
        exp.Lag,
        exp.Lead,
        exp.Exists,
    ),
)
REASONS: Final[dict[type[exp.Expression], str]] = {
    exp.DateDiff: "it counts boundaries here and elapsed units elsewhere; compare with an interval",
    exp.Qualify: "QUALIFY is not everywhere; use a subquery",
    exp.ArgMax: "it picks freely among equals; use row_number with a total order",
    exp.ArgMin: "it picks freely among equals; use row_number with a total order",
    exp.Mode: "it picks freely among equals; use row_number with a total order",
    exp.ApproxDistinct: "approximations differ between engines; count exactly",
    exp.Lambda: "lambdas are written differently elsewhere",
    exp.Array: "lists are not everywhere",
    exp.IntDiv: "it fails on zero here and not elsewhere; divide and cast",
    exp.RegexpLike: "regular expressions differ between engines",
    exp.CurrentDate: "the date is an argument: use :as_of",
    exp.CurrentTimestamp: "the time is an argument: use :as_of",
    exp.Rand: "chance has no place in a model",
}
"""Why some of what people reach for is not in the subset; the rest of what is not `ALLOWED` is simply not everywhere."""


def check_models(models: tuple[Model, ...]) -> None:
    """Raise a `ModelError` with every breach of the subset in `models`."""
    findings = [f"{model.head.name}.sql: {finding}" for model in models for finding in breaches(model)]
    if findings:
        raise ModelError("; ".join(findings))


def breaches(model: Model) -> Iterator[str]:
    """Yield one line for each rule that a model breaks."""
    try:
        statements = sqlglot.parse(model.sql, read=DIALECT)
        tokens = sqlglot.tokenize(model.sql, read=DIALECT)
    except SqlglotError as error:
        yield f"cannot be read: {str(error).splitlines()[0]}"
        return
    if len(statements) != 1 or not isinstance(statements[0], exp.Select):
        yield "expected one select and nothing else"
        return
    query = statements[0]
    yield from _outside_subset(query)
    yield from _names_without_as(query, tokens)
    yield from _inputs(model, query)
    for column in query.expressions:
        if column.is_star:
            yield "the last select names its columns; a star follows whatever the input has"
        elif not isinstance(column, exp.Alias):
            yield f"the column {column.sql(DIALECT)} has no AS"
    if model.head.kind != "view":
        yield from _order(model, query)


def _outside_subset(query: exp.Select) -> Iterator[str]:
    for node in query.walk():
        reason = next((why for kind, why in REASONS.items() if isinstance(node, kind)), None)
        is_short_form = isinstance(node, exp.PercentileCont) and not isinstance(node.parent, exp.WithinGroup)
        if reason is None and isinstance(node, exp.Func) and (is_short_form or not isinstance(node, ALLOWED)):
            reason = "it is not in the portable subset"
        if reason:
            yield f"{node.sql(DIALECT)}: {reason}"
        if isinstance(node, exp.Placeholder | exp.Parameter) and node.name not in PARAMETERS:
            yield f"the parameter {node.sql(DIALECT)} is not known; there are :{', :'.join(PARAMETERS)}"


def _names_without_as(query: exp.Select, tokens: list[Token]) -> Iterator[str]:
    given = Counter(node.alias for node in query.find_all(exp.Alias))
    given.update(node.name for node in query.find_all(exp.TableAlias) if not isinstance(node.parent, exp.CTE))
    said = Counter(name.text for word, name in pairwise(tokens) if word.token_type == TokenType.ALIAS)
    for name, times in given.items():
        if said[name] < times:
            yield f"the name {name!r} is given without AS; a unit word such as days would not parse"


def _inputs(model: Model, query: exp.Select) -> Iterator[str]:
    made_here = {cte.alias for cte in query.find_all(exp.CTE)}
    read = {table.name for table in query.find_all(exp.Table)} - made_here
    if read != set(model.head.inputs):
        yield f"reads {', '.join(sorted(read))}, but its head says {', '.join(sorted(model.head.inputs))}"


def _order(model: Model, query: exp.Select) -> Iterator[str]:
    columns = {column.alias_or_name for column in query.expressions}
    order = query.args.get("order")
    ordered = [by.this.name for by in order.expressions] if order else []
    for key in model.head.keys:
        if key not in columns:
            yield f"the key {key} is not a column"
        elif key not in ordered:
            yield f"the order lacks the key {key}, so rows could change places from run to run"
