"""Hits to order: small tables of anonymous requests, put into a real lake as a worker would put them."""

import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from policy import Policy
from warehouse.lake import FileKeys, Lake

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
FIRST = date(2026, 11, 1)
PLAIN: Mapping[str, Any] = {
    "kind": "page",
    "utc_offset_min": 0,
    "site": "shop",
    "channel": "web",
    "collected_via": "log_file",
    "method": "GET",
    "path": "/",
    "query": None,
    "status": 200,
    "bytes": 100,
    "referrer_host": None,
    "outbound_host": None,
    "country": "DE",
    "region": "DE-BE",
    "device": "Desktop",
    "browser": "Firefox",
    "system": "Linux",
    "is_bot": False,
    "bot_kind": None,
    "bot_label": None,
    "visitor": 1,
    "policy_version": "1.4",
    "taken_at": NOW,
}


SOURCES = {"customer_events": "clickstream", "purchases": "transaction"}
PLACES = (("US", "US-CA"), ("US", "US-NY"), ("DE", "DE-BE"), ("FR", "unknown"), ("JP", "JP-13"))
AGENTS = (("Desktop", "Firefox", "Linux"), ("Phone", "Safari", "iOS"), ("Tablet", "Edge", "Other"))


def day(number: int) -> date:
    """Give the day `number` days after the first of these tests."""
    return FIRST + timedelta(days=number)


def hit(on: date, visitor: int, **values: object) -> dict[str, Any]:
    """Give one hit: a page view on a day by a visitor, unless `values` say otherwise."""
    return {**PLAIN, "event_date": on, "event_time": datetime(on.year, on.month, on.day, 12, tzinfo=UTC)} | {
        "visitor": visitor,
        **values,
    }


def crowd(on: date, visitors: int, *, start: int = 0, views: int = 1, **values: object) -> list[dict[str, Any]]:
    """Give the views of so many visitors, each with as many views."""
    return [hit(on, visitor, **values) for visitor in range(start, start + visitors) for _ in range(views)]


def traffic(seed: int, days: Sequence[date], visitors: int = 60) -> list[dict[str, Any]]:
    """Give lively traffic of two sites: some big cells, many small ones, bots and missing pages."""
    chance = random.Random(seed)
    rows = []
    for on in days:
        for visitor in range(visitors):
            country, region = chance.choices(PLACES, (9, 5, 5, 2, 1))[0]
            device, browser, system = chance.choices(AGENTS, (9, 4, 1))[0]
            site = chance.choice(("shop", "shop", "blog"))
            for _ in range(chance.randint(1, 4)):
                missing, is_bot = chance.random() < 0.2, chance.random() < 0.1
                number = int(chance.paretovariate(1)) % 12
                one = hit(
                    on,
                    visitor + 1000 * (site == "blog"),
                    site=site,
                    country=country,
                    region=region,
                    device=device,
                    browser=browser,
                    system=system,
                    path=f"/gone/{number}" if missing else f"/page/{number}",
                    status=404 if missing else 200,
                    kind="error" if missing else "page",
                    referrer_host=chance.choice((None, "shop.example", "search.example", f"r{number}.example")),
                    is_bot=is_bot,
                    bot_kind="Search engines" if is_bot else None,
                    bot_label=f"bot{number}" if is_bot else None,
                )
                rows.append(one)
    return rows


class Worker:
    """Puts hits and their intakes into a lake, each batch as the next intake of one partition."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self.offset = 0

    def take(self, rows: Sequence[Mapping[str, Any]], *, finished: bool = True, kept: int | None = None) -> None:
        """Commit one intake: its hits, and its row in `intakes` unless the worker dies before."""
        intake, after = f"t/0/{self.offset}", self.offset + max(1, len(rows))
        hits = self.lake.table("hits")
        table = pa.Table.from_pylist([{**row, "intake": intake} for row in rows], hits.schema)
        if rows:
            hits.commit(hits.stage(table), app_id="c/t/0", start=self.offset, end=after)
        if finished:
            kept = len(rows) if kept is None else kept
            is_log = all(row["collected_via"] == "log_file" for row in rows)
            self._note(intake, after, kept, "web_log" if is_log else "clickstream")
        self.offset = after

    def take_about_customers(
        self,
        table: str,
        rows: Sequence[Mapping[str, Any]],
        *,
        kept: int | None = None,
        stored: list[tuple[str, int]] | None = None,
    ) -> None:
        """Commit one intake of rows about customers: to `customer_events` or `purchases`, and its row in `intakes`."""
        after = self.offset + max(1, len(rows))
        target = self.lake.table(table)
        staged = target.stage(pa.Table.from_pylist(list(rows), target.schema))
        target.commit(staged, app_id="c/t/0", start=self.offset, end=after)
        kept = len(rows) if kept is None else kept
        self._note(f"t/0/{self.offset}", after, kept, SOURCES[table], stored or [(table, kept)])
        self.offset = after

    def _note(
        self, intake: str, after: int, kept: int, source: str = "web_log", stored: list[tuple[str, int]] | None = None
    ) -> None:
        intakes = self.lake.table("intakes")
        row = {
            "intake": intake,
            "source": source,
            "topic": source,
            "topic_id": "t",
            "partition": 0,
            "offset_from": self.offset,
            "offset_next": after,
            "lines_in": kept + 3,
            "kept": kept,
            "dropped": [("blank_line", 2)],
            "dead_letters": [("not_a_log_line", 1)],
            "stored": stored,
            "taken_at": NOW,
            "policy_version": "1.4",
        }
        staged = intakes.stage(pa.Table.from_pylist([row], intakes.schema))
        intakes.commit(staged, app_id="c/t/0", start=self.offset, end=after)


def open_lake(folder: Path, policy: Policy, keys: FileKeys | None = None) -> Lake:
    """Open a lake whose clock stands at `NOW`; rows about customers need keys."""
    return Lake(folder / "lake", policy, lambda: NOW, keys)


def rows_of(lake: Lake, names: Iterable[str], *, without: Sequence[str] = ()) -> dict[str, list[dict[str, Any]]]:
    """Give all rows of tables, in a fixed order, without the columns that say when they were made."""
    found = {}
    for name in names:
        table = lake.table(name)
        columns = [column for column in table.schema.names if column not in without]
        found[name] = sorted(table.read(columns=columns).to_pylist(), key=str)
    return found
