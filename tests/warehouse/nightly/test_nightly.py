"""A night brings marts and releases up to date, once, whatever happened before (R57, R7, R1)."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from policy import Policy
from tests.warehouse.nightly.conftest import Warehouse
from tests.warehouse.nightly.customers import events
from tests.warehouse.nightly.hits import NOW, crowd, day, hit, rows_of, traffic
from warehouse.lake.changes import COMPACT
from warehouse.lake.table import LakeTable
from warehouse.nightly import NightlySummary
from warehouse.nightly.marts import stale
from warehouse.registry import Registry, sqlite_url

CELLS = ("geo_daily_cells", "page_daily_cells", "referrer_daily_cells", "agent_daily_cells", "missing_daily_cells")
RELEASES = ("geo_daily", "page_daily", "referrer_daily", "agent_daily", "missing_daily")
MADE = (*CELLS, "crowd_daily_cells", "status_daily", "bot_daily", "bot_layers_daily", *RELEASES)

TRAFFIC = [*traffic(5, [day(0), day(1)], 90), *crowd(day(3), 9)]
CAME_FROM = {
    None: 11,
    "shop.example": 12,
    "shop": 13,
    "search.example": 14,
    "direct": 15,
    "internal": 16,
    "other": 17,
}
CELLS_TO_KNOW = [
    *(
        row
        for at, (host, visitors) in enumerate(CAME_FROM.items())
        for row in crowd(day(10), visitors, start=100 * at, referrer_host=host)
    ),
    *crowd(day(11), 2, views=3, path="/a"),
    *crowd(day(11), 1, start=1, views=2, path="/b", country="unknown", region="unknown"),
    *crowd(day(11), 1, start=7, is_bot=True, bot_kind="Search engines", bot_label="Findbot"),
    hit(day(11), 1, kind="error", status=404, path="/gone"),
    *crowd(day(12), 3, status=500, kind="error", bytes=None),
    *crowd(day(12), 2, views=5, is_bot=True, bot_kind="Search engines", bot_label="Findbot"),
    *crowd(day(12), 9, is_bot=True, bot_kind="Search engines", bot_label="Ours by Jane Doe"),
    *crowd(day(12), 1, is_bot=True, bot_kind=None, bot_label=None),
]


class KilledError(BaseException):
    """Stands for the process's end: nothing of ours may catch it."""


def _days(summary: NightlySummary) -> set[tuple[date, ...] | None]:
    return {rebuilt.days for rebuilt in summary.rebuilt}


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, plimus: Policy) -> Iterator[tuple[Warehouse, NightlySummary]]:
    """Give a warehouse after its first night, for tests that change nothing."""
    folder = tmp_path_factory.mktemp("lived")
    with Registry.open(sqlite_url(folder)) as registry:
        warehouse = Warehouse(folder, registry, plimus)
        warehouse.worker.take(TRAFFIC)
        warehouse.worker.take(CELLS_TO_KNOW)
        yield warehouse, warehouse.night()


def test_the_first_night_makes_everything(lived: tuple[Warehouse, NightlySummary]) -> None:
    warehouse, summary = lived
    days = tuple(sorted({row["event_date"] for row in [*TRAFFIC, *CELLS_TO_KNOW]}))
    assert {rebuilt.table for rebuilt in summary.rebuilt} == set(MADE)
    assert {rebuilt.days for rebuilt in summary.rebuilt} == {days}
    assert {rebuilt.table: rebuilt.rows for rebuilt in summary.rebuilt} == {
        name: len(warehouse.rows(name)) for name in MADE
    }
    assert (summary.now, summary.policy_version, summary.holds) == (NOW, "1.4", True)
    for name in MADE:
        assert {row["policy_version"] for row in warehouse.rows(name)} == {"1.4"}
    for name in RELEASES:
        assert {row["released_at"] for row in warehouse.rows(name)} == {NOW}
        assert min(row["visitors"] for row in warehouse.rows(name)) >= warehouse.policy.k


def test_a_second_night_has_nothing_to_do(lived: tuple[Warehouse, NightlySummary]) -> None:
    warehouse, _ = lived
    versions = {name: warehouse.lake.table(name).version for name in MADE}
    assert warehouse.night().rebuilt == ()
    assert {name: warehouse.lake.table(name).version for name in MADE} == versions


def test_a_compaction_changes_no_day(lived: tuple[Warehouse, NightlySummary]) -> None:
    warehouse, _ = lived
    hits = warehouse.lake.table("hits")
    hits._log.commit([], {}, COMPACT)
    assert warehouse.night().rebuilt == ()
    assert {warehouse.lake.table(name).watermark("hits") for name in MADE} == {hits.version}


