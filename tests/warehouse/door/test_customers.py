"""Customers' rows at the door: who may see them (R3, R49), who is in them, and that no visitor's row is beside them (T4)."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import duckdb
import pyarrow as pa
import pytest
from msgspec.structs import replace

from policy import Policy, load_policy
from policy.errors import FootfallError
from tests.warehouse.door.conftest import CUSTOMERS, WHO, House
from tests.warehouse.lake.conftest import Keys
from tests.warehouse.nightly.customers import at, event, order
from tests.warehouse.nightly.hits import NOW, Worker, open_lake
from warehouse.door import Door, QuestionError, RefusedError, Session
from warehouse.lake import Lake, LakeError
from warehouse.registry import Registry, sqlite_url

MARTS = ("customer_daily", "customer_profiles")


@pytest.fixture(scope="module")
def plimus() -> Policy:
    return load_policy()


@pytest.fixture
def hiding(house: House) -> Iterator[list[int]]:
    """Give the list of hidden customers, to fill."""
    yield house.hidden
    house.hidden.clear()


def customers(session: Session, table: str) -> list[int]:
    asked = f"select distinct customer from {table} order by customer"
    return session.query(asked).column("customer").to_pylist()


def test_marketing_reads_profiles_and_it_is_written_down(house: House, marketer: Session) -> None:
    rows = marketer.query(
        "select customer, segment, last_paths[1].path as page from customer_profiles order by customer"
    )
    assert rows.column("customer").to_pylist() == list(CUSTOMERS)
    assert set(rows.column("page").to_pylist()) == {"/games/chess"}
    access = house.last_access()
    assert (access.role, access.purpose, access.tables) == ("marketing", "marketing", ("customer_profiles",))
    assert (access.columns, access.rows_out) == (("customer", "last_paths", "segment"), len(CUSTOMERS))


@pytest.mark.parametrize(
    "asked",
    [
        "select customer from customer_profiles",
        "from customer_profiles",
        "select segment, hash(customer) as who from customer_profiles",
        "with a as (select last_paths as b from customer_profiles) select len(b) as pages from a",
    ],
)
def test_no_answer_with_personal_columns_goes_into_a_file(house: House, marketer: Session, asked: str) -> None:
    assert marketer.query(asked).num_rows == len(CUSTOMERS)
    with pytest.raises(RefusedError, match=r"would lie in the file unlocked \(R47\).*profile export"):
        marketer.query(asked, is_kept=True)
    assert (house.last_access().outcome, house.last_access().tables) == ("refused", ("customer_profiles",))
    (counted,) = marketer.query("select count(*) as n from customer_profiles", is_kept=True).to_pylist()
    assert counted == {"n": len(CUSTOMERS)}


@pytest.mark.parametrize("role", ["batch", "privacy"])
def test_events_and_orders_are_for_profiles_only(house: House, role: str) -> None:
    with house.door().open(role, "profile", who=WHO) as session:
        asked = (
            "select e.customer from customer_events as e join purchases as p using (customer) group by all order by all"
        )
        assert session.query(asked).column("customer").to_pylist() == list(CUSTOMERS[:3])
        assert house.last_access().tables == ("customer_events", "purchases")


@pytest.mark.parametrize("purpose", ["profile", "marketing"])
@pytest.mark.parametrize(
    "asked",
    [
        "select customer from customer_events",
        "select count(*) as n from purchases",
        "select (select max(customer) from customer_events) as n",
        "with a as (from customer_events) select * from a",
        "select * from customer_profiles join customer_events using (customer)",
        "select * from Customer_Events",
        'select * from "customer_events"',
        "select 1 as n from customer_profiles union all select customer from purchases",
        "from hits",
    ],
)
def test_marketing_reaches_no_single_event_and_no_order(house: House, purpose: str, asked: str) -> None:
    with (
        house.door().open("marketing", purpose, who=WHO) as session,
        pytest.raises(RefusedError, match=rf"may not be read by marketing for {purpose} \(R49\)"),
    ):
        session.query(asked)
    assert not house.last_access().allowed


def test_the_engine_of_marketing_has_nothing_else(house: House, marketer: Session) -> None:
    """Not even a statement that our reading let through would find events, files, or the dataset by another name."""
    marketer.query("select * from customer_profiles")
    connection = marketer._connection
    assert connection is not None
    shown = [
        name for (name,) in connection.execute("select view_name from duckdb_views() where not internal").fetchall()
    ]
    assert shown == ["customer_profiles"]
    text = connection.execute("select sql from duckdb_views() where not internal").fetchall()[0][0]
    assert str(house.folder) not in text
    inner = text.rstrip(";").split(" ")[-1]
    assert inner.startswith("arrow_object_")
    settings = dict(connection.execute("select name, value from duckdb_settings()").fetchall())
    assert (settings["enable_external_access"], settings["lock_configuration"]) == ("false", "true")
    assert settings["python_enable_replacements"] == "false"
    assert settings["allowed_paths"] in {"", "[]"}
    for name in ("customer_events", "purchases", "hits", "hidden", inner, f'"{house.lake.table(MARTS[1]).files()[0]}"'):
        with pytest.raises(duckdb.Error):
            connection.execute(f"select * from {name}").fetchall()


def test_a_personal_column_needs_the_purpose_too(house: House, plimus: Policy) -> None:
    """A table that is open to somebody may have a column that is not (R3)."""
    table = plimus.tables["customer_profiles"]
    columns = tuple(
        replace(column, purposes=("profile",)) if column.name == "last_paths" else column for column in table.columns
    )
    narrow = replace(plimus, tables={**plimus.tables, "customer_profiles": replace(table, columns=columns)})
    door = Door(house.lake, house.registry, narrow, lambda: NOW, hidden=house.hidden_rows)
    with door.open("marketing", "marketing", who=WHO) as session:
        says = r"customer_profiles\.last_paths may not be read for marketing \(R3\); it is personal \(R30\) and carries: profile"
        with pytest.raises(RefusedError, match=says):
            session.query("select last_paths from customer_profiles")
        assert "last_paths" not in session.query("select * from customer_profiles").column_names
        assert customers(session, "customer_profiles") == list(CUSTOMERS)
    with door.open("marketing", "profile", who=WHO) as session:
        assert session.query("select last_paths from customer_profiles").num_rows == len(CUSTOMERS)


@pytest.mark.parametrize(
    ("role", "purpose"), [("marketing", "marketing"), ("batch", "profile"), ("privacy", "profile")]
)
def test_hidden_customers_are_in_no_mart_from_the_next_session_on(
    house: House, hiding: list[int], role: str, purpose: str
) -> None:
    with house.door().open(role, purpose, who=WHO) as before:
        assert customers(before, "customer_daily") == list(CUSTOMERS)
        hiding.extend([CUSTOMERS[0], CUSTOMERS[4], 12345])
        left = [customer for customer in CUSTOMERS if customer not in hiding]
        with house.door().open(role, purpose, who=WHO) as after:
            for name in MARTS:
                assert customers(after, name) == left
                assert after.query(f"select count(*) as n from {name} where customer = {CUSTOMERS[0]}").to_pylist() == [
                    {"n": 0}
                ]
            assert after.query("select count(*) as n from customer_profiles").to_pylist() == [{"n": len(left)}]
            assert after.query("select count(segment) as n from customer_profiles").to_pylist() == [{"n": len(left)}]


def test_the_hidden_are_asked_for_when_the_mart_is(hiding: list[int], marketer: Session) -> None:
    """Not when the session began."""
    hiding.append(CUSTOMERS[1])
    assert CUSTOMERS[1] not in customers(marketer, "customer_profiles")


def test_facts_have_all_customers(house: House, hiding: list[int]) -> None:
    """Erasure needs them."""
    hiding.append(CUSTOMERS[1])
    with house.door().open("privacy", "profile", who=WHO) as session:
        assert customers(session, "customer_events") == list(CUSTOMERS)


def test_no_mart_of_customers_is_open_where_nobody_says_who_is_hidden(house: House, plimus: Policy) -> None:
    door = Door(house.lake, house.registry, plimus, lambda: NOW)
    with pytest.raises(FootfallError, match="customer_daily is not open here: nobody says which customers are hidden"):
        door.open("marketing", "marketing", who=WHO)
    with door.open("batch", "operations", who=WHO) as session:
        assert "hits" in session.tables


def test_nobody_sees_rows_of_visitors_and_of_customers_in_one_session(house: House, plimus: Policy) -> None:
    """T4, over all roles and purposes: log lines and customers cannot be laid side by side."""
    rows = {"visitors": {"hits"}, "customers": {"customer_events", "purchases", *MARTS}}
    for about, named in rows.items():
        assert {
            name
            for name, table in plimus.tables.items()
            if table.about == about and (table.kind == "fact" or about == "customers")
        } == named
    opened: set[str] = set()
    for role, declared in plimus.roles.items():
        for purpose in declared.purposes:
            try:
                session = house.door().open(role, purpose, who=WHO)
            except RefusedError:
                continue
            with session:
                seen = {about for about, names in rows.items() if names.intersection(session.tables)}
            assert len(seen) < 2, (role, purpose)
            opened |= seen
    assert opened == set(rows)


def test_questions_are_pushed_down_to_the_files(house: House) -> None:
    """Only the columns and the days that are asked for are read."""
    with house.door().open("batch", "profile", who=WHO) as session:
        session.query("select customer from customer_events limit 1")
        assert session._connection is not None
        asked = f"select path from customer_events where customer = {CUSTOMERS[0]} and event_date = '2026-11-01'"
        plan = session._connection.execute(f"explain {asked}").fetchall()[0][1]
    assert f'"customer" = {CUSTOMERS[0]}' in plan
    assert "\"event_date\" = DATE '2026-11-01'" in plan
    assert "Projections: path" in plan


@pytest.mark.parametrize(
    "asked",
    [
        "select cast('canary-' || customer as int) as n from customer_profiles",
        "select error('canary-' || customer) as n from customer_profiles",
        "select customer * 9000000000000000000 as n from customer_profiles",
        "select cast(customer as tinyint) as n from customer_profiles",
        "select cast(last_paths[1].path as int) as n from customer_profiles",
        "select make_date(customer, 1, 1) as n from customer_profiles",
    ],
)
def test_no_pseudonym_and_no_page_stands_in_an_error(house: House, marketer: Session, asked: str) -> None:
    with pytest.raises(QuestionError) as caught:
        marketer.query(asked)
    for text in (str(caught.value), house.last_access().reason):
        assert "710000000000000000" not in text
        assert "canary" not in text
        assert "chess" not in text


def test_two_threads_share_a_session(house: House) -> None:
    answers: list[pa.Table] = []
    with house.door().open("batch", "profile", who=WHO) as session:

        def ask() -> None:
            answers.extend(session.query("select * from customer_events order by all") for _ in range(10))

        threads = [Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
    assert len(answers) == 30
    assert all(answer == answers[0] for answer in answers)


@pytest.fixture
def lost(tmp_path: Path, plimus: Policy) -> Iterator[tuple[Lake, Registry, Keys]]:
    """Give a lake with an event and an order of a customer, and keys to lose."""
    keys = Keys()
    lake = open_lake(tmp_path, plimus, keys)
    worker = Worker(lake)
    worker.take_about_customers("customer_events", [event(CUSTOMERS[0], at(0))])
    keys.generation = 2
    worker.take_about_customers("purchases", [order(CUSTOMERS[0], at(0))])
    with Registry.open(sqlite_url(tmp_path)) as registry:
        yield lake, registry, keys


def test_a_destroyed_key_is_one_line_and_other_tables_go_on(lost: tuple[Lake, Registry, Keys]) -> None:
    lake, registry, keys = lost
    del keys.held["profile/2026-11/1"]
    hidden = pa.table({"customer": pa.array([], pa.int64())})
    with Door(lake, registry, lake.policy, lambda: NOW, hidden=lambda: hidden).open(
        "batch", "profile", who=WHO
    ) as session:
        for _ in range(2):
            with pytest.raises(LakeError, match="1 of 1 files are locked by the key profile/2026-11/1"):
                session.query("select count(*) as n from customer_events")
            access = registry.accesses()[-1]
            assert (access.allowed, access.rows_out) == (True, None)
            assert "locked by the key" in access.reason
        assert session.query("select customer from purchases").to_pylist() == [{"customer": CUSTOMERS[0]}]
        assert session.query("select * from customer_profiles").num_rows == 0


def test_a_changed_page_is_one_line(lost: tuple[Lake, Registry, Keys]) -> None:
    lake, registry, _ = lost
    (file,) = map(Path, lake.table("customer_events").files())
    stored = bytearray(file.read_bytes())
    stored[40] ^= 1  # the first column is the customer
    file.write_bytes(stored)
    hidden = pa.table({"customer": pa.array([], pa.int64())})
    with (
        Door(lake, registry, lake.policy, lambda: NOW, hidden=lambda: hidden).open(
            "batch", "profile", who=WHO
        ) as session,
        pytest.raises(QuestionError, match=r"cannot be answered \(InvalidInputException\); `footfall status`"),
    ):
        session.query("select customer from customer_events")
