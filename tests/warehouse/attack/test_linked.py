"""Tables that can be linked: what the systems of a device leave of it in a country has nobody or k visitors."""

from datetime import date

import pytest

from policy import load_policy
from warehouse.relations import open_duckdb
from warehouse.traffic.tables import make_table

DAY = date(2026, 11, 2)


@pytest.mark.parametrize(("on_macos", "is_named"), [(0, True), (1, False), (9, False), (10, True)])
def test_a_system_is_named_where_the_rest_of_its_device_is_nobody_or_a_crowd(on_macos: int, *, is_named: bool) -> None:
    """Who asks for the country's desktops, and for those with Windows, subtracts."""
    crowds = [
        ("DE", "Desktop", "Windows", 30),
        ("DE", "Desktop", "macOS", on_macos),
        ("DE", "Phone", "iOS", 30),
        ("DE", "Phone", "Android", 9),
        ("DE", "Phone", "Tizen", 9),
        ("FR", "Desktop", "Windows", 30),
        ("FR", "Desktop", "macOS", 30),
        ("FR", "Phone", "iOS", 30),
    ]
    people = [place for *place, visitors in crowds for _ in range(visitors)]
    with open_duckdb(threads=1) as connection:
        connection.execute(
            "create temp table visits (event_date date, site text, visitor bigint, country text, region text, "
            "device text, system text, browser text)"
        )
        connection.executemany(
            "insert into visits values (?, 'shop', ?, ?, 'unknown', ?, ?, 'Chrome')",
            [[DAY, visitor, *place] for visitor, place in enumerate(people)],
        )
        releases = load_policy().releases
        by_device = make_table(connection, ("country", "device"), releases).to_pylist()
        by_system = make_table(connection, ("country", "system"), releases).to_pylist()
    assert ("DE", "Desktop") in {(row["a"], row["b"]) for row in by_device}
    assert (("DE", "Windows") in {(row["a"], row["b"]) for row in by_system}) is is_named


@pytest.mark.parametrize(("others", "told"), [(0, 100), (1, 90), (9, 90), (10, None)])
def test_a_rest_that_nearly_all_are_in_says_k_fewer(others: int, told: int | None) -> None:
    """What is not named has a page that nearly everybody read; how few did not, its rounding could tell."""
    views = [(visitor, "/") for visitor in range(100 - others)]
    views += [(visitor, "/a") for visitor in range(100 - others - 20, 100)]
    with open_duckdb(threads=1) as connection:
        connection.execute("create temp table visits (event_date date, site text, visitor bigint, path text)")
        connection.executemany("insert into visits values (?, 'shop', ?, ?)", [[DAY, *view] for view in views])
        rows = make_table(connection, ("path",), load_policy().releases).to_pylist()
    rest = [row["visitors"] for row in rows if row["a"] is None]
    assert rest == ([] if told is None else [told])  # with ten others the page has its own row
