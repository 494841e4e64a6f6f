"""A whole database to tables of intervals.

The file comes from somebody else: whatever it holds, the answer is tables or one `PlacesError`.
"""

from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from transform.geography.databases.metadata import WAY_OUT, Metadata, read_database
from transform.geography.databases.records import PlaceOf, Records, place_of, read_region_codes
from transform.geography.databases.trees import NOTHING, SEPARATOR_BYTES, Leaves, Numbers, SearchTree
from transform.geography.databases.values import DamagedValueError, Values
from transform.geography.errors import PlacesError, damaged
from transform.geography.intervals import NO_PLACE, PLACES_MAX, WITHOUT_PLACE_V4, WITHOUT_PLACE_V6, Intervals
from transform.geography.tables import PlaceTables

# Never handed out by IANA, so what DB-IP's City databases say of it is their filler for all IPv6 space that is not in
# use: one Swiss town, to which test traffic would be counted.
NEVER_HANDED_OUT: Final = 0x3000 << 48
FILLED: Final = "DBIP-City"


def compile_database(path: Path, choose: PlaceOf | None = None) -> PlaceTables:
    """Read a whole database, in seconds; `PlacesError` when it cannot be used.

    Args:
        path: the database.
        choose: the label of what a record names (None for none), in place of ISO codes.
    """
    metadata, data = read_database(path)
    tree = SearchTree.of(path, data, metadata)
    v4, v6 = tree.v4_leaves(), tree.v6_leaves()
    records, record_of = np.unique(np.concatenate([v4.records, v6.records]), return_inverse=True)
    unknown = {NOTHING, _filler(v6, metadata)}
    try:
        labels = _labels(records, unknown, Records(Values(data[tree.nodes.nbytes + SEPARATOR_BYTES :])), choose)
    except DamagedValueError as error:
        raise damaged(path, str(error)) from error
    places = tuple(sorted({label for label in labels if label is not None}))
    if not places:
        raise PlacesError(f"{path} ({metadata.name}) gives no address a country. {WAY_OUT}")
    if len(places) > PLACES_MAX:
        raise PlacesError(f"{path} ({metadata.name}) names {len(places)} places; {PLACES_MAX} can be held. {WAY_OUT}")
    number_of = {place: number for number, place in enumerate(places)}
    numbers = np.array([NO_PLACE if label is None else number_of[label] for label in labels], np.int16)[record_of]
    return PlaceTables(
        metadata.name,
        metadata.built,
        places,
        Intervals(v4.starts.astype(np.uint32), numbers[: len(v4.starts)]).merged().without(WITHOUT_PLACE_V4),
        Intervals(v6.starts, numbers[len(v4.starts) :]).merged().without(WITHOUT_PLACE_V6),
    )


def _filler(v6: Leaves, metadata: Metadata) -> int:
    """Give the record with which the database fills IPv6 space that nobody uses."""
    if not metadata.name.startswith(FILLED):
        return NOTHING
    return int(v6.records[np.searchsorted(v6.starts, np.uint64(NEVER_HANDED_OUT), side="right") - 1])


def _labels(records: Numbers, unknown: set[int], reader: Records, choose: PlaceOf | None) -> list[str | None]:
    """Read each distinct record once, and give its label."""
    label_of = choose or partial(place_of, region_codes=read_region_codes())
    labels: list[str | None] = []
    for record in records.tolist():
        named = None if record in unknown else reader.named(record - SEPARATOR_BYTES)
        labels.append(None if named is None else label_of(named))
    return labels
