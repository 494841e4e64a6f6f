"""Where intakes go, in a fixed order with `intakes` last, and where reading starts again after a crash."""

from dataclasses import dataclass
from typing import Final

from ingest.errors import IngestError
from ingest.reduce import Reduced
from ingest.wire.records import Intake, Partition
from warehouse import registry
from warehouse.lake import FencedError, Lake
from warehouse.lake.committed import rows_committed
from warehouse.registry import Subjects

# `event_ids` first: what an intake claimed before a crash is known to all workers, and so to itself when it is taken again.
TABLES: Final = ("event_ids", "hits", "customer_events", "purchases", "dead_letters", "intakes")
ACCOUNTS: Final = "intakes"
DEAD_LETTERS: Final = "dead_letters"
FENCED: Final = (FencedError, registry.FencedError)
"""What a sink raises when another worker has moved a mark."""


@dataclass(frozen=True, slots=True)
class Start:
    """Where a partition is taken up.

    Attributes:
        offset: the next offset that `intakes` has not counted.
        cut_at: where the first intake must end, because a crash left some sinks that far; None when all agree.
        is_new: True when no sink has anything of the partition.
    """

    offset: int
    cut_at: int | None
    is_new: bool


class Sinks:
    """The registry and the tables that an intake is written to, each with its own mark in its own commits."""

    def __init__(self, lake: Lake, subjects: Subjects) -> None:
        self._lake = lake
        self._subjects = subjects

    def start(self, partition: Partition, first_offset: int, end_offset: int) -> Start:
        """Find where to go on: at the mark of `intakes`, and from there first up to the furthest mark of any sink.

        Raises:
            IngestError: a mark lies beyond the partition's end, so Kafka has lost what was counted.
        """
        app_id = partition.app_id
        counted = self._lake.table(ACCOUNTS).mark(app_id)
        marks = [self._subjects.mark(app_id), *(self._lake.table(name).mark(app_id) for name in TABLES)]
        offset = first_offset if counted is None else counted
        furthest = max((mark for mark in marks if mark is not None), default=offset)
        if furthest > end_offset:
            raise IngestError(
                f"{partition}: offsets up to {furthest} are in the lake, but Kafka ends at {end_offset}. "
                "Was Kafka's data folder restored from an older copy?"
            )
        return Start(offset, furthest if furthest > offset else None, all(mark is None for mark in marks))

    def commit(self, intake: Intake, reduced: Reduced) -> None:
        """Write every sink's rows with its mark; `intakes` comes last and makes the intake done.

        A crash in between leaves marks that `start` finds; the same intake is then cut again and only the missing
        sinks are written. A sink without rows commits nothing.

        Raises:
            FencedError: another worker has moved a mark; nothing more of this intake may be written.
        """
        app_id, start, end = intake.partition.app_id, intake.offset_from, intake.offset_next
        self._refuse_when_counted(intake)
        self._begin(intake, reduced)
        if reduced.registrations is not None and (reduced.registrations.num_rows or len(reduced.children)):
            self._subjects.commit(reduced.registrations, reduced.children, app_id=app_id, start=start, end=end)
        for name in TABLES:
            if name in reduced.tables and reduced.tables[name].num_rows:
                table = self._lake.table(name)
                table.commit(table.stage(reduced.tables[name]), app_id=app_id, start=start, end=end)

    def _begin(self, intake: Intake, reduced: Reduced) -> None:
        """Mark where a partition begins, before anything of it is stored.

        Else nobody could tell after a crash between the sinks of its first intake, once retention has removed the records.
        """
        table = self._lake.table(ACCOUNTS)
        if table.mark(intake.partition.app_id) is None:
            nothing, start = table.stage(reduced.tables[ACCOUNTS].slice(0, 0)), intake.offset_from
            table.commit(nothing, app_id=intake.partition.app_id, start=start, end=start)

    def written(self, intake: Intake) -> dict[str, int]:
        """Say of the tables that have an intake already, because a crash left it half written, how many rows of it they have."""
        app_id, end = intake.partition.app_id, intake.offset_next
        tables = {name: self._lake.table(name) for name in TABLES if name != ACCOUNTS}
        rows = {
            name: rows_committed(table.root, table.version, app_id, end)
            for name, table in tables.items()
            if table.mark(app_id) == end
        }
        return {name: count for name, count in rows.items() if count is not None}

    def dead_letters(self, intake: Intake) -> dict[int, str]:
        """Give the offsets of an intake that stand as dead letters already, and why."""
        table, part = self._lake.table(DEAD_LETTERS), intake.partition
        rows = table.read(columns=["topic_id", "partition", "offset", "reason"]).to_pylist()
        return {
            row["offset"]: row["reason"]
            for row in rows
            if (row["topic_id"], row["partition"]) == (part.topic_id, part.number)
            and intake.offset_from <= row["offset"] < intake.offset_next
        }

    def _refuse_when_counted(self, intake: Intake) -> None:
        mark = self._lake.table(ACCOUNTS).mark(intake.partition.app_id)
        if mark is not None and mark != intake.offset_from:
            raise FencedError(ACCOUNTS, intake.partition.app_id, mark, intake.offset_from, intake.offset_next)

    def positions(self) -> dict[int, int]:
        """Say how far the records of each file have come, over all partitions."""
        rows = self._lake.table(ACCOUNTS).read(columns=["origin", "position_next"])
        reached: dict[int, int] = {}
        for origin, position in zip(*(column.to_pylist() for column in rows.columns), strict=True):
            if origin is not None:
                reached[origin] = max(position, reached.get(origin, 0))
        return reached
