"""What must be true after any schedule, read from the Delta logs themselves as well as through the lake."""

import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import pyarrow.parquet as pq

from footfall.house import House
from footfall.simulate.customers import PlantedCustomers
from ingest.sinks import TABLES
from ingest.wire.records import Partition
from tests.end_to_end.conftest import Footfall
from tests.end_to_end.reckoning import everything

SPANS: Final = """
select topic_id, partition, offset_from, offset_next, sum(lines_in) as lines
from intakes group by all order by topic_id, partition, offset_from, offset_next
"""
VISITORS: Final = (
    "select event_date, count(distinct visitor) as visitors from hits group by event_date order by event_date"
)
RESENT: Final = "already_imported"
CHILD: Final = "child"


class Ledger:
    """The commits of one Delta log, read as they come.

    Args:
        root: the table's folder, as this process sees it.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self.commits: list[list[dict[str, Any]]] = []
        self.marks: dict[str, int] = {}

    def refresh(self) -> int:
        """Read what was committed since; give the number of commits."""
        while (commit := self._root / "_delta_log" / f"{len(self.commits):020d}.json").is_file():
            actions = [json.loads(line) for line in commit.read_text().splitlines() if line]
            self.commits.append(actions)
            for action in actions:
                if "txn" in action:
                    self.marks[action["txn"]["appId"]] = action["txn"]["version"]
        return len(self.commits)

    def live(self) -> set[Path]:
        """Name the files that the log holds now."""
        self.refresh()
        files: set[Path] = set()
        for action in itertools.chain.from_iterable(self.commits):
            if "add" in action:
                files.add(self._root / unquote(action["add"]["path"]))
            if "remove" in action:
                files.discard(self._root / unquote(action["remove"]["path"]))
        return files

    def ever(self) -> set[Path]:
        """Name all files that were ever added."""
        self.refresh()
        actions = itertools.chain.from_iterable(self.commits)
        return {self._root / unquote(action["add"]["path"]) for action in actions if "add" in action}


def each_offset_once(footfall: Footfall, ends: Mapping[Partition, int]) -> None:
    """Check that the intakes of every partition stand end to end from 0 to Kafka's end, each with a line for each offset."""
    spans: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for span in footfall.rows(SPANS):
        spans.setdefault((span["topic_id"], span["partition"]), []).append(span)
    assert set(spans) == {(part.topic_id, part.number) for part, end in ends.items() if end}
    for part, end in ends.items():
        reached = 0
        for span in spans.get((part.topic_id, part.number), []):
            assert span["offset_from"] == reached, f"{part}: each offset once"
            assert span["lines"] == span["offset_next"] - span["offset_from"], f"{part}: a line for each offset"
            reached = span["offset_next"]
        assert reached == end, f"{part}: all of it"


def same_as(calm: Footfall, stormy: Footfall, planted: PlantedCustomers) -> int:
    """Check that two warehouses hold the same, whatever was sent twice; give the number of rows compared."""
    totals = [_without_resent(one) for one in (calm, stormy)]
    assert totals[0] == totals[1], totals
    expected, found = everything(calm, planted), everything(stormy, planted)
    assert found.keys() == expected.keys()
    for name, rows in found.items():
        assert rows == expected[name], (name, _different(expected[name], rows))
    assert stormy.rows(VISITORS) == calm.rows(VISITORS)
    return sum(row["copies"] for table in ("hits", "customer_events", "purchases") for row in found[table])


def no_orphan_is_readable(stormy: Footfall) -> int:
    """Check that the lake reads the files of the Delta logs and no others; give the number of those that nobody can read."""
    orphans = 0
    with House.open(stormy.data) as house:
        for name in TABLES:
            table = house.lake.table(name)
            ledger = Ledger(table.root)
            live = ledger.live()
            assert {Path(file) for file in table.files()} == live, name
            assert (
                table.size()["rows"] == sum(pq.read_metadata(file).num_rows for file in live) == table.read().num_rows
            )
            orphans += len(
                {path for path in table.root.rglob("*.parquet") if "_delta_log" not in path.parts} - ledger.ever()
            )
    return orphans


def _without_resent(footfall: Footfall) -> dict[str, Any]:
    """Give the totals, without the lines that `ship` sent again because it died before it could note that they were sent.

    An earlier form of a child is dropped when it is in one intake with the form that tells, else it was kept and is erased:
    how intakes are cut decides which, so the two are counted together.
    """
    totals: dict[str, Any] = footfall.status()["totals"]
    totals["kept"] += totals["dropped"].pop(CHILD, 0)
    resent = totals["dropped"].pop(RESENT, 0)
    totals["lines_in"] -= resent
    return totals


def _different(expected: Any, found: Any) -> dict[str, Any]:
    """Say in what two lists of rows differ."""
    return {
        "missing": [row for row in expected if row not in found][:5],
        "too many": [row for row in found if row not in expected][:5],
    }
