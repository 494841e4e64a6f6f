"""No SQL reaches a value that the asker may not read: the ways are in tests/data/door_escapes.toml, so that anyone can add one."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from msgspec import Struct, convert

from policy.errors import FootfallError
from tests.warehouse.door.conftest import CUSTOMERS, ORIGIN, VENDOR, VISITOR, WHO, House
from warehouse.asking.statement import TABLE_FUNCTIONS
from warehouse.door import QuestionError, RefusedError, Session

CASES = Path(__file__).parents[2] / "data" / "door_escapes.toml"
HARMLESS = {"random", "uuid", "uuidv4", "uuidv7", "gen_random_uuid", "error"}
NAMELESS = {"current_query", "current_query_id", "current_connection_id", "current_transaction_id"}
"""What they tell is about the question itself."""


class Way(Struct, forbid_unknown_fields=True):
    why: str
    sql: str
    answered: bool = False


class Aim(Struct, frozen=True):
    """Who asks, what is open to that role, and where the value is planted that it may not see; who may."""

    role: str
    purpose: str
    open: str
    table: str
    column: str
    value: str
    reader: tuple[str, str]


AIMS = [
    Aim(
        "analyst", "geo_statistics", "geo_daily", "customer_events", "customer", str(CUSTOMERS[0]), ("batch", "profile")
    ),
    Aim("analyst", "geo_statistics", "page_daily", "hits", "visitor", str(VISITOR), ("batch", "operations")),
    Aim("marketing", "marketing", "customer_profiles", "purchases", "vendor", VENDOR, ("batch", "profile")),
    Aim("batch", "operations", "hits", "customer_profiles", "customer", str(CUSTOMERS[1]), ("marketing", "marketing")),
    Aim("batch", "profile", "customer_events", "hits", "visitor", str(VISITOR), ("batch", "operations")),
]


def ways() -> list[Way]:
    return [convert(way, Way) for way in tomllib.loads(CASES.read_text("utf-8"))["reach"]]


def aimed(way: Way, aim: Aim, house: House, out: Path) -> str:
    places = {
        "table": aim.table,
        "column": aim.column,
        "value": aim.value,
        "open": aim.open,
        "file": house.lake.table(aim.table).files()[0],
        "registry": house.folder / "registry" / "registry.db",
        "out": out,
    }
    return way.sql.format(**{name: str(place).replace("'", "''") for name, place in places.items()})


@pytest.fixture(scope="module", params=AIMS, ids=lambda aim: f"{aim.role} for {aim.purpose} at {aim.table}")
def aim(request: pytest.FixtureRequest) -> Aim:
    chosen: Aim = request.param
    return chosen


@pytest.fixture(scope="module")
def asking(aim: Aim, house: House) -> Iterator[Session]:
    with house.door().open(aim.role, aim.purpose, who=WHO) as session:
        assert session.query(f"select * from {aim.open}").num_rows > 0
        yield session


def test_there_are_many_ways() -> None:
    assert len({way.why for way in ways()}) == len({way.sql for way in ways()}) == len(ways()) >= 100


def test_the_value_is_there_for_whoever_may_read_it(aim: Aim, house: House) -> None:
    with house.door().open(*aim.reader, who=WHO) as session:
        assert aim.value in str(session.query(f"select {aim.column} from {aim.table}").to_pylist())
    assert ORIGIN in str(house.registry.origins())


@pytest.mark.parametrize("way", ways(), ids=lambda way: way.why)
def test_the_value_is_out_of_reach(way: Way, aim: Aim, asking: Session, house: House, tmp_path: Path) -> None:
    planted = pa.table({"value": [aim.value]})
    out = tmp_path / "out"
    before = house.last_number()
    try:
        answer = asking.query(aimed(way, aim, house, out))
    except (QuestionError, RefusedError) as error:
        assert not way.answered
        text = str(error)
        assert "\n" not in text
        assert (ORIGIN in text, str(house.folder) in text) == (False, False)
        # An asker's own words may come back, a value that they did not know may not.
        assert aim.value not in text or aim.value in way.sql.format_map(
            {"value": aim.value, **dict.fromkeys(NAMES, "")}
        )
    else:
        assert way.answered
        for secret in (aim.value, ORIGIN, str(house.folder)):
            assert secret not in str(answer.to_pylist())
    assert not out.exists()
    assert planted.num_rows == 1
    (noted,) = house.registry.accesses(before)
    assert (noted.outcome == "answered") is way.answered
    assert aim.value not in str(noted)


NAMES = ("table", "column", "open", "file", "registry", "out")


def test_refusals_of_tables_name_their_clause(aim: Aim, asking: Session) -> None:
    with pytest.raises(RefusedError, match=rf"{aim.table} may not be read by {aim.role} for {aim.purpose} \(R49\)"):
        asking.query(f"select {aim.column} from {aim.table}")


def test_no_table_function_of_the_engine_is_open_but_those_that_make_rows_of_nothing(analyst: Session) -> None:
    """Whatever the next version of the engine brings."""
    for name in _functions("function_type in ('table', 'table_macro', 'pragma')") - TABLE_FUNCTIONS:
        with pytest.raises(QuestionError, match="is not open here"):
            analyst.query(f'select * from "{name}"()')


def test_no_function_is_open_that_looks_or_acts_outside_its_arguments(analyst: Session) -> None:
    volatile = _functions("stability = 'VOLATILE' and function_type in ('scalar', 'aggregate')")
    for name in volatile - HARMLESS - NAMELESS:
        with pytest.raises(QuestionError, match=f"the function {name} is not open here"):
            analyst.query(f'select "{name}"(1) as n')


def test_the_audit_keeps_no_word_of_the_askers_own(house: House, analyst: Session) -> None:
    asked = [
        "select 'jane@example.com' as a frm geo_daily",
        'select "jane@example.com" from geo_daily',
        'select * from "jane@example.com"',
        "select * from jane_example_com",
        "select * from jane_example_com('jane@example.com')",
        "select pg_jane_example_com(1) as n",
        "select jane_example_com(country) as n from geo_daily",
        "select 'jane@example.com'::int as n",
        "select site as n from geo_daily where site = 'jane@example.com'",
        "select ?::int as n",
    ]
    for sql in asked:
        try:
            analyst.query(sql, ["jane@example.com"] if "?" in sql else ())
        except FootfallError:
            continue
    noted = str(house.registry.accesses(house.last_number() - len(asked)))
    assert "jane" not in noted
    assert noted.count("outcome='failed'") == 4
    assert noted.count("outcome='answered'") == 1


def _functions(condition: str) -> set[str]:
    with duckdb.connect() as connection:
        rows = connection.execute(f"select distinct function_name from duckdb_functions() where {condition}").fetchall()
    return {name for (name,) in rows if name.isidentifier()}