def test_small_files_of_closed_days_become_one_and_no_day_is_made_anew(warehouse: Warehouse) -> None:
    for start in (0, 20):
        warehouse.worker.take([*crowd(day(0), 12, start=start), *crowd(NOW.date(), 12, start=start)])
    summary = warehouse.night(at_once=True)
    assert (summary.compacted.days, summary.compacted.files_before, summary.compacted.files_after) == (1, 2, 1)
    assert len(warehouse.lake.table("hits").files([day(0)])) == 1
    assert len(warehouse.lake.table("hits").files([NOW.date()])) == 2
    warehouse.clock.at += timedelta(days=9)
    summary = warehouse.night()
    assert summary.compacted.days == 1
    assert [rebuilt.table for rebuilt in summary.rebuilt] == []


def test_only_days_that_changed_are_made_anew(warehouse: Warehouse) -> None:
    warehouse.worker.take(crowd(day(0), 12) + crowd(day(1), 12) + crowd(day(2), 12))
    warehouse.night()
    warehouse.worker.take(crowd(day(1), 10, start=12))
    warehouse.worker.take(crowd(day(5), 12))
    warehouse.clock.at += timedelta(days=1)
    assert _days(warehouse.night()) == {(day(1), day(5))}
    made = {row["event_date"]: row["released_at"] for row in warehouse.rows("geo_daily")}
    assert made == {day(0): NOW, day(2): NOW, day(1): warehouse.clock.at, day(5): warehouse.clock.at}


