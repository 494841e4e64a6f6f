"""Where the records go: into files, one a source, or straight to Kafka."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final

import pyarrow as pa

from footfall.simulate.customers.records import SOURCES
from footfall.simulate.customers.stream import Stream
from footfall.simulate.customers.truth import PlantedCustomers
from ingest.wire.produce import ColumnarProducer
from ingest.wire.records import BACKFILL, Partition
from policy import Policy

HISTORIC: Final = {BACKFILL: b"1"}
ENDING: Final = ".jsonl"


def write_customers(
    folder: Path,
    policy: Policy,
    *,
    seed: int,
    start: date,
    days: int,
    customers: int,
    visitors_a_day: int,
    sources: Sequence[str] = SOURCES,
    progress: Callable[[int, int], None] | None = None,
) -> PlantedCustomers:
    """Write the records of some days, one file of JSON lines a source, and ``planted-customers.json``.

    The bytes depend on the arguments alone (and, for addresses, on the geography table of this release). The truth about
    customers holds for all three files, shipped as history (`footfall ship --backfill`).

    Args:
        folder: made when absent; files of the same names (``clickstream.jsonl`` …) are replaced.
        policy: whose sources' fields are filled and spoiled.
        seed: any number from 0 on; the shop is that of the log of this seed.
        start: the first day, UTC.
        days: how many days, 1 at least.
        customers: people who hold an account, 1 at least; about a sixth of them comes on a day.
        visitors_a_day: people without one who come on an average day.
        sources: which files to write.
        progress: called with the days done of all sources and the days in all.

    Raises:
        UsageError: a number is out of range.
        FootfallError: the geography table is missing.
    """
    stream = Stream(
        policy, seed=seed, start=start, days=days, customers=customers, visitors_a_day=visitors_a_day, live=False
    )
    folder.mkdir(parents=True, exist_ok=True)
    done = 0
    for source in sources:
        with (folder / f"{source}{ENDING}").open("wb") as file:
            for lines, _, _ in stream.spelled(source):
                file.writelines(line + b"\n" for line in lines)
                done += 1
                if progress is not None:
                    progress(done, days * len(sources))
    planted = stream.truth(sources)
    planted.write(folder)
    return planted


def send_customers(
    producer: ColumnarProducer,
    partitions: Mapping[str, Sequence[Partition]],
    policy: Policy,
    *,
    seed: int,
    start: date,
    days: int,
    customers: int,
    visitors_a_day: int,
    backfill: bool,
    clean: Callable[[str, pa.Array], pa.Array] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> PlantedCustomers:
    """Send the records of some days to Kafka in the order of their arrival, day by day, and say what was planted.

    Records without a key, as other people's shippers send them; those of one event id go to one partition. Sending
    again repeats every event id.

    Args:
        producer: the way into Kafka.
        partitions: source → the partitions of its topic; a source that is left out is not sent.
        policy, seed, start, days, customers, visitors_a_day, progress: see `write_customers`.
        backfill: mark every record as historic. Without it the last half day and the late events go unmarked, as live
            events: the period should have ended less than a day before, and late events must be dropped.
        clean: takes credentials and undeclared fields out of records of a source before Kafka sees them. Without it the
            records go as a careless sender sends them; with it no field is left for `fields_dropped` to count.
    """
    stream = Stream(
        policy, seed=seed, start=start, days=days, customers=customers, visitors_a_day=visitors_a_day, live=not backfill
    )
    batches = [stream.spelled(source) for source in partitions]
    for day, parts in enumerate(zip(*batches, strict=True), 1):
        for (source, places), (lines, numbers, historic) in zip(partitions.items(), parts, strict=True):
            values = pa.array(lines, pa.binary())
            values = clean(source, values) if clean else values
            for place in places:
                mine = numbers % len(places) == place.number % len(places)
                for marked in (True, False):
                    chosen = values.filter(pa.array(mine & (historic == marked)))
                    keys = pa.nulls(len(chosen), pa.binary())
                    producer.send(place.topic, place.number, keys, chosen, HISTORIC if marked else None)
        if progress is not None:
            progress(day, days)
    return stream.truth(list(partitions))
