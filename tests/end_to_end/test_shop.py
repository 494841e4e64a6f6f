"""The simulated shop goes the whole way: every planted figure comes out, and no planted secret does."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from footfall.house import now
from footfall.simulate import Planted, write_web_log
from ingest.wire.broker import embedded_broker
from ingest.wire.connection import Connection
from ingest.wire.fetch import ColumnarSource
from ingest.wire.topics import describe_topic
from tests.end_to_end.conftest import Footfall, everything_written

pytestmark = pytest.mark.kafka
DAYS = 3


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Planted]:
    folder = tmp_path_factory.mktemp("shop logs")
    start = now().date() - timedelta(days=DAYS)
    return folder, write_web_log(
        folder, seed=7, start=start, days=DAYS, visitors_a_day=160, compress=True, progress=None
    )


@pytest.fixture(scope="module")
def shop(new_footfall: Callable[..., Footfall], planted: tuple[Path, Planted]) -> Footfall:
    folder, _ = planted
    made = new_footfall(kafka=True)
    made("run", "--site", "shop", "--log", f"{folder}/*.log.gz")
    return made


def test_every_line_is_where_it_was_planted(shop: Footfall, planted: tuple[Path, Planted]) -> None:
    _, expected = planted
    totals = shop.status()["totals"]
    assert totals == {
        "lines_in": expected.lines,
        "kept": expected.kept,
        "dropped": dict(expected.dropped),
        "dead_letters": dict(expected.dead_letters),
    }
    assert {file["file"] for file in shop.status()["files"]} == set(expected.files)


def test_the_figures_are_the_planted_ones(shop: Footfall, planted: tuple[Path, Planted]) -> None:
    _, expected = planted
    (sums,) = shop.rows("select sum(bytes) as bytes, count(distinct (event_date, visitor)) as visitors from hits")
    assert sums == {"bytes": expected.bytes_sum, "visitors": expected.address_agent_days}
    (views,) = shop.rows("select count(*) as views from page_views")
    assert views["views"] == expected.page_views
    by_day = shop.rows("select event_date, count(*) as views from page_views group by event_date order by event_date")
    assert {date.fromisoformat(row["event_date"]): row["views"] for row in by_day} == dict(expected.page_views_by_day)
    (robots,) = shop.rows("select count(*) as hits from hits where is_bot")
    assert robots["hits"] == expected.robot_lines


def test_releases_add_up_to_all_page_views(shop: Footfall, planted: tuple[Path, Planted]) -> None:
    """Merging hides groups, never views (R7)."""
    _, expected = planted
    for table in ("geo_daily", "page_daily", "referrer_daily"):
        (total,) = shop.rows(f"select sum(views) as views, min(visitors) as fewest from {table}", "analyst")
        assert total["views"] == expected.page_views
        assert total["fewest"] >= 10


def test_no_planted_secret_and_no_address_is_written_anywhere(shop: Footfall, planted: tuple[Path, Planted]) -> None:
    """R5, R13, R26: every file below the data folder but Kafka's raw topic, decoded where it is Parquet or SQLite."""
    _, expected = planted
    secrets = {secret for kind in expected.secrets.values() for secret in kind} | set(expected.addresses)
    assert len(secrets) > 100
    for name, content in everything_written(shop.data):
        found = [secret for secret in secrets if secret in content]
        assert not found, f"{name} has {json.dumps(found[:3])}"


def test_passwords_are_not_even_in_kafkas_raw_topic(shop: Footfall, planted: tuple[Path, Planted]) -> None:
    """R26: the first durable write is Kafka's. Tokens in paths are removed later, before the lake (R13)."""
    _, expected = planted
    with embedded_broker(shop.data) as broker:
        connection = Connection(broker.bootstrap)
        partitions = describe_topic(connection, "web_log")
        with ColumnarSource(connection, dict.fromkeys(partitions, 0), 50_000) as source:
            ends = source.ends()
            lines: list[bytes] = []
            while any(source.position(part) < end for part, end in ends.items()):
                for records in source.poll(500).values():
                    lines += records.values.to_pylist()
    assert len(lines) == expected.lines
    raw = b"\n".join(lines).decode("utf-8", "replace")
    assert expected.secrets["password"]
    assert not [secret for secret in expected.secrets["password"] if secret in raw]