def test_many_nights_in_small_chunks_make_what_one_night_makes(
    warehouse: Warehouse, other_warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = [traffic(1, [day(0)], 15), traffic(2, [day(0), day(1)], 15)]
    for batch in batches:
        other_warehouse.worker.take(batch)
    other_warehouse.night()
    monkeypatch.setattr(stale, "CHUNK_BYTES_MAX", 1)
    for batch in batches:
        warehouse.worker.take(batch)
        warehouse.night()
    assert rows_of(warehouse.lake, MADE) == rows_of(other_warehouse.lake, MADE)


def test_people_who_were_numbered_twice_count_once_towards_k(warehouse: Warehouse) -> None:
    """Six people before and after the day's key was destroyed have twelve numbers, and still are fewer than ten (R7)."""
    number = 0
    for _ in range(2):
        warehouse.keyring.day_key(day(0))
        warehouse.worker.take([*crowd(day(0), 6, start=number), *crowd(day(1), 6, start=number)])
        warehouse.night()
        warehouse.clock.at += timedelta(days=30)
        warehouse.keyring.destroy_expired_day_keys(timedelta(hours=48))
        number += 6
    for name in ("geo_daily", "page_daily", "referrer_daily", "agent_daily"):
        assert {row["event_date"] for row in warehouse.rows(name)} == {day(1)}
    warehouse.worker.take(crowd(day(0), 8, start=number))
    warehouse.night()
    rows = [row for row in warehouse.rows("geo_daily") if row["event_date"] == day(0)]
    assert [(row["visitors"], row["visitors_exact"]) for row in rows] == [(20, False)]


def test_a_day_that_is_gone_leaves_every_table(warehouse: Warehouse) -> None:
    warehouse.worker.take(traffic(1, [day(0), day(1)]))
    warehouse.night()
    hits = warehouse.lake.table("hits")
    hits.replace_days(hits.schema.empty_table(), [day(1)], watermarks={})
    assert _days(warehouse.night()) == {(day(1),)}
    for name in MADE:
        assert warehouse.lake.table(name).days() == [day(0)]


@pytest.mark.parametrize(
    "committed", [pytest.param(False, marks=pytest.mark.long), True], ids=["before the commit", "after the commit"]
)
def test_a_night_that_is_killed_is_made_good_by_the_next(
    warehouse: Warehouse, other_warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, *, committed: bool
) -> None:
    """Some commits of a night are once the last thing that it does; the nights after it end with the same tables."""
    for one in (warehouse, other_warehouse):
        one.worker.take(crowd(day(0), 12) + crowd(day(1), 7, start=6, country="FR"))
        one.worker.take_about_customers("customer_events", events(1, [day(0), day(1)], 4))
        one.people.roles.update({1: "customer", 2: "seller"})
    other_warehouse.night()
    replace_days = LakeTable.replace_days
    deadly = {"page_daily_cells", "customer_profiles", "referrer_daily"}

    def dying(table: LakeTable, rows: Any, days: Any, *, watermarks: Any) -> None:
        dies = table.name in deadly
        deadly.discard(table.name)
        if committed or not dies:
            replace_days(table, rows, days, watermarks=watermarks)
        else:
            table.stage(rows)
        if dies:
            raise KilledError(table.name)

    monkeypatch.setattr(LakeTable, "replace_days", dying)
    while deadly:
        with pytest.raises(KilledError):
            warehouse.night()
    assert len(warehouse.night().rebuilt) == (0 if committed else 1)
    made = (*MADE, "customer_daily", "customer_profiles")
    assert rows_of(warehouse.lake, made) == rows_of(other_warehouse.lake, made)


def test_all_tables_of_a_day_add_up_to_the_same(lived: tuple[Warehouse, NightlySummary]) -> None:
    """Whoever subtracts the total of one published table from another's gets nothing (R7)."""
    warehouse, summary = lived
    rows = [*TRAFFIC, *CELLS_TO_KNOW]
    seen = [row for row in rows if row["kind"] == "page" and not row["is_bot"]]
    views = Counter((row["event_date"], row["site"]) for row in seen)
    people = Counter(key[:2] for key in {(row["event_date"], row["site"], row["visitor"]) for row in seen})
    published = {key for key, visitors in people.items() if visitors >= warehouse.policy.k}
    for name in ("geo_daily", "page_daily", "referrer_daily", "agent_daily"):
        totals: dict[Any, Counter[str]] = defaultdict(Counter)
        for row in warehouse.rows(name):
            totals[row["event_date"], row["site"], row.get("facet")] += Counter(
                views=row["views"], visitors=row["visitors"]
            )
        assert {key[:2] for key in totals} == published
        for (on, site, _), total in totals.items():
            assert total["views"] == views[on, site]
            if name in ("geo_daily", "agent_daily"):
                assert total["visitors"] == people[on, site]
    hidden = {rebuilt.table: rebuilt.hidden_days for rebuilt in summary.rebuilt}
    assert hidden["geo_daily"] == hidden["agent_daily"] == len(people) - len(published) > 0
    missing = Counter((row["event_date"], row["site"]) for row in rows if row["status"] == 404 and not row["is_bot"])
    for row in warehouse.rows("missing_daily"):
        missing[row["event_date"], row["site"]] -= row["views"]
    shown = {(row["event_date"], row["site"]) for row in warehouse.rows("missing_daily")}
    assert shown
    assert all(missing[key] == 0 for key in shown)


def test_a_site_knows_its_own_hosts(lived: tuple[Warehouse, NightlySummary]) -> None:
    rows = [row for row in lived[0].rows("referrer_daily") if row["event_date"] == day(10)]
    assert {row["referrer_host"]: row["views"] for row in rows} == {
        "direct": 11,
        "internal": 12 + 13,
        "search.example": 14,
        "direct.": 15,
        "internal.": 16,
        "(other)": 17,
    }


def _of_day(warehouse: Warehouse, table: str, number: int, *columns: str) -> list[tuple[Any, ...]]:
    rows = [row for row in warehouse.rows(table) if row["event_date"] == day(number)]
    return [tuple(row[name] for name in columns) for row in rows]


def test_cells_are_exact(lived: tuple[Warehouse, NightlySummary]) -> None:
    warehouse, _ = lived
    assert _of_day(warehouse, "page_daily_cells", 11, "path", "views", "visitors") == [("/a", 6, 2), ("/b", 2, 1)]
    assert _of_day(warehouse, "geo_daily_cells", 11, "country", "region", "views") == [
        ("DE", "DE-BE", 6),
        ("unknown", "unknown", 2),
    ]
    assert _of_day(warehouse, "missing_daily_cells", 11, "path", "views", "visitors") == [("/gone", 1, 1)]
    assert _of_day(warehouse, "agent_daily_cells", 11, "facet", "name", "views") == [
        ("browser", "Firefox", 8),
        ("device", "Desktop", 8),
        ("system", "Linux", 8),
    ]
    assert _of_day(warehouse, "geo_daily", 11, "country") == []


def test_operators_see_answers_and_bots(lived: tuple[Warehouse, NightlySummary]) -> None:
    warehouse, _ = lived
    assert _of_day(warehouse, "status_daily", 12, "kind", "status", "is_bot", "requests", "bytes") == [
        ("error", 500, False, 3, 0),
        ("page", 200, True, 20, 2000),
    ]
    assert _of_day(warehouse, "bot_daily", 12, "bot_kind", "bot_label", "requests") == [
        ("Search engines", "Findbot", 10),
        ("Search engines", "other", 9),
        ("unknown", "other", 1),
    ]


def test_what_is_made_in_another_way_is_made_anew(warehouse: Warehouse, plimus: Policy) -> None:
    warehouse.worker.take(crowd(day(0), 12))
    warehouse.night()
    changed = {rebuilt.table for rebuilt in warehouse.night(own_hosts={"shop": ["search.example"]}).rebuilt}
    assert changed == {"referrer_daily_cells", "referrer_daily"}
    stricter = msgspec.structs.replace(plimus, releases=msgspec.structs.replace(plimus.releases, k=13))
    assert {rebuilt.table for rebuilt in warehouse.night(stricter).rebuilt} == set(MADE)
    assert warehouse.rows("geo_daily") == []


def test_an_empty_warehouse_has_quiet_nights(warehouse: Warehouse) -> None:
    summary = warehouse.night()
    assert (summary.rebuilt, summary.hits_version, summary.holds) == ((), -1, True)
    assert not any(warehouse.lake.table(name).exists for name in MADE)


def test_progress_is_told_from_first_to_last(warehouse: Warehouse) -> None:
    told: list[tuple[str, int, int]] = []
    warehouse.night(progress=lambda what, done, of: told.append((what, done, of)))
    assert [done for _, done, _ in told] == list(range(len(told)))
    assert {of for _, _, of in told} == {len(told)}
