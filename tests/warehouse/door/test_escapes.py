"""No SQL leads out of a session (R60): the cases are in tests/data/door_escapes.toml, so that anyone can add one."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from msgspec import Struct, convert

from tests.warehouse.door.conftest import WHO, House
from warehouse.door import QuestionError, Session

CASES = Path(__file__).parents[2] / "data" / "door_escapes.toml"
CANARY = "the-canary-sings"


class Case(Struct, forbid_unknown_fields=True):
    why: str
    sql: str
    says: str
    second_wall: bool = False

    def aimed_at(self, house: House, out: Path) -> str:
        """Write the case's SQL with real paths."""
        secret = house.folder / "secret.txt"
        secret.write_text(f"name,word\na,{CANARY}\n")
        tables = {"file": "geo_daily_cells", "events": "customer_events", "profiles": "customer_profiles"}
        files = {name: house.lake.table(table).files()[0] for name, table in tables.items()}
        places = {**files, "secret": secret, "folder": house.folder, "out": out}
        return self.sql.format(**{name: str(path).replace("'", "''") for name, path in places.items()})


def _cases() -> list[Case]:
    return [convert(case, Case) for case in tomllib.loads(CASES.read_text("utf-8"))["case"]]


def test_the_file_of_cases_says_nothing_else() -> None:
    assert list(tomllib.loads(CASES.read_text("utf-8"))) == ["case", "reach"]
    assert len({case.why for case in _cases()}) == len(_cases()) >= 25


# Who asks, and a table that is read first, so that all that a session ever holds is in it.
ASKERS = {
    ("analyst", "geo_statistics"): "geo_daily",
    ("batch", "operations"): "hits",
    ("batch", "profile"): "customer_events",
    ("marketing", "marketing"): "customer_profiles",
}


@pytest.fixture(scope="module", params=list(ASKERS), ids="-".join)
def session(request: pytest.FixtureRequest, house: House) -> Iterator[Session]:
    with house.door().open(*request.param, who=WHO) as opened:
        assert opened.query(f"select * from {ASKERS[request.param]}").num_rows > 0
        yield opened


@pytest.fixture(scope="module", params=[("analyst", "geo_statistics"), ("marketing", "marketing")], ids="-".join)
def engine(request: pytest.FixtureRequest, house: House) -> Iterator[duckdb.DuckDBPyConnection]:
    with house.door().open(*request.param, who=WHO) as opened:
        assert opened.query(f"select * from {ASKERS[request.param]}").num_rows > 0
        assert opened._connection is not None
        yield opened._connection


@pytest.mark.parametrize("case", _cases(), ids=lambda case: case.why)
def test_there_is_no_way_out(case: Case, house: House, session: Session, tmp_path: Path) -> None:
    out = tmp_path / "out"
    before = house.last_number()
    with pytest.raises(QuestionError) as caught:
        session.query(case.aimed_at(house, out))
    text = str(caught.value)
    assert case.says in text
    assert "\n" not in text
    assert CANARY not in text
    assert str(house.folder) not in text
    assert not out.exists()
    noted = house.registry.accesses(before)
    assert [(access.allowed, access.rows_out) for access in noted] == [(False, None)]


@pytest.mark.parametrize("case", [case for case in _cases() if case.second_wall], ids=lambda case: case.why)
def test_the_engine_itself_is_closed_too(
    case: Case, house: House, engine: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Even a statement that our reading let through by mistake would find no way."""
    with pytest.raises(duckdb.Error):
        engine.execute(case.aimed_at(house, tmp_path / "out")).fetchall()
    assert not (tmp_path / "out").exists()
