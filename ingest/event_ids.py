"""Which events came before: the hashes of their ids, read from the lake once and then followed (R53, R55).

The lake keeps them for the late window and as long as a record may wait in Kafka. What another worker commits is seen at
the next intake; two workers that take the two copies of one event at the same moment, from two partitions, keep both.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from warehouse.lake import Lake

TABLE: Final = "event_ids"
PARTS_MAX: Final = 16

Seen = Callable[[npt.NDArray[np.int64]], npt.NDArray[np.bool_]]


class EventIds:
    """The hashes of all events in the window, for one worker."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._read: set[str] = set()
        self._parts: list[npt.NDArray[np.int64]] = []
        self._unfinished: dict[str, npt.NDArray[np.int64]] = {}

    def refresh(self, unfinished: frozenset[str] = frozenset()) -> None:
        """Read what was committed since.

        Args:
            unfinished: intakes that somebody left half written; they are taken again and must not find themselves. As
                their hashes may be among those read before, all are read again.
        """
        if unfinished:
            self._read, self._parts, self._unfinished = set(), [], {}
        files = set(self._lake.table(TABLE).files())
        for file in sorted(files - self._read):
            # A file that was just compacted away holds nothing new: all of it was read before, or stands in another.
            if Path(file).is_file():
                with pq.ParquetFile(file) as opened:
                    self._add(opened.read(columns=["event", *(["intake"] if unfinished else [])]), unfinished)
        self._read = files
        if len(self._parts) > PARTS_MAX:
            self._parts = [np.sort(np.concatenate(self._parts))]

    def seen(self, intake: str) -> Seen:
        """Give the question whether hashes belong to events of other intakes than `intake`.

        What a half-written intake has claimed is its own, even if a copy was stored elsewhere meanwhile: its rows may be
        stored already, and taken again it must come out as it did.
        """
        own = self._unfinished.get(intake)

        def seen(hashes: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
            others = [part for name, part in self._unfinished.items() if name != intake]
            in_order = np.sort(hashes)  # searching in order stays in the cache: a quarter of the time
            again = [in_order[_is_in(in_order, part)] for part in (*self._parts, *others) if len(part)]
            found = np.isin(hashes, np.concatenate([np.empty(0, np.int64), *again]))
            return found if own is None else found & ~np.isin(hashes, own)

        return seen

    def _add(self, rows: pa.Table, unfinished: frozenset[str]) -> None:
        events = rows.column("event").to_numpy()
        if unfinished:
            names = rows.column("intake")
            for intake in unfinished:
                mine = events[pc.equal(names, intake).to_numpy()]
                before = self._unfinished.get(intake, np.empty(0, np.int64))
                self._unfinished[intake] = np.union1d(before, mine)
            events = events[~pc.is_in(names, pa.array(sorted(unfinished))).to_numpy()]
        if len(events):
            self._parts.append(np.sort(events))  # numpy finds distinct numbers in ten times the time


def _is_in(hashes: npt.NDArray[np.int64], part: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Tell which hashes are in `part`, which is ascending and has one at least."""
    place = np.searchsorted(part, hashes)
    return part[np.minimum(place, len(part) - 1)] == hashes
