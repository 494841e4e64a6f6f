"""An attempt to join what nobody may join: whom the shared columns of two tables single out, and whether it is true."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Guess:
    """What a join on some columns says: pairs in which one visitor and one customer are alone, and how many are true."""

    columns: tuple[str, ...]
    pairs: int
    right: int


def guesses(hits: pa.Table, customers: pa.Table, truth: pa.Table) -> Iterator[Guess]:
    """Join on every subset of the columns that both tables have.

    Args:
        hits: rows with `visitor`.
        customers: rows with `customer`.
        truth: `visitor` and `customer` of those who are one person.
    """
    shared = [name for name in hits.column_names if name in customers.column_names]
    with duckdb.connect() as connection:
        connection.register("truth", truth)
        for name, table, who in (("h", hits, "visitor"), ("c", customers, "customer")):
            connection.register("rows", table.select([who, *shared]))
            connection.execute(f"create table {name} as select distinct * from rows")
            connection.unregister("rows")
        for size in range(1, len(shared) + 1):
            for columns in itertools.combinations(shared, size):
                yield Guess(columns, *_alone(connection, columns))


def _alone(connection: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> tuple[int, int]:
    named = ", ".join(columns)
    question = f"""
    with visitors as (
      select {named}, min(visitor) as visitor from h group by {named} having count(distinct visitor) = 1
    ),
    people as (
      select {named}, min(customer) as customer from c group by {named} having count(distinct customer) = 1
    ),
    pairs as (select distinct visitor, customer from visitors join people using ({named}))
    select count(*), count(*) filter (exists (select 1 from truth as t where t.visitor = p.visitor and t.customer = p.customer))
    from pairs as p
    """
    pairs, right = connection.sql(question).fetchall()[0]
    return int(pairs), int(right)
