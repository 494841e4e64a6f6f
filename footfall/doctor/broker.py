"""Kafka: whether it answers, how long it keeps raw records, and how far the tables have come in it."""

from typing import Final

from footfall.commands.pipeline.ingest import SOURCES
from footfall.doctor.line import Line, Lines, judged
from footfall.house import House, now_ms
from ingest.wire.broker.configuration import Home
from ingest.wire.connection import Connection
from ingest.wire.retention import retention_ms
from ingest.wire.source import bounds, offsets_at
from ingest.wire.topics import describe_topics

AREA: Final = "Kafka"
DAY_MS: Final = 86_400_000
WAITING_MAX: Final = 1_000_000
WAITING_MS_MAX: Final = DAY_MS


def kafka(house: House) -> Lines:
    """Look at the cluster of the settings, or at our own broker, which is started for it if it has records."""
    if not house.settings.kafka.bootstrap and not Home.of(house.data).records.is_dir():
        yield Line(AREA, "broker", "ok", "none yet: `footfall ship` starts our own")
        return
    with house.kafka() as connection:
        partitions = describe_topics(connection, {source: source for source in SOURCES})
        yield Line(
            AREA, "broker", "ok", f"answers, {len({part.topic for part in partitions})} of {len(SOURCES)} topics"
        )
        yield from _retention(house, connection)
        yield from _progress(house, connection)


def _retention(house: House, connection: Connection) -> Lines:
    wanted = house.policy.windows.raw_topics_days * DAY_MS
    for topic, kept in retention_ms(connection, SOURCES).items():
        long = kept < 0 or kept > wanted
        said = "for ever" if kept < 0 else f"{kept / DAY_MS:,.1f} days"
        yield judged(
            AREA,
            f"topic {topic}",
            f"keeps records {said}; the policy says {wanted / DAY_MS:g}",
            f"Set its retention.ms to {wanted}: raw records hold addresses."
            if long
            else f"Set its retention.ms to {wanted}, or take care that no worker is away for longer.",
            failure=long,
            warning=kept < wanted,
            number=kept / DAY_MS,
        )


def _progress(house: House, connection: Connection) -> Lines:
    """Compare the marks of the tables with what the partitions hold."""
    parts = describe_topics(connection, {source: source for source in SOURCES})
    accounts, waiting, overdue, lost, beyond = house.lake.table("intakes"), 0, 0, 0, 0
    held = bounds(connection, parts)
    younger = offsets_at(connection, parts, now_ms() - WAITING_MS_MAX)
    for part, (first, end) in held.items():
        mark = accounts.mark(part.app_id)
        at = first if mark is None else mark
        waiting += max(0, end - max(at, first))
        young = younger[part]
        overdue += max(0, (end if young is None else min(end, young)) - max(at, first))
        lost += max(0, first - at)
        beyond += at > end
    yield judged(
        AREA,
        "waiting records",
        f"{waiting:,} in {len(parts)} partitions" + (f", {overdue:,} of them for more than a day" if overdue else ""),
        "Is a worker running? `footfall ingest --drain` takes them; more workers share them out. "
        f"Kafka removes them after {house.policy.windows.raw_topics_days} days.",
        warning=waiting > WAITING_MAX or overdue > 0,
        number=waiting,
    )
    yield judged(
        AREA,
        "lost records",
        f"{lost:,} removed by Kafka before they were read" if lost else "none",
        "Ship the files again if they are there, or `footfall ingest --accept-gap` counts them as lost and goes on.",
        failure=lost > 0,
        number=lost,
    )
    if beyond:
        yield Line(
            AREA,
            "marks",
            "failure",
            f"{beyond:,} partitions end before what the tables have of them",
            beyond,
            "Kafka's data came from an older copy: delete these topics and ship again; lines that are there are dropped.",
        )
