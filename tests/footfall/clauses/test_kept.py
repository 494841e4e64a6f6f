"""`footfall policy check` on what is kept too long: just inside the time it holds, with something left over it does not (R56)."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from footfall.clauses import Evidence, check_clause
from footfall.house import House
from tests.footfall.clocked_house import Clock, opened
from tests.footfall.profile.customers_house import FORMS, form
from tests.warehouse.nightly.customers import event
from warehouse.nightly.retention import let_accounts_go, let_old_rows_go

NIGHT: Final = timedelta(hours=26)
"""So long after its time may a row be there still, for nothing but a night lets it go."""


def says(house: House, clock: Clock) -> tuple[str, str]:
    clause = next(clause for clause in house.policy.clauses if clause.id == "R56")
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


TABLES: Final = ("subjects", "subject_keys", "opt_outs")
