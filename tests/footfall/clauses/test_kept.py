"""`footfall policy check` on what is kept too long: just inside the time it holds, with something left over it does not (R56)."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from footfall.clauses import Evidence, check_clause
from footfall.commands.pipeline import nightly
from footfall.house import House
from tests.footfall.clocked_house import Clock, opened
from tests.footfall.profile.customers_house import FORMS, form
from tests.warehouse.nightly.customers import event
from tests.warehouse.registry.chains.test_cutting import forged
from warehouse.nightly.removal.retention import let_accounts_go, let_old_rows_go

NIGHT: Final = timedelta(hours=26)
"""So long after its time may a row be there still, for nothing but a night lets it go."""


def says(house: House, clock: Clock, clause_id: str = "R56") -> tuple[str, str]:
    clause = next(clause for clause in house.policy.clauses if clause.id == clause_id)
    with Evidence(house, now=clock()) as evidence:
        found = check_clause(evidence, clause)
    return found.result, found.evidence


def put_letter(house: House, taken_at: datetime) -> None:
    table = house.lake.table("dead_letters")
    start = table.size()["rows"]
    row = {
        "topic": "web_log",
        "topic_id": "t",
        "partition": 0,
        "offset": start,
        "source": "web_log",
        "reason": "no_content",
        "shape": "",
        "taken_at": taken_at,
        "policy_version": "1.4",
    }
    staged = table.stage(pa.Table.from_pylist([row], table.schema))
    table.commit(staged, app_id="c/t/0", start=start, end=start + 1)


def test_a_row_that_is_left_over_its_time(tmp_path: Path) -> None:
    clock = Clock()
    taken = clock()
    with opened(tmp_path, clock) as house:
        put_letter(house, taken)
        clock.at = taken + timedelta(days=30)
        assert says(house, clock)[0] == "holds"
        assert let_old_rows_go(house.lake, clock().date()) == {}
        clock.at += timedelta(days=1)
        assert says(house, clock)[0] == "holds", "until a night could have been"
        clock.at += NIGHT
        result, evidence = says(house, clock)
        assert (result, "dead_letters has rows of 2026-11-23, and keeps 30 days" in evidence) == ("does not hold", True)
        assert let_old_rows_go(house.lake, clock().date()) == {"dead_letters": 1}
        result, evidence = says(house, clock)
        assert (result, "1 rows let go so far" in evidence) == ("holds", True), evidence


def test_people_who_were_not_seen_for_long(tmp_path: Path) -> None:
    """Three people registered long ago; one of them came again since, and one sent another form."""
    clock = Clock()
    registered, nobody = clock() - timedelta(days=4 * 366), np.empty(0, np.int64)
    with opened(tmp_path, clock) as house:
        forms = [form(who, "customer", ["newsletter"], at=registered) for who in ("C-gone", "C-came", "C-wrote")]
        forms.append(form("C-wrote", "customer", None, at=clock() - timedelta(days=9)))
        house.subjects.commit(pa.Table.from_pylist(forms, FORMS), nobody, app_id="c/r/0", start=0, end=4)
        events = house.lake.table("customer_events")
        came = event(house.subjects.pseudonym("C-came"), clock() - timedelta(days=900))
        events.commit(events.stage(pa.Table.from_pylist([came], events.schema)), app_id="c/t/0", start=0, end=1)
        result, evidence = says(house, clock)
        assert (result, "1 of 3 registered people were not seen since 2023-11-" in evidence) == ("does not hold", True)
        assert let_accounts_go(house.lake, house.subjects, date(2023, 1, 1)) == 0
        assert let_accounts_go(house.lake, house.subjects, clock().date()) == 1
        assert says(house, clock)[0] == "holds"
        assert house.subjects.account("C-gone") is None
        assert [house.subjects.account(who) is not None for who in ("C-came", "C-wrote")] == [True, True]
        with house.registry.read() as connection:
            counts = [connection.exec_driver_sql(f"select count(*) from {name}").scalar() for name in TABLES]
        assert counts == [2, 2, 2], "nothing of the third is left, nor their refusals"


def test_the_audit_goes_as_far_as_it_is_too_old_and_the_rest_proves_itself(tmp_path: Path) -> None:
    clock = Clock()
    asked: dict[str, Any] = {"who": "jane", "role": "analyst", "purpose": "geo_statistics", "tables": ("geo_daily",)}
    with opened(tmp_path, clock) as house:
        for years_ago in (7, 6.2, 1):
            house.registry.note_access(**asked, at=clock() - timedelta(days=years_ago * 365.25), outcome="answered")
        result, evidence = says(house, clock)
        assert (result, "the audit has entries of 2019-11-" in evidence) == ("does not hold", True), evidence
        night = nightly.nightly(house, lambda *_: None, clock=clock)
        assert (night.entries_let_go, dict(nightly._lines(night))["of the audit"]) == (
            2,
            "2 of its oldest entries let go",
        )
        entries = house.registry.accesses()
        assert [entry.number for entry in entries] == [*range(3, 3 + len(entries))]
        for clause in ("R49", "R56"):
            result, evidence = says(house, clock, clause)
            assert result == "holds", evidence
            assert clause == "R56" or "2 before them let go, chain whole" in evidence
        assert nightly.nightly(house, lambda *_: None, clock=clock).entries_let_go == 0

        # Somebody who may write the database, and has no keys, makes a year of it disappear.
        forged(house.registry, 3)
        result, evidence = says(house, clock, "R49")
        broken = house.registry.accesses()[-1].number
        assert (result, f"the chain of the audit breaks at entry {broken}" in evidence) == ("does not hold", True), (
            evidence
        )


TABLES: Final = ("subjects", "subject_keys", "opt_outs")
