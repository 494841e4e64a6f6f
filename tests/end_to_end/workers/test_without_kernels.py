"""Without compiled kernels the same records become the same rows, all the way from Kafka to the lake."""

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import pytest

import kernels
from footfall.house import House, now
from footfall.simulate import write_web_log
from footfall.simulate.customers import SOURCES, write_customers
from ingest.sinks import ACCOUNTS, TABLES
from ingest.wire.broker import embedded_broker
from policy import load_policy
from tests.end_to_end.conftest import Footfall

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.skipif(not kernels.is_ready(), reason="there is no compiled library"),
]
DAYS: Final = 2
OF_THE_RUN: Final = frozenset({"taken_at", "intake"})
"""Columns in which any two runs differ."""


def test_the_rows_are_the_same(new_footfall: Callable[..., Footfall], tmp_path: Path) -> None:
    start = now().date() - timedelta(days=DAYS)
    write_web_log(tmp_path, seed=3, start=start, days=DAYS, visitors_a_day=40, progress=None)
    write_customers(tmp_path, load_policy(), seed=3, start=start, days=DAYS, customers=120, visitors_a_day=20)
    compiled = new_footfall(kafka=True).make()
    compiled("ship", str(tmp_path / "*.log"))
    for source in SOURCES:
        compiled("ship", "--source", source, "--backfill", str(tmp_path / f"{source}.jsonl"))
    make_keys(compiled, [start + timedelta(days=number) for number in range(-1, DAYS + 2)])
    # The twin has the same files and keys to begin with, and reads the same topics.
    twin = compiled.data.with_name("a twin")
    shutil.copytree(compiled.data, twin, ignore=shutil.ignore_patterns("kafka"))
    compiled("ingest", "--drain")
    with embedded_broker(compiled.data) as broker:
        plain = Footfall(twin, {"FOOTFALL_KAFKA_BOOTSTRAP": broker.bootstrap, "FOOTFALL_KERNELS": "off"})
        process = plain.start("ingest", "--drain")
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    assert compiled.status()["totals"] == plain.status()["totals"]
    assert compiled.status()["files"] == plain.status()["files"]
    for name in TABLES:
        if name != ACCOUNTS:
            rows = stored(compiled, name)
            assert rows, name
            assert rows == stored(plain, name), name


def make_keys(footfall: Footfall, days: list[date]) -> None:
    """Make the keys of visitors, customers and event ids, which otherwise a worker makes, at random."""
    with House.open(footfall.data) as house:
        for purpose in ("profile", "event"):
            house.keyring.purpose_key(purpose)
        for day in days:
            house.keyring.day_key(day)


def stored(footfall: Footfall, name: str) -> list[str]:
    """Give the rows of a table, in an order of their own."""
    with House.open(footfall.data) as house:
        rows = (
            house.lake.table(name).read().drop_columns([*OF_THE_RUN.intersection(house.lake.table(name).schema.names)])
        )
    return sorted(map(repr, rows.to_pylist()))
