"""The Arrow schema of every stored table, made from the policy, and the check that a table keeps to it.

A column's type stands in the policy as text, such as ``map<string, int64>``. Only what a Delta table at reader 1 and
writer 2 can hold has a text: no unsigned numbers, and no time without its zone.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

import pyarrow as pa

from policy.model import Column, Policy, PolicyError, Table

PLAIN: Final[Mapping[str, pa.DataType]] = {
    "string": pa.string(),
    "binary": pa.binary(),
    "bool": pa.bool_(),
    "int16": pa.int16(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "date32": pa.date32(),
    "timestamp[us, UTC]": pa.timestamp("us", tz="UTC"),
}
DECIMAL: Final = re.compile(r"decimal\(([0-9]{1,2}), ([0-9]{1,2})\)")
DECIMAL_DIGITS_MAX: Final = 38
NESTED: Final = re.compile(r"(list|map|struct)<(.+)>")
MEMBER: Final = re.compile(r"([a-z][a-z0-9_]*): (.+)")
EXPECTED: Final = ", ".join((*PLAIN, "decimal(p, s)", "list<t>", "map<k, v>", "struct<name: t, …>"))


@cache
def arrow_type(text: str) -> pa.DataType:
    """Give the Arrow type that `text` stands for, or raise a `PolicyError` that lists the known texts."""
    if text in PLAIN:
        return PLAIN[text]
    if match := DECIMAL.fullmatch(text):
        digits, scale = int(match[1]), int(match[2])
        if 1 <= digits <= DECIMAL_DIGITS_MAX and scale <= digits:
            return pa.decimal128(digits, scale)
    elif match := NESTED.fullmatch(text):
        parts = tuple(_split(match[2]))
        if match[1] == "list" and len(parts) == 1:
            return pa.list_(arrow_type(parts[0]))
        if match[1] == "map" and len(parts) == len(("key", "value")):
            return pa.map_(arrow_type(parts[0]), arrow_type(parts[1]))
        members = [MEMBER.fullmatch(part) for part in parts]
        if match[1] == "struct" and all(members):
            return pa.struct([(member[1], arrow_type(member[2])) for member in members if member])
    raise PolicyError(f'"{text}" is not a type; expected one of {EXPECTED}')


def arrow_schema(policy: Policy, name: str) -> pa.Schema:
    """Give the schema of the stored table `name`, each field with the metadata that travels into Parquet.

    The metadata of a field: ``purpose`` (names with commas between them), ``clause`` and ``policy_version``.
    """
    return pa.schema([_field(policy, column) for column in policy.table(name).columns])


def check_table(policy: Policy, name: str, table: pa.Table) -> None:
    """Raise a `PolicyError` with every way in which `table` differs from what the policy declares for `name`.

    The order of the columns is free, and a dictionary of the declared type is that type, for Parquet stores the same
    column. A null where the policy allows none is a difference like any other.
    """
    declared = policy.table(name)
    findings = tuple(_differences(declared, table))
    if findings:
        raise PolicyError(f'table "{name}" breaks the policy {policy.version}: ' + "; ".join(findings), findings)


def _field(policy: Policy, column: Column) -> pa.Field:
    metadata = {"purpose": ",".join(column.purposes), "clause": column.clause, "policy_version": policy.version}
    return pa.field(column.name, arrow_type(column.type), nullable=column.nullable, metadata=metadata)


def _differences(declared: Table, table: pa.Table) -> Iterator[str]:
    counts, names = Counter(table.column_names), set(declared.names)
    for name in counts:
        if name not in names:
            yield f'column "{name}" is not declared (R2, R3); declare it with a purpose or leave it out'
    for column in declared.columns:
        if counts[column.name] == 1:
            yield from _column_differences(column, table.column(column.name))
        elif counts[column.name] == 0:
            yield f'column "{column.name}" is declared ({column.clause}, R2) and missing'
        else:
            yield f'column "{column.name}" is there {counts[column.name]} times (R2)'


def _column_differences(column: Column, values: pa.ChunkedArray) -> Iterator[str]:
    expected, found = arrow_type(column.type), values.type
    if pa.types.is_dictionary(found):
        found = found.value_type
    if found != expected:
        yield f'column "{column.name}" is declared as {expected} ({column.clause}, R2), not {found}'
    elif values.null_count and not column.nullable:
        yield f'column "{column.name}" has {values.null_count} empty values, and none is allowed ({column.clause}, R16)'


def _split(text: str) -> Iterator[str]:
    """Cut at each comma and blank that stands in no bracket."""
    depth = start = 0
    for at, character in enumerate(text):
        depth += (character in "<[(") - (character in ">])")
        if depth == 0 and text.startswith(", ", at):
            yield text[start:at]
            start = at + 2
    yield text[start:]
