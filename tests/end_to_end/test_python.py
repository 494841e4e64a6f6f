"""The same answers from Python as from the command line, and a proxy that is noticed and then trusted."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

import footfall
from footfall.simulate import Planted, write_web_log
from policy.errors import FootfallError
from tests.end_to_end.conftest import Footfall

pytestmark = pytest.mark.kafka
START = date(2026, 11, 2)
QUESTION = "select country, sum(views) as views from geo_daily group by country order by views desc, country"


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Planted]:
    folder = tmp_path_factory.mktemp("proxied")
    return folder, write_web_log(folder, seed=3, start=START, days=1, visitors_a_day=400, proxy=True, progress=None)


@pytest.fixture(scope="module")
def proxied(new_footfall: Callable[..., Footfall], logs: tuple[Path, Planted]) -> Footfall:
    """Take the log of a site behind two proxies, without naming them."""
    house = new_footfall(kafka=True)
    house("run", "--log", f"{logs[0]}/*.log")
    return house


def test_a_proxy_is_noticed_and_the_setting_named(proxied: Footfall, logs: tuple[Path, Planted]) -> None:
    again = proxied("run", "--log", f"{logs[0]}/*.log")
    assert "Warning:" in again
    assert "proxies.trusted" in again
    (finding,) = proxied.status()["findings"]
    assert finding["kind"] == "proxy"
    assert not [address for address in logs[1].proxies if address in json.dumps(finding)]
    assert "proxies.trusted" in (proxied.data / "report.html").read_text()


def test_a_trusted_proxy_shows_where_visitors_come_from(
    new_footfall: Callable[..., Footfall], logs: tuple[Path, Planted]
) -> None:
    folder, planted = logs
    house = new_footfall(kafka=True, FOOTFALL_PROXIES_TRUSTED=",".join(planted.proxies))
    assert "Warning:" not in house("run", "--log", f"{folder}/*.log")
    (visitors,) = house.rows("select count(distinct (event_date, visitor)) as visitors from hits")
    assert visitors["visitors"] == planted.address_agent_days
    countries = house.rows("select country, count(*) as views from page_views group by country")
    assert {row["country"]: row["views"] for row in countries} == {
        country: views for country, views in planted.page_views_by_country.items() if views
    }


def test_connect_gives_pandas_and_arrow(proxied: Footfall) -> None:
    with footfall.connect(data=proxied.data) as warehouse:
        answer = warehouse.sql(QUESTION)
        frame, table = answer.df(), answer.arrow()
        assert "hits" not in warehouse.tables
        assert "geo_daily" in warehouse.tables
    assert isinstance(table, pa.Table)
    assert table.to_pylist() == proxied.rows(QUESTION, "analyst")
    assert list(frame.columns) == ["country", "views"]
    assert len(frame) == len(answer) == table.num_rows


def test_connect_takes_parameters_and_refuses_rows_to_an_analyst(proxied: Footfall) -> None:
    with footfall.connect(data=proxied.data) as warehouse:
        assert len(warehouse.sql("select 1 as one where $answer = 42", {"answer": 42})) == 1
        with pytest.raises(FootfallError, match="hits may not be read by analyst"):
            warehouse.sql("select * from hits")
    with footfall.connect("batch", data=proxied.data) as warehouse:
        assert len(warehouse.sql("select * from hits limit 3")) == 3
    with pytest.raises(FootfallError, match="R49"):
        footfall.connect("analyst", "marketing", data=proxied.data)


def test_own_hosts_named_later_make_their_referrers_internal(proxied: Footfall, logs: tuple[Path, Planted]) -> None:
    """A setting that changes what a statistic means rebuilds it, without taking the lines again."""
    question = "select sum(views) as views from referrer_daily where referrer_host = 'internal'"
    (proxied.data / "footfall.toml").write_text(f'sites.site.hosts = ["{logs[1].host}"]\n')
    proxied("nightly")
    (named,) = proxied.rows(question, "analyst")
    assert named["views"] > 0
    (proxied.data / "footfall.toml").unlink()
    proxied("nightly")
    (unnamed,) = proxied.rows(question, "analyst")
    assert unnamed["views"] is None
