"""Who may ask what (R3, R49, R60), and that all of it is written down."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from policy import Policy, load_policy
from policy.errors import UsageError
from tests.warehouse.door.conftest import WHO, House
from tests.warehouse.nightly.hits import NOW, Worker, crowd, day, open_lake
from warehouse.door import Door, Limits, QuestionError, RefusedError, Session
from warehouse.registry import Registry, sqlite_url

FACTS = ("customer_events", "purchases")
MARTS = ("customer_daily", "customer_profiles")
RELEASES = ["agent_daily", "geo_daily", "missing_daily", "page_daily", "referrer_daily"]


@pytest.fixture(scope="module")
def plimus() -> Policy:
    return load_policy()


def test_an_analyst_sees_releases_and_nothing_else(analyst: Session) -> None:
    assert analyst.tables == RELEASES
    assert analyst.query("show tables").column("name").to_pylist() == RELEASES
    named = analyst.query("select table_name from information_schema.tables order by table_name")
    assert named.column("table_name").to_pylist() == RELEASES


def test_a_table_that_others_may_read_is_refused_with_the_clause(house: House, analyst: Session) -> None:
    with pytest.raises(RefusedError, match=r"hits may not be read by analyst for geo_statistics \(R49\)"):
        analyst.query("select count(*) as n from hits")
    access = house.last_access()
    assert (access.who, access.role, access.purpose) == (WHO, "analyst", "geo_statistics")
    assert (access.tables, access.columns, access.rows_out, access.allowed) == (("hits",), None, None, False)
    assert "R49" in access.reason
    assert access.at == NOW


@pytest.mark.parametrize(
    ("role", "purpose", "says"),
    [
        ("visitor", "geo_statistics", r'the role "visitor" is not declared \(R49\)'),
        ("analyst", "operations", r'the role analyst may not ask for the purpose "operations" \(R49\)'),
        ("analyst", "world_peace", r'may not ask for the purpose "world_peace"'),
        ("marketing", "operations", "it may for: geo_statistics, profile, marketing"),
        ("support", "service", r"no table is open to support for service \(R49\)"),
    ],
)
def test_what_the_policy_does_not_open_stays_shut(house: House, role: str, purpose: str, says: str) -> None:
    with pytest.raises(RefusedError, match=says):
        house.door().open(role, purpose, who=WHO)
    access = house.last_access()
    assert (access.role, access.purpose, access.allowed) == (role, purpose, False)


def test_every_role_and_purpose_sees_exactly_what_the_policy_says(house: House, plimus: Policy) -> None:
    """Whatever is open shows the columns that carry the purpose, personal ones too, and nothing else is open."""
    shown = set()
    for role, declared in plimus.roles.items():
        for purpose in declared.purposes:
            open_tables = {
                name: [column.name for column in table.columns if purpose in column.purposes]
                for name, table in plimus.tables.items()
                if any(reader.role == role and purpose in reader.purposes for reader in table.readers)
            }
            if not open_tables:
                continue
            with house.door().open(role, purpose, who=WHO) as session:
                assert set(session.tables) - {"page_views"} == set(open_tables)
                for name, columns in open_tables.items():
                    assert session.query(f"describe {name}").column("column_name").to_pylist() == columns
                    if "customer" in columns:
                        shown.add((role, purpose, name))
    assert shown == {
        *((role, "profile", name) for role in ("batch", "privacy") for name in (*FACTS, *MARTS)),
        *(("marketing", purpose, name) for purpose in ("profile", "marketing") for name in MARTS),
    }


def test_every_question_is_audited_with_tables_columns_and_rows(house: House, analyst: Session) -> None:
    rows = analyst.query("select country, sum(views) as v from geo_daily group by country order by country")
    access = house.last_access()
    assert (access.tables, access.columns) == (("geo_daily",), ("country", "views"))
    assert (access.rows_out, access.allowed, access.reason) == (rows.num_rows, True, "")
    analyst.query("select * from geo_daily as g join page_daily as p using (event_date, site)")
    assert house.last_access().tables == ("geo_daily", "page_daily")
    assert {"country", "path", "visitors"} <= set(house.last_access().columns or ())


def test_a_question_that_fails_is_audited_too(house: House, analyst: Session) -> None:
    with pytest.raises(QuestionError, match="failed on a value"):
        analyst.query("select cast(path as int) as n from page_daily")
    access = house.last_access()
    assert (access.tables, access.rows_out, access.allowed) == (("page_daily",), None, True)
    assert "failed on a value" in access.reason


@pytest.mark.parametrize(
    "asked",
    [
        "select cast('canary-' || country as int) as n from hits",
        "select cast('it''s canary-' || country as int) as n from hits",
        "select error('canary-' || country) as n from hits",
        "select regexp_matches('x', 'canary-' || country || '(') as n from hits",
        "select cast(visitor * 0 + 7700700 as tinyint) as n from hits",
        "select (visitor * 0 + 7700700) * 9000000000000000000 as n from hits",
        "select make_date(visitor * 0 + 7700700000000, 1, 1) as n from hits",
    ],
)
def test_no_value_of_a_row_stands_in_an_error_or_in_the_audit(house: House, operator: Session, asked: str) -> None:
    with pytest.raises(QuestionError) as caught:
        operator.query(asked)
    for text in (str(caught.value), house.last_access().reason):
        assert "canary" not in text
        assert "7700700" not in text


def test_statistics_are_those_of_the_release(house: House, analyst: Session) -> None:
    rows = analyst.query("select * from geo_daily order by all")
    assert rows.num_rows == house.lake.table("geo_daily").read().num_rows > 0
    assert min(rows.column("visitors").to_pylist()) >= house.lake.policy.k


def test_rows_are_for_operations(house: House, operator: Session) -> None:
    hits = house.lake.table("hits").read().num_rows
    assert operator.query("select count(*) as n from hits").to_pylist() == [{"n": hits}]
    views = operator.query("select count(*) as n from page_views").to_pylist()[0]["n"]
    assert (
        views == operator.query("select count(*) as n from hits where kind = 'page' and not is_bot").to_pylist()[0]["n"]
    )
    assert house.last_access().tables == ("hits",)
    kept = "select sum(kept) as n from intakes where source = 'web_log'"
    assert operator.query(kept).to_pylist() == [{"n": hits}]


def test_answers_are_plain(analyst: Session) -> None:
    rows = analyst.query("select sum(views) as views, max(released_at) as at, max(event_date) as day from geo_daily")
    assert rows.schema.field("views").type == pa.int64()
    assert rows.schema.field("at").type == pa.timestamp("us", tz="UTC")
    assert rows.schema.field("day").type == pa.date32()
    assert (
        analyst.query("select 170141183460469231731687303715884105727::hugeint as n").schema.field("n").type
        != pa.int64()
    )
    assert analyst.query("select sum(views) as n from geo_daily where false").to_pylist() == [{"n": None}]
    assert analyst.query("select timestamptz '2026-11-01 12:00:00' as t").to_pylist() == [
        {"t": datetime(2026, 11, 1, 12, tzinfo=UTC)}
    ]


@pytest.mark.parametrize(
    ("sql", "parameters", "answer"),
    [
        ("select ? + 1 as n", [41], 42),
        ("select $a + $b as n", {"a": 40, "b": 2}, 42),
        ("select count(*) as n from geo_daily where $site is null or site = $site", {"site": "nowhere"}, 0),
        ("with geo_daily as (select 7 as n) select n from geo_daily", (), 7),
        ("with few as (from range(3)) select count(*) as n from few", (), 3),
        (
            "with recursive c as (select 1 as n union all select n + 1 from c where n < 5) select max(n) as n from c",
            (),
            5,
        ),
        ("from (values (1), (2)) as v(n) select max(n) as n", (), 2),
        ("select n from (pivot (select 'x' as a) on a in ('x') using count(*) as n) as p(n)", (), 1),
        ("select unnest([5]) as n", (), 5),
    ],
)
def test_ordinary_questions_are_answered(analyst: Session, sql: str, parameters: Any, answer: int) -> None:
    assert analyst.query(sql, parameters).to_pylist() == [{"n": answer}]


def test_a_table_may_be_named_like_one_of_the_own_queries(analyst: Session) -> None:
    asked = "with geo_daily as (select country from geo_daily) select count(*) as n from geo_daily"
    assert analyst.query(asked) == analyst.query("select count(*) as n from geo_daily")


@pytest.mark.parametrize(
    ("sql", "parameters", "says"),
    [
        ("select colour from geo_daily", (), "does not fit the tables"),
        ("select cuntry from geo_daily", (), r"Did you mean \"country\""),
        ("select * from nowhere", (), "there is no table nowhere; there are: agent_daily"),
        ("select country", (), "does not fit the tables"),
        ("select ? as n", (), "cannot be run"),
        ("select 1 as n", [1, 2], "cannot be run"),
        ("select n frm geo_daily", (), "cannot be read"),
    ],
)
def test_a_wrong_question_is_told_in_one_line(analyst: Session, sql: str, parameters: Any, says: str) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        analyst.query(sql, parameters)
    assert "\n" not in str(caught.value)
    assert analyst.query("select 1 as alive").to_pylist() == [{"alive": 1}]


def test_rows_can_be_limited(analyst: Session) -> None:
    everything = analyst.query("select * from page_daily order by all")
    assert analyst.query("select * from page_daily order by all", rows_max=3) == everything.slice(0, 3)
    assert analyst.query("select * from range(1000000000)", rows_max=2).num_rows == 2


def test_a_question_without_end_is_stopped(house: House) -> None:
    with house.door(Limits(time_max_s=0.2)).open(who=WHO) as session:
        with pytest.raises(QuestionError, match=r"took longer than 0\.2 s"):
            session.query("select count(*) as n from range(100000000) as a, range(1000000) as b")
        assert session.query("select 1 as n").to_pylist() == [{"n": 1}]


def test_a_question_too_big_for_memory_fails_alone(house: House) -> None:
    with house.door(Limits(memory_max_mb=64)).open(who=WHO) as session:
        with pytest.raises(QuestionError, match="needs more than 64 MB"):
            session.query("select list(i) as n from range(100000000) as t(i)")
        assert session.query("select count(*) as n from geo_daily").num_rows == 1


def test_a_closed_session_says_so(house: House) -> None:
    session = house.door().open(who=WHO)
    session.close()
    session.close()
    with pytest.raises(QuestionError, match="closed"):
        session.query("select 1 as n")


def test_an_empty_warehouse_has_empty_tables(tmp_path: Path, plimus: Policy) -> None:
    lake = open_lake(tmp_path, plimus)
    with Registry.open(sqlite_url(tmp_path)) as registry:
        door = Door(lake, registry, plimus, lambda: NOW)
        for role, purpose in (("analyst", "geo_statistics"), ("batch", "operations")):
            with door.open(role, purpose, who=WHO) as session:
                assert session.query("show tables").column("name").to_pylist() == session.tables
                for name in session.tables:
                    rows = session.query(f"select * from {name}")
                    assert rows.num_rows == 0
                    source = "hits" if name == "page_views" else name
                    assert set(rows.column_names) <= set(plimus.tables[source].names)
                    for field in rows.schema:
                        assert field.type == lake.table(source).schema.field(field.name).type


def test_a_session_sees_what_was_there_when_it_began(tmp_path: Path, plimus: Policy) -> None:
    lake = open_lake(tmp_path, plimus)
    worker = Worker(lake)
    worker.take(crowd(day(0), 3))
    with (
        Registry.open(sqlite_url(tmp_path)) as registry,
        Door(lake, registry, plimus, lambda: NOW).open("batch", "operations", who=WHO) as session,
    ):
        worker.take(crowd(day(0), 4))
        assert session.query("select count(*) as n from hits").to_pylist() == [{"n": 3}]
