"""`kill -9` of the worker at any moment loses nothing and repeats nothing (R53)."""

import itertools
import random
import signal
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from footfall.simulate import Planted, write_web_log
from tests.end_to_end.conftest import Footfall

KILLS = 20
SEED = 20260311
# All that a row says of its line; visitor numbers are random by day, intakes and times of intake differ between warehouses.
ROW = (
    "kind, event_time, utc_offset_min, site, method, path, query, status, bytes, referrer_host, country, region, device, "
    "browser, system, is_bot, bot_kind, bot_label, event_date"
)


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Planted]:
    folder = tmp_path_factory.mktemp("logs")
    return folder, write_web_log(folder, seed=SEED, start=date(2026, 11, 2), days=3, visitors_a_day=220, progress=None)


@pytest.mark.kafka
def test_a_killed_worker_loses_and_repeats_nothing(
    new_footfall: Callable[..., Footfall], logs: tuple[Path, Planted]
) -> None:
    """Twenty kills at random moments between small commits, then a drain: the same rows as without any kill."""
    folder, planted = logs
    names = [str(path) for path in sorted(folder.glob("*.log"))]
    calm = new_footfall(kafka=True)
    calm("ship", *names)
    calm("ingest", "--drain")
    stormy = new_footfall(kafka=True, FOOTFALL_INGEST_ROWS_MAX="250")
    stormy("ship", *names)
    chance = random.Random(SEED)
    log = stormy.data / "lake" / "facts" / "intakes" / "_delta_log"
    for _ in range(KILLS):
        before = len(list(log.glob("*.json")))
        worker = stormy.fork("ingest", "--drain")
        commits = chance.randrange(2)
        while worker.is_alive() and len(list(log.glob("*.json"))) <= before + commits:
            time.sleep(0.005)
        time.sleep(chance.random() * 0.15)
        worker.kill()
        worker.join()
        assert worker.exitcode == -signal.SIGKILL, (
            "the worker ended by itself: there must be lines left to be killed over"
        )
    stormy("ingest", "--drain")
    assert stormy.status()["totals"] == calm.status()["totals"]
    totals = stormy.status()["totals"]
    assert (
        totals["lines_in"]
        == planted.lines
        == totals["kept"] + sum(totals["dropped"].values()) + sum(totals["dead_letters"].values())
    )
    question = f"select {ROW}, count(*) as copies from hits group by all order by all"
    assert stormy.rows(question) == calm.rows(question)
    visitors = (
        "select event_date, count(distinct visitor) as visitors from hits group by event_date order by event_date"
    )
    assert stormy.rows(visitors) == calm.rows(visitors)
    spans = stormy.rows(
        "select partition, offset_from, offset_next, sum(lines_in) as lines from intakes group by all order by all"
    )
    for earlier, later in itertools.pairwise(spans):
        assert later["partition"] != earlier["partition"] or later["offset_from"] == earlier["offset_next"], (
            "each offset once"
        )
    kept = stormy.rows("select (select sum(kept) from intakes) as counted, (select count(*) from hits) as stored")
    assert kept == [{"counted": totals["kept"], "stored": totals["kept"]}]
