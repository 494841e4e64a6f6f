"""One intake in memory: every line is kept, dropped or a dead letter, and nothing of the visitor is left."""

from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.reduce import reduce_intake
from tests.ingest.conftest import ORIGIN, intake_of, key, line
from transform.context import Context
from warehouse.registry import Origin

Origins = dict[int, Origin]


def test_lines_become_hits_and_accounts(context: Context, origins: Origins) -> None:
    lines = [line(1), b"", b"no log line at all", line(2, path="/a?password=x&page=2"), None]
    intake = intake_of(lines, [key(position * 100) for position in range(5)])
    reduced = reduce_intake(intake, context, origins=origins, positions={}, site="site")
    assert reduced.tables["hits"].num_rows == 2
    (account,) = reduced.tables["intakes"].to_pylist()
    assert (account["lines_in"], account["kept"]) == (5, 2)
    assert account["dropped"] == [("blank_line", 1)]
    assert sorted(account["dead_letters"]) == [("no_content", 1), ("not_a_log_line", 1)]
    assert (account["file"], account["site"], account["position_from"], account["position_next"]) == (
        "access.log",
        "shop",
        0,
        401,
    )
    assert reduced.position_next == {ORIGIN: 401}
    rows = reduced.tables["hits"].to_pylist()
    assert [row["path"] for row in rows] == ["/", "/a"]
    assert rows[1]["query"] == "page=2"
    assert {row["site"] for row in rows} == {"shop"}
    assert {row["event_date"] for row in rows} == {date(2026, 11, 22)}


def test_dead_letters_have_coordinates_and_a_shape_but_no_content(context: Context, origins: Origins) -> None:
    intake = intake_of([line(1), b"secret words 4711"], [key(0), key(100)], first_offset=40)
    reduced = reduce_intake(intake, context, origins=origins, positions={}, site="site")
    (letter,) = reduced.tables["dead_letters"].to_pylist()
    assert (letter["offset"], letter["position"], letter["file"], letter["reason"]) == (
        41,
        100,
        "access.log",
        "not_a_log_line",
    )
    assert "secret" not in letter["shape"]
    assert "4711" not in letter["shape"]


def test_lines_sent_twice_are_dropped_within_and_across_intakes(context: Context, origins: Origins) -> None:
    """A `ship` that died before it noted its position sends again; the keys tell."""
    keys: list[bytes | None] = [key(0), key(100), key(100), key(0), key(200)]
    intake = intake_of([line(number) for number in range(5)], keys)
    reduced = reduce_intake(intake, context, origins=origins, positions={ORIGIN: 50}, site="site")
    (account,) = reduced.tables["intakes"].to_pylist()
    assert (account["kept"], account["dropped"]) == (2, [("already_imported", 3)])
    assert reduced.position_next == {ORIGIN: 201}


def test_lines_of_another_shipper_have_no_origin(context: Context, origins: Origins) -> None:
    intake = intake_of([line(1), line(2), line(3)], [None, b"short", key(0)])
    reduced = reduce_intake(intake, context, origins=origins, positions={}, site="fallback")
    accounts = {row["origin"]: row for row in reduced.tables["intakes"].to_pylist()}
    assert (accounts[None]["lines_in"], accounts[None]["site"], accounts[None]["position_from"]) == (
        2,
        "fallback",
        None,
    )
    assert (accounts[ORIGIN]["lines_in"], accounts[ORIGIN]["site"]) == (1, "shop")


def test_an_intake_of_control_records_only_still_moves_the_mark(context: Context, origins: Origins) -> None:
    reduced = reduce_intake(intake_of([], []), context, origins=origins, positions={}, site="site")
    (account,) = reduced.tables["intakes"].to_pylist()
    assert (account["lines_in"], reduced.tables["hits"].num_rows) == (0, 0)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(
    lines=st.lists(st.one_of(st.none(), st.binary(max_size=60), st.integers(0, 999).map(line)), max_size=20),
    positions=st.lists(st.one_of(st.none(), st.integers(0, 30)), min_size=20, max_size=20),
)
def test_every_line_is_accounted_for(
    context: Context, origins: Origins, lines: list[bytes | None], positions: list[int | None]
) -> None:
    """R58: whatever comes, in = kept + dropped + dead letters, and no address is in any table (R5)."""
    keys = [None if at is None else key(at) for at in positions[: len(lines)]]
    reduced = reduce_intake(intake_of(lines, keys), context, origins=origins, positions={}, site="site")
    accounts = reduced.tables["intakes"].to_pylist()
    total = sum(row["kept"] + sum(count for _, count in row["dropped"] + row["dead_letters"]) for row in accounts)
    assert total == sum(row["lines_in"] for row in accounts) == len(lines)
    assert reduced.tables["hits"].num_rows == sum(row["kept"] for row in accounts)
    assert reduced.tables["dead_letters"].num_rows == sum(count for row in accounts for _, count in row["dead_letters"])
    for table in reduced.tables.values():
        assert "203.0.113." not in str(table.to_pylist())
