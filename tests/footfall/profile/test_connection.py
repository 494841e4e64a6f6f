"""`footfall.connect(role="marketing")`: profiles as frames, and no way to the rows behind them."""

from collections.abc import Iterator

import pandas as pd
import pyarrow as pa
import pytest

import footfall
from footfall.house import House
from tests.footfall.profile.customers_house import CHILD, PEOPLE, SEEN, opened
from warehouse.door import RefusedError


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened(tmp_path_factory.mktemp("connection") / "data") as warehouse:
        yield warehouse


def test_profiles_come_as_a_frame_under_pseudonyms(house: House) -> None:
    with footfall.connect(role="marketing", data=house.data) as warehouse:
        assert warehouse.tables[:2] == ["customer_daily", "customer_profiles"]
        frame = warehouse.sql("select * from customer_profiles order by customer").df()
    seen = {house.subjects.pseudonym(name) for name in PEOPLE if name != "S-no-profile"}
    assert set(frame["customer"]) == seen
    assert house.subjects.pseudonym(CHILD) not in seen
    assert frame["customer"].dtype == "int64"
    assert isinstance(frame["last_seen"].dtype, pd.DatetimeTZDtype)


def test_maps_and_lists_can_be_used_in_sql_and_in_the_frame(house: House) -> None:
    with footfall.connect(role="marketing", data=house.data) as warehouse:
        answer = warehouse.sql(
            "select customer, categories, categories['tools'] as tools, last_paths, len(last_paths) as pages "
            "from customer_profiles where monetary > $least order by customer",
            {"least": 50},
        )
        by_path = warehouse.sql(
            "select page.path as path, count(*) as readers "
            "from (select unnest(last_paths) as page from customer_profiles) group by path order by path"
        ).df()
    assert pa.types.is_map(answer.arrow().schema.field("categories").type)
    frame = answer.df()
    assert set(frame["tools"]) == {0.75}
    assert set(frame["pages"]) == {2}
    assert frame["categories"][0] == {"tools": 0.75, "help": 0.25}
    assert [shares["help"] for shares in frame["categories"]] == [0.25] * len(frame)
    newest = frame["last_paths"][0][0]
    assert (newest["path"], pd.Timestamp(newest["minute"]).tz_localize(None)) == (
        "/tools/saw",
        pd.Timestamp(SEEN).tz_localize(None),
    )
    assert list(by_path["path"]) == ["/help", "/tools/saw"]


@pytest.mark.parametrize("table", ["customer_events", "purchases"])
def test_r49_the_rows_behind_profiles_are_refused_with_the_clause(house: House, table: str) -> None:
    with (
        footfall.connect(role="marketing", data=house.data) as warehouse,
        pytest.raises(RefusedError, match=rf"{table} may not be read by marketing for profile \(R49\)"),
    ):
        warehouse.sql(f"select customer from {table}")
    assert house.registry.accesses()[-1].allowed is False


def test_days_add_up_to_profiles_by_pseudonym(house: House) -> None:
    with footfall.connect(role="marketing", data=house.data) as warehouse:
        apart = warehouse.sql(
            "select p.customer from customer_profiles as p "
            "left join (select customer, sum(orders) as orders from customer_daily group by customer) as d "
            "on d.customer = p.customer where d.orders is distinct from p.orders"
        )
    assert len(apart) == 0
