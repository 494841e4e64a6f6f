"""A night brings marts and releases up to date, once, whatever happened before (R57, R7, R1)."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from policy import Policy
from tests.warehouse.nightly.conftest import OWN_HOSTS, Warehouse
from tests.warehouse.nightly.hits import NOW, crowd, day, hit, rows_of, traffic
from warehouse.lake.table import LakeTable
from warehouse.nightly import NightlySummary, run_nightly, stale

CELLS = ("geo_daily_cells", "page_daily_cells", "referrer_daily_cells", "agent_daily_cells", "missing_daily_cells")
RELEASES = ("geo_daily", "page_daily", "referrer_daily", "agent_daily", "missing_daily")
MADE = (*CELLS, "status_daily", "bot_daily", *RELEASES)


class KilledError(BaseException):
    """Stands for the process's end: nothing of ours may catch it."""


def _days(summary: NightlySummary) -> set[tuple[date, ...]]:
    return {rebuilt.days for rebuilt in summary.rebuilt}


def test_the_first_night_makes_everything(warehouse: Warehouse) -> None:
    warehouse.worker.take(traffic(1, [day(0), day(2)]))
    summary = warehouse.night()
    assert {rebuilt.table for rebuilt in summary.rebuilt} == set(MADE)
    assert _days(summary) == {(day(0), day(2))}
    assert {rebuilt.table: rebuilt.rows for rebuilt in summary.rebuilt} == {
        name: len(warehouse.rows(name)) for name in MADE
    }
    assert (summary.now, summary.policy_version, summary.holds) == (NOW, "1.4", True)
    for name in MADE:
        assert {row["policy_version"] for row in warehouse.rows(name)} == {"1.4"}
    for name in RELEASES:
        assert {row["released_at"] for row in warehouse.rows(name)} == {NOW}
        assert min(row["visitors"] for row in warehouse.rows(name)) >= warehouse.policy.k


def test_a_second_night_has_nothing_to_do(warehouse: Warehouse) -> None:
    warehouse.worker.take(traffic(1, [day(0)]))
    warehouse.night()
    versions = {name: warehouse.lake.table(name).version for name in MADE}
    warehouse.clock.at += timedelta(days=1)
    assert warehouse.night().rebuilt == ()
    assert {name: warehouse.lake.table(name).version for name in MADE} == versions


def test_only_days_that_changed_are_made_anew(warehouse: Warehouse) -> None:
    warehouse.worker.take(crowd(day(0), 12) + crowd(day(1), 12) + crowd(day(2), 12))
    warehouse.night()
    warehouse.worker.take(crowd(day(1), 3))
    warehouse.worker.take(crowd(day(5), 12))
    warehouse.clock.at += timedelta(days=1)
    assert _days(warehouse.night()) == {(day(1), day(5))}
    made = {row["event_date"]: row["released_at"] for row in warehouse.rows("geo_daily")}
    assert made == {day(0): NOW, day(2): NOW, day(1): warehouse.clock.at, day(5): warehouse.clock.at}


def test_many_nights_make_what_one_night_makes(warehouse: Warehouse, other_warehouse: Warehouse) -> None:
    batches = [traffic(seed, [day(seed % 3), day(seed % 2)], 15) for seed in range(3)]
    for batch in batches:
        warehouse.worker.take(batch)
        warehouse.night()
        other_warehouse.worker.take(batch)
    other_warehouse.night()
    assert rows_of(warehouse.lake, MADE) == rows_of(other_warehouse.lake, MADE)


def test_a_day_that_is_gone_leaves_every_table(warehouse: Warehouse) -> None:
    warehouse.worker.take(traffic(1, [day(0), day(1)]))
    warehouse.night()
    hits = warehouse.lake.table("hits")
    hits.replace_days(hits.schema.empty_table(), [day(1)], watermarks={})
    assert _days(warehouse.night()) == {(day(1),)}
    for name in MADE:
        assert warehouse.lake.table(name).days() == [day(0)]


@pytest.mark.parametrize("committed", [False, True], ids=["before the commit", "after the commit"])
def test_a_night_that_is_killed_is_made_good_by_the_next(
    warehouse: Warehouse, other_warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, *, committed: bool
) -> None:
    """Some commits of a night are once the last thing that it does; the nights after it end with the same tables."""
    for one in (warehouse, other_warehouse):
        one.worker.take(crowd(day(0), 12) + crowd(day(1), 7, start=6, country="FR"))
    other_warehouse.night()
    replace_days = LakeTable.replace_days
    deadly = {"bot_daily", "page_daily_cells", "geo_daily", "referrer_daily"}

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
    assert rows_of(warehouse.lake, MADE) == rows_of(other_warehouse.lake, MADE)


def test_all_tables_of_a_day_add_up_to_the_same(warehouse: Warehouse) -> None:
    """Whoever subtracts the total of one published table from another's gets nothing (R7)."""
    rows = traffic(5, [day(0), day(1)], 90) + crowd(day(3), 9)
    warehouse.worker.take(rows)
    summary = warehouse.night()
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
    assert hidden["geo_daily"] == hidden["agent_daily"] == len(people) - len(published) == 1
    missing = Counter((row["event_date"], row["site"]) for row in rows if row["status"] == 404)
    for row in warehouse.rows("missing_daily"):
        missing[row["event_date"], row["site"]] -= row["views"]
    shown = {(row["event_date"], row["site"]) for row in warehouse.rows("missing_daily")}
    assert shown
    assert all(missing[key] == 0 for key in shown)


