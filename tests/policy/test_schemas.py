"""Types as text, Arrow schemas from the policy, and tables that keep to them or not."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy import Policy, PolicyError
from policy.schemas import arrow_schema, arrow_type, check_table

Typed = tuple[str, pa.DataType]

PLAIN: list[Typed] = [
    ("string", pa.string()),
    ("binary", pa.binary()),
    ("bool", pa.bool_()),
    ("int16", pa.int16()),
    ("int32", pa.int32()),
    ("int64", pa.int64()),
    ("float64", pa.float64()),
    ("date32", pa.date32()),
    ("timestamp[us, UTC]", pa.timestamp("us", "UTC")),
    ("decimal(18, 2)", pa.decimal128(18, 2)),
    ("decimal(38, 38)", pa.decimal128(38, 38)),
]


def _nested(inner: st.SearchStrategy[Typed]) -> st.SearchStrategy[Typed]:
    lists = inner.map(lambda one: (f"list<{one[0]}>", pa.list_(one[1])))
    maps = st.tuples(inner, inner).map(lambda two: (f"map<{two[0][0]}, {two[1][0]}>", pa.map_(two[0][1], two[1][1])))
    structs = st.dictionaries(st.from_regex("[a-z][a-z0-9_]*", fullmatch=True), inner, min_size=1, max_size=3).map(
        lambda members: (
            "struct<" + ", ".join(f"{name}: {text}" for name, (text, _) in members.items()) + ">",
            pa.struct([(name, kind) for name, (_, kind) in members.items()]),
        )
    )
    return lists | maps | structs


@settings(deadline=None)
@given(st.recursive(st.sampled_from(PLAIN), _nested, max_leaves=6))
def test_a_type_text_stands_for_its_arrow_type(typed: Typed) -> None:
    text, kind = typed
    assert arrow_type(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "",
        "str",
        "String",
        "uint8",
        "timestamp[us]",
        "timestamp[ns, UTC]",
        "decimal(39, 2)",
        "decimal(2, 3)",
        "decimal(0, 0)",
        "decimal(18,2)",
        "list<>",
        "list<string, string>",
        "list<string",
        "map<string>",
        "map<string, int64, int64>",
        "map<string,int64>",
        "struct<string>",
        "struct<Name: string>",
        "set<string>",
        " string",
    ],
)
def test_anything_else_is_no_type_and_the_known_ones_are_listed(text: str) -> None:
    with pytest.raises(PolicyError, match=r"is not a type; expected one of string, .*map<k, v>"):
        arrow_type(text)


@settings(deadline=None)
@given(st.recursive(st.sampled_from(PLAIN), _nested, max_leaves=4), st.data())
def test_a_text_without_one_of_its_characters_is_another_type_or_none(typed: Typed, data: st.DataObject) -> None:
    text, kind = typed
    at = data.draw(st.integers(0, len(text) - 1))
    assert _type_or_none(text[:at] + text[at + 1 :]) != kind


def _type_or_none(text: str) -> pa.DataType | None:
    try:
        return arrow_type(text)
    except PolicyError:
        return None


def test_a_schema_has_the_columns_in_the_order_of_the_file(plimus: Policy) -> None:
    for name, table in plimus.tables.items():
        schema = arrow_schema(plimus, name)
        assert tuple(schema.names) == table.names
        assert [field.nullable for field in schema] == [column.nullable for column in table.columns]


def test_purpose_clause_and_version_travel_in_the_metadata(plimus: Policy) -> None:
    field = arrow_schema(plimus, "hits").field("country")
    assert field.metadata == {b"purpose": b"geo_statistics,operations", b"clause": b"R6", b"policy_version": b"1.4"}
    for name in plimus.tables:
        for field in arrow_schema(plimus, name):
            assert set(field.metadata) == {b"purpose", b"clause", b"policy_version"}


def test_a_table_that_is_not_declared_has_no_schema(plimus: Policy) -> None:
    with pytest.raises(PolicyError, match=r'declares no table "sessions" \(R2\); it has: .*hits, intakes'):
        arrow_schema(plimus, "sessions")


@pytest.fixture
def statuses(plimus: Policy) -> pa.Table:
    """Give a good table of two rows for status_daily."""
    row = {
        "event_date": date(2026, 11, 20),
        "site": "shop",
        "kind": "page",
        "status": 200,
        "is_bot": False,
        "requests": 12,
        "bytes": 3456,
        "policy_version": "1.4",
    }
    return pa.Table.from_pylist([row, row], schema=arrow_schema(plimus, "status_daily"))


def test_a_table_as_declared_passes(plimus: Policy, statuses: pa.Table) -> None:
    check_table(plimus, "status_daily", statuses)
    check_table(plimus, "status_daily", statuses.slice(0, 0))
    check_table(plimus, "status_daily", statuses.select(sorted(statuses.column_names)))


def test_a_dictionary_of_the_declared_type_passes(plimus: Policy, statuses: pa.Table) -> None:
    check_table(plimus, "status_daily", statuses.set_column(1, "site", statuses["site"].dictionary_encode()))


def test_r2_an_undeclared_column_cannot_be_written(plimus: Policy, statuses: pa.Table) -> None:
    with pytest.raises(PolicyError, match=r'table "status_daily" .*column "address" is not declared \(R2, R3\)'):
        check_table(plimus, "status_daily", statuses.append_column("address", pa.array(["a", "b"])))


def test_a_missing_column_is_named_with_its_clause(plimus: Policy, statuses: pa.Table) -> None:
    with pytest.raises(PolicyError, match=r'column "policy_version" is declared \(R1, R2\) and missing'):
        check_table(plimus, "status_daily", statuses.drop_columns(["policy_version"]))


@pytest.mark.parametrize("other", [pa.int32(), pa.string(), pa.dictionary(pa.int8(), pa.string())])
def test_another_type_is_named_with_both_types(plimus: Policy, statuses: pa.Table, other: pa.DataType) -> None:
    changed = statuses["status"].cast(pa.string()) if other != pa.int32() else statuses["status"]
    table = statuses.set_column(3, "status", changed.cast(other))
    with pytest.raises(PolicyError, match=r'column "status" is declared as int16 \(R12, R2\), not (int32|string)$'):
        check_table(plimus, "status_daily", table)


def test_a_timestamp_without_its_zone_is_another_type(plimus: Policy) -> None:
    schema = arrow_schema(plimus, "geo_daily")
    moment = pa.array([datetime(2026, 11, 20, tzinfo=UTC)], pa.timestamp("us"))
    empty = schema.empty_table()
    at = schema.get_field_index("released_at")
    with pytest.raises(PolicyError, match=r'"released_at" is declared as timestamp\[us, tz=UTC\]'):
        check_table(plimus, "geo_daily", empty.set_column(at, "released_at", moment.slice(0, 0)))


def test_a_column_that_is_there_twice(plimus: Policy, statuses: pa.Table) -> None:
    with pytest.raises(PolicyError, match=r'column "kind" is there 2 times \(R2\)'):
        check_table(plimus, "status_daily", statuses.append_column("kind", statuses["kind"]))


def test_nulls_where_none_is_allowed_are_counted(plimus: Policy, statuses: pa.Table) -> None:
    table = statuses.set_column(1, "site", pa.array(["shop", None]))
    with pytest.raises(PolicyError, match=r'column "site" has 1 empty values, and none is allowed \(R4, R16\)'):
        check_table(plimus, "status_daily", table)


def test_nulls_where_they_are_allowed_pass(plimus: Policy) -> None:
    schema = arrow_schema(plimus, "dead_letters")
    table = pa.Table.from_pydict(
        {field.name: pa.nulls(1, field.type) if field.nullable else _one(field.type) for field in schema}
    )
    check_table(plimus, "dead_letters", table)


def _one(kind: pa.DataType) -> pa.Array:
    return pa.array([datetime(2026, 11, 20, tzinfo=UTC)] if pa.types.is_timestamp(kind) else [1]).cast(kind)


def test_all_differences_are_told_at_once(plimus: Policy, statuses: pa.Table) -> None:
    table = statuses.drop_columns(["bytes"]).append_column("ip", pa.array(["a", "b"]))
    table = table.set_column(3, "status", statuses["status"].cast(pa.int64()))
    with pytest.raises(PolicyError) as caught:
        check_table(plimus, "status_daily", table)
    assert len(caught.value.findings) == 3


@settings(max_examples=50, deadline=None)
@given(st.text(min_size=1, max_size=12))
def test_whatever_its_name_an_undeclared_column_is_refused(plimus: Policy, name: str) -> None:
    table = pa.table({column: [] for column in (*plimus.table("bot_daily").names, name)})
    with pytest.raises(PolicyError) as caught:
        check_table(plimus, "bot_daily", table)
    assert name in plimus.table("bot_daily").names or any(
        f'"{name}" is not declared' in one for one in caught.value.findings
    )
