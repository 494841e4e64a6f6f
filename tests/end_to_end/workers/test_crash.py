"""`kill -9` of the worker at any moment loses nothing and repeats nothing, over all four sources (R53)."""

import itertools
import random
import signal
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from footfall.simulate import write_web_log
from footfall.simulate.customers import SOURCES, PlantedCustomers, write_customers
from policy import load_policy
from tests.end_to_end.conftest import Footfall
from tests.end_to_end.reckoning import everything

KILLS = 20
SEED = 20260311
START = date(2026, 11, 2)


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, PlantedCustomers]:
    folder = tmp_path_factory.mktemp("records")
    logs = write_web_log(folder, seed=SEED, start=START, days=2, visitors_a_day=160, progress=None)
    planted = write_customers(folder, load_policy(), seed=SEED, start=START, days=4, customers=120, visitors_a_day=60)
    return folder, logs.lines, planted


def ship_all(footfall: Footfall, folder: Path) -> None:
    footfall("ship", *(str(path) for path in sorted(folder.glob("*.log"))))
    for source in SOURCES:
        footfall("ship", "--source", source, "--backfill", str(folder / f"{source}.jsonl"))


@pytest.mark.long
@pytest.mark.kafka
def test_a_killed_worker_loses_and_repeats_nothing(
    new_footfall: Callable[..., Footfall], records: tuple[Path, int, PlantedCustomers]
) -> None:
    """Twenty kills at random moments between small commits, then a drain: the same rows as without any kill."""
    folder, lines, planted = records
    calm = new_footfall(kafka=True)
    ship_all(calm, folder)
    calm("ingest", "--drain")
    stormy = new_footfall(kafka=True, FOOTFALL_INGEST_ROWS_MAX="120")
    ship_all(stormy, folder)
    chance = random.Random(SEED)
    log = stormy.data / "lake" / "facts" / "intakes" / "_delta_log"
    for _ in range(KILLS):
        before = len(list(log.glob("*.json")))
        worker = stormy.fork("ingest", "--drain")
        commits = chance.randrange(2)
        while worker.is_alive() and len(list(log.glob("*.json"))) <= before + commits:
            time.sleep(0.005)
        time.sleep(chance.random() * 0.1)
        worker.kill()
        worker.join()
        assert worker.exitcode == -signal.SIGKILL, (
            "the worker ended by itself: there must be lines left to be killed over"
        )
    stormy("ingest", "--drain")
    totals = stormy.status()["totals"]
    assert totals == calm.status()["totals"]
    assert totals["lines_in"] == lines + sum(one.records for one in planted.sources.values())
    assert totals["lines_in"] == totals["kept"] + sum(totals["dropped"].values()) + sum(totals["dead_letters"].values())
    expected = everything(calm, planted)
    for name, rows in everything(stormy, planted).items():
        assert rows == expected[name], name
    visitors = (
        "select event_date, count(distinct visitor) as visitors from hits group by event_date order by event_date"
    )
    assert stormy.rows(visitors) == calm.rows(visitors)
    spans = stormy.rows(
        "select topic_id, partition, offset_from, offset_next, sum(lines_in) as lines from intakes group by all order by all"
    )
    for earlier, later in itertools.pairwise(spans):
        same = (later["topic_id"], later["partition"]) == (earlier["topic_id"], earlier["partition"])
        assert not same or later["offset_from"] == earlier["offset_next"], "each offset once"
    stored = stormy.rows("select (select sum(kept) from intakes) as counted, (select count(*) from hits) as hits")
    named = sum(len(expected[f"{table} by customer"]) for table in ("customer_events", "purchases"))
    forms = stormy.rows("select sum(kept) as forms from intakes where source = 'registration'")
    assert stored[0]["counted"] == totals["kept"] == stored[0]["hits"] + named + forms[0]["forms"]
