"""A small shop's warehouse, made by the whole pipeline once, and copies of it to be damaged."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from footfall.commands.pipeline.ingest import ingest
from footfall.commands.pipeline.nightly import nightly
from footfall.commands.pipeline.ship import ship
from footfall.commands.pipeline.simulate import Size, default_start, simulate_files
from footfall.exports.disclosing import disclose
from footfall.house import House
from footfall.simulate.customers import SOURCES
from footfall.simulate.web_log import write_web_log
from warehouse.exports import Mailing

DAYS: Final = 2
SITE: Final = "shop"
FORUM: Final = ("/forum/", "/forum/thread/tea-or-coffee")
AWAY: Final = "https://partner.example/offer?from=shop#top"


def make(folder: Path) -> Path:
    """Make a warehouse with two days of a shop: its log, its customers, pages of a forum, clicks that lead away, an export."""
    data, logs = folder / "data", folder / "logs"
    start = default_start(DAYS)
    write_web_log(logs, seed=1, start=start, days=DAYS, visitors_a_day=70, compress=False, proxy=False, progress=_quiet)
    data.mkdir(mode=0o700)
    (data / "footfall.toml").write_text(f'site = "{SITE}"\n\n[sites.{SITE}]\nhosts = ["www.teatime.example"]\n')
    with House.open(data, create=True) as house:
        simulate_files(logs, house.policy, SOURCES, Size(1, start, DAYS, 120, 25))
        day = f"{start + timedelta(days=1)}T10:00:00Z"
        (logs / "further.jsonl").write_text("".join(f"{json.dumps(event)}\n" for event in _further(day)))
        with house.kafka() as connection:
            ship(house, connection, sorted(logs.glob("*.log")), SITE, _quiet)
            for source in SOURCES:
                ship(house, connection, [logs / f"{source}.jsonl"], "", _quiet, source=source, backfill=True)
            ship(house, connection, [logs / "further.jsonl"], "", _quiet, source="clickstream", backfill=True)
            ingest(house, connection, drain=True, bar=_quiet)
        nightly(house, _quiet)
        disclose(house, Mailing("newsletter", "seller"), folder / "sellers.csv", None, role="marketing")
    shutil.rmtree(data / "kafka" / "data")
    shutil.rmtree(data / "kafka" / "tmp", ignore_errors=True)
    return data


def _further(at: str) -> Iterator[dict[str, str]]:
    """Give what the simulated shop lacks: a forum, and clicks that lead away."""
    common = {
        "site": SITE,
        "event_time": at,
        "ip": "203.0.113.9",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0",
    }
    for number, path in enumerate(FORUM):
        yield {
            **common,
            "event_id": f"00000000-0000-4000-8000-00000000000{number}",
            "url": f"https://www.teatime.example{path}",
        }
    yield {
        **common,
        "event_id": "00000000-0000-4000-8000-000000000009",
        "kind": "outbound_click",
        "url": AWAY,
        "referrer": "https://www.teatime.example/tools",
    }


def copied(data: Path, folder: Path) -> Path:
    """Copy a warehouse; files that are only ever replaced share their bytes with the original."""
    copy = folder / "copy"
    shutil.copytree(data, copy, copy_function=_link)
    copy.chmod(0o700)
    return copy


def rewrite(file: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    """Put another file in the place of a plain Parquet file, as somebody with an editor of Parquet would."""
    with pq.ParquetFile(file) as opened:
        rows = change(opened.read())
    replace(file, rows)


def replace(file: Path, rows: pa.Table) -> None:
    """Write rows in the place of a file, unencrypted."""
    part = file.with_suffix(".part")
    pq.write_table(rows, part)
    part.replace(file)


def _link(source: str, target: str) -> str:
    if source.endswith(".parquet"):
        os.link(source, target)
        return target
    return shutil.copy2(source, target)


def _quiet(*_: object) -> None:
    """Nobody watches."""
