"""What a destroyed key locks leaves the tables, and what was made of it about customers is made anew without it (R48).

Statistics stay as they were published: they name nobody, and nobody could count them again.
"""

from warehouse.lake import Lake
from warehouse.nightly.marts.stale import BUILD


def let_lost_go(lake: Lake) -> dict[str, int]:
    """Let the files of destroyed keys go; say of each table how many rows went.

    The customers' marts count as made from others first, so that an interruption leaves something to be found.
    """
    lost = [table for name in sealed_tables(lake) if (table := lake.table(name)).lost.actions()]
    if lost:
        for name in sealed_tables(lake):
            mart = lake.table(name)
            if lake.policy.tables[name].kind == "mart" and mart.exists:
                mart.move_watermarks({BUILD: mart.watermark(BUILD) + 1})
    return {table.name: table.lost.let_go() for table in lost}


def sealed_tables(lake: Lake) -> list[str]:
    """Name the tables that have encrypted columns, in the policy's order."""
    return [name for name, table in lake.policy.tables.items() if any(column.personal for column in table.columns)]
