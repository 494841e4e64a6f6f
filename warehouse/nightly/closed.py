"""Days of which rows were let go when their time was over: nobody can count them again, so what was counted stays (R43, R56)."""

from datetime import date

from warehouse.lake import LakeTable
from warehouse.lake.changes import RETENTION, app_ids, rows_mark


def closed_days(table: LakeTable) -> frozenset[date]:
    """Name the days of a table of which rows were let go: nobody can count them again."""
    if not table.rows_removed(RETENTION):
        return frozenset()
    begin = rows_mark(RETENTION) + "/"
    names = (app_id.removeprefix(begin) for app_id in app_ids(table.root) if app_id.startswith(begin))
    return frozenset(map(date.fromisoformat, names))


def rows_let_go(table: LakeTable) -> int:
    """Say how many rows of a table were ever let go because their time was over."""
    return table.rows_removed(RETENTION)