def test_a_site_knows_its_own_hosts(warehouse: Warehouse) -> None:
    came_from = {
        None: 11,
        "shop.example": 12,
        "shop": 13,
        "search.example": 14,
        "direct": 15,
        "internal": 16,
        "other": 17,
    }
    rows = [row for host, visitors in came_from.items() for row in crowd(day(0), visitors, referrer_host=host)]
    warehouse.worker.take(rows)
    warehouse.night()
    found = {row["referrer_host"]: row["views"] for row in warehouse.rows("referrer_daily")}
    assert found == {
        "direct": 11,
        "internal": 12 + 13,
        "search.example": 14,
        "direct.": 15,
        "internal.": 16,
        "(other)": 17,
    }
    changed = {rebuilt.table for rebuilt in warehouse.night(own_hosts={"shop": ["search.example"]}).rebuilt}
    assert changed == {"referrer_daily_cells", "referrer_daily"}


def test_cells_are_exact(warehouse: Warehouse) -> None:
    warehouse.worker.take(
        [
            *crowd(day(0), 2, views=3, path="/a"),
            *crowd(day(0), 1, start=1, views=2, path="/b", country="unknown", region="unknown"),
            *crowd(day(0), 1, start=7, is_bot=True, bot_kind="Search engines", bot_label="Findbot"),
            hit(day(0), 1, kind="error", status=404, path="/gone"),
        ]
    )
    warehouse.night()
    pages = [(row["path"], row["views"], row["visitors"]) for row in warehouse.rows("page_daily_cells")]
    assert pages == [("/a", 6, 2), ("/b", 2, 1)]
    places = [(row["country"], row["region"], row["views"]) for row in warehouse.rows("geo_daily_cells")]
    assert places == [("DE", "DE-BE", 6), ("unknown", "unknown", 2)]
    assert [(row["path"], row["views"]) for row in warehouse.rows("missing_daily_cells")] == [("/gone", 1)]
    assert {row["facet"] for row in warehouse.rows("agent_daily_cells")} == {"device", "browser", "system"}
    assert warehouse.rows("geo_daily") == []


def test_operators_see_answers_and_bots(warehouse: Warehouse) -> None:
    warehouse.worker.take(
        [
            *crowd(day(0), 3, status=500, kind="error", bytes=None),
            *crowd(day(0), 2, views=5, is_bot=True, bot_kind="Search engines", bot_label="Findbot"),
            *crowd(day(0), 9, is_bot=True, bot_kind="Search engines", bot_label="Ours by Jane Doe"),
            *crowd(day(0), 1, is_bot=True, bot_kind=None, bot_label=None),
        ]
    )
    warehouse.night()
    answers = [
        (row["kind"], row["status"], row["is_bot"], row["requests"], row["bytes"])
        for row in warehouse.rows("status_daily")
    ]
    assert answers == [("error", 500, False, 3, 0), ("page", 200, True, 20, 2000)]
    bots = [(row["bot_kind"], row["bot_label"], row["requests"]) for row in warehouse.rows("bot_daily")]
    assert bots == [("Search engines", "Findbot", 10), ("Search engines", "other", 9), ("unknown", "other", 1)]


def test_another_policy_makes_everything_anew(warehouse: Warehouse, plimus: Policy) -> None:
    warehouse.worker.take(crowd(day(0), 12))
    warehouse.night()
    stricter = msgspec.structs.replace(plimus, releases=msgspec.structs.replace(plimus.releases, k=13))
    summary = warehouse.night(stricter)
    assert {rebuilt.table for rebuilt in summary.rebuilt} == set(MADE)
    assert warehouse.rows("geo_daily") == []


def test_days_in_many_chunks_make_the_same(
    warehouse: Warehouse, other_warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = traffic(4, [day(0), day(1)], 20)
    other_warehouse.worker.take(rows)
    other_warehouse.night()
    monkeypatch.setattr(stale, "CHUNK_BYTES_MAX", 1)
    warehouse.worker.take(rows)
    warehouse.night()
    assert rows_of(warehouse.lake, MADE) == rows_of(other_warehouse.lake, MADE)


def test_an_empty_warehouse_has_quiet_nights(warehouse: Warehouse) -> None:
    summary = warehouse.night()
    assert (summary.rebuilt, summary.hits_version, summary.holds) == ((), -1, True)
    assert not any(warehouse.lake.table(name).exists for name in MADE)


def test_progress_is_told_from_first_to_last(warehouse: Warehouse) -> None:
    told: list[tuple[str, int, int]] = []
    run_nightly(
        warehouse.lake,
        warehouse.registry,
        warehouse.keyring,
        warehouse.policy,
        now=NOW,
        own_hosts=OWN_HOSTS,
        progress=lambda what, done, of: told.append((what, done, of)),
    )
    assert [done for _, done, _ in told] == list(range(len(told)))
    assert {of for _, _, of in told} == {len(told)}
