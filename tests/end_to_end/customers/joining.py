"""An attempt to join what nobody may join: whom the shared columns of two tables single out, and whether it is true."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Numbers: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Guess:
    """What a join on some columns says: pairs in which one visitor and one customer are alone, and how many are true."""

    columns: tuple[str, ...]
    pairs: int
    right: int


def guesses(hits: pa.Table, customers: pa.Table, truth: pa.Table) -> Iterator[Guess]:
    """Join on every subset of the columns that both tables have.

    Rows that have the same values in the columns of a subset get the same number; it comes from their number in a smaller
    subset and from the one column more.

    Args:
        hits: rows with `visitor`.
        customers: rows with `customer`.
        truth: `visitor` and `customer` of those who are one person.
    """
    shared = [name for name in hits.column_names if name in customers.column_names]
    who = [
        np.unique(column.to_numpy(), return_inverse=True)
        for column in (hits.column("visitor"), customers.column("customer"))
    ]
    true = set(zip(*(truth.column(name).to_pylist() for name in ("visitor", "customer")), strict=True))
    values = {name: _values(hits.column(name), customers.column(name)) for name in shared}
    numbers: dict[tuple[str, ...], Numbers] = {(): np.zeros(hits.num_rows + customers.num_rows, np.int64)}
    for size in range(1, len(shared) + 1):
        for columns in itertools.combinations(shared, size):
            *before, last = columns
            many = int(values[last].max()) + 1
            _, numbers[columns] = np.unique(numbers[tuple(before)] * many + values[last], return_inverse=True)
            sides = np.split(numbers[columns], [hits.num_rows])
            (at, visitors), (also_at, people) = (_alone(one, *ids) for one, ids in zip(sides, who, strict=True))
            _, left, right = np.intersect1d(at, also_at, assume_unique=True, return_indices=True)
            pairs = set(zip(visitors[left].tolist(), people[right].tolist(), strict=True))
            yield Guess(columns, len(pairs), len(pairs & true))


def _values(hits: pa.ChunkedArray, customers: pa.ChunkedArray) -> Numbers:
    """Give the values of a column numbers; what is missing is equal in one table, but to nothing of the other, as in a join."""
    both = pa.chunked_array([*hits.chunks, *customers.chunks]).combine_chunks().dictionary_encode()
    found = both.indices.fill_null(len(both.dictionary)).to_numpy().astype(np.int64)
    found[len(hits) :][found[len(hits) :] == len(both.dictionary)] += 1
    return found


def _alone(numbers: Numbers, ids: Numbers, whose: Numbers) -> tuple[Numbers, Numbers]:
    """Give the numbers that rows of one id alone have, in order, and that id; `whose` says which of `ids` a row has."""
    rows, at = np.divmod(np.unique(numbers * len(ids) + whose), len(ids))
    found, first, count = np.unique(rows, return_index=True, return_counts=True)
    return found[count == 1], ids[at[first[count == 1]]]
