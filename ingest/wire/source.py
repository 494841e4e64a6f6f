"""The partitions that a worker has now, as columns; which these are may change with every poll.

A group's members share partitions through kafka-python's ordinary group; a fixed claim names them. Either way positions
come from the sinks' marks: nothing is committed to Kafka, and what Kafka may have noted for the group is never read.
"""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Self

from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.errors import KafkaError

from ingest.errors import TopicChangedError
from ingest.wire.connection import Connection
from ingest.wire.fetch.consumer import ColumnarConsumer
from ingest.wire.records import Partition, Records
from ingest.wire.topics import TopicWatch
from policy.errors import UsageError

METADATA_MS: Final = 30_000
HEARTBEATS_A_SESSION: Final = 5


@dataclass(frozen=True, slots=True)
class Group:
    """A consumer group: its name, and after how many seconds of silence a member counts as dead."""

    name: str
    session_s: float


@dataclass(frozen=True, slots=True)
class Claim:
    """Which partitions a worker asks for.

    Attributes:
        sources: topic → the source of its records.
        group: the group that shares them out; None: this worker takes what it names, whoever else may do so.
        numbers: of a worker without a group, the partitions of each topic that it takes; all of them when empty.
    """

    sources: Mapping[str, str]
    group: Group | None = None
    numbers: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Moves:
    """Partitions that went and came since one last asked; one that was taken away and given again is in both."""

    gone: frozenset[Partition]
    come: frozenset[Partition]


class Source:
    """The partitions of a claim; use it as a context manager.

    Attributes:
        warning: why polls take the slow way, kafka-python's own decoder; empty when they do not.
    """

    def __init__(self, connection: Connection, claim: Claim, records_max: int) -> None:
        """Join the group, or take the partitions; `moves` gives them.

        Raises:
            UsageError: the claim names partitions that no topic has.
            IngestError: Kafka does not answer.
        """
        self._claim = claim
        self._moving = _Moving()
        self._held: dict[TopicPartition, Partition] = {}
        self._watch = TopicWatch(connection, claim.sources)
        try:
            self._known = self._described()
            self._columns = ColumnarConsumer(connection, records_max, **_group_options(claim.group))
        except BaseException:
            self._watch.close()
            raise
        self.warning = self._columns.warning
        self._moving.consumer = self._columns.kafka
        if claim.group:
            self._columns.kafka.subscribe(list(claim.sources), listener=self._moving)
        elif self._known:
            self._columns.kafka.assign(list(self._known))
            self._moving.on_partitions_assigned(self._known)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for one in (self._columns, self._watch):
            with suppress(KafkaError, OSError):  # the broker may be away, and then there is nobody to take leave of
                one.close()

    def moves(self) -> Moves:
        """Say which partitions went and came with the last polls. Who gets one says with `start` where it is read from.

        Raises:
            TopicChangedError: a topic is no longer the one that it was when this source was opened.
            IngestError: Kafka does not answer; the question may be asked again.
        """
        gone = frozenset(self._held.pop(tp) for tp in self._moving.taken_gone() if tp in self._held)
        if not self._moving.come:
            return Moves(gone, frozenset())
        self.check()
        come = self._moving.taken_come()
        if missing := come - self._known.keys():
            raise TopicChangedError(
                f"{', '.join(sorted({tp.topic for tp in missing}))}: deleted while it was shared out"
            )
        self._held.update({tp: self._known[tp] for tp in come})
        return Moves(gone, frozenset(self._known[tp] for tp in come))

    def check(self) -> None:
        """Ask Kafka whether the topics are still the same. Ids never come back, so what was read before is of these topics.

        Raises:
            TopicChangedError: one was deleted, or made anew, or has got partitions that nobody else will take.
            IngestError: Kafka does not answer.
        """
        found = self._described()
        before, after = _ids(self._known), _ids(found)
        for topic, topic_id in before.items():
            if after.get(topic) != topic_id:
                what = "deleted and made anew: it is taken from its own start" if topic in after else "deleted"
                held = [part for part in self._held.values() if part.topic == topic]
                left = ", ".join(f"{part} from offset {self.position(part)} on" for part in held)
                unread = f". What of the old one had not been read is gone with it ({left})" if left else ""
                raise TopicChangedError(f"{topic}: was {what}{unread}")
        if self._claim.group is None and (new := found.keys() - self._known.keys()):
            raise TopicChangedError(
                f"{', '.join(sorted({tp.topic for tp in new}))}: has new partitions; they are taken too"
            )
        self._known = found

    def bounds(self, partitions: Iterable[Partition]) -> dict[Partition, tuple[int, int]]:
        """Say for each partition the oldest offset that it still holds, and the one that its next record will have."""
        wanted = {_place(part): part for part in partitions}
        return {wanted[tp]: both for tp, both in self._columns.bounds(wanted).items()} if wanted else {}

    def ends(self) -> dict[Partition, int]:
        """Say for each partition the offset that its next record will have, open transactions left out."""
        return {self._held[tp]: end for tp, end in self._columns.ends(self._held).items()} if self._held else {}

    def start(self, partition: Partition, offset: int) -> None:
        """Read a partition from here on; whoever passes over records counts them as lost."""
        self._columns.kafka.seek(_place(partition), offset)

    def position(self, partition: Partition) -> int:
        """Say the next offset that a poll will give of a partition; control records are passed over."""
        return self._columns.position(_place(partition))

    def listen_to(self, partitions: Collection[Partition]) -> None:
        """Let polls give records of these partitions only, until it is said otherwise."""
        self._columns.listen_to([_place(part) for part in partitions])

    def poll(self, timeout_ms: int) -> dict[Partition, Records]:
        """Take what has come, at most some megabytes, and let the group share out anew if it must.

        Raises:
            LostRecordsError: Kafka does not hold the next records.
            CorruptBatchError: the next batch of a partition is damaged; so says every poll until it is passed over.
            IngestError: Kafka refuses, or is away.
        """
        polled = self._columns.poll(timeout_ms)
        return {self._held[tp]: records for tp, records in polled.items() if tp in self._held}

    def _described(self) -> dict[TopicPartition, Partition]:
        numbers, found = self._claim.numbers, self._watch.partitions()
        if absent := numbers - {part.number for part in found}:
            there = sorted({part.number for part in found})
            raise UsageError(
                f"--partitions: there is no partition {', '.join(map(str, sorted(absent)))}; "
                f"the topics have {', '.join(map(str, there)) or 'none'}"
            )
        return {_place(part): part for part in found if not numbers or part.number in numbers}


class _Moving(ConsumerRebalanceListener):
    """Notes what the group gives and takes, on the client's own thread; the work is done after the poll, where it may fail.

    A partition that comes is paused at once, at an offset that means nothing: so nothing of it is fetched, and nobody asks
    which offset Kafka has noted, before its owner has looked at the marks.
    """

    def __init__(self) -> None:
        self.consumer: KafkaConsumer
        self.come: set[TopicPartition] = set()
        self._gone: set[TopicPartition] = set()

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        for tp in assigned:
            self.consumer.seek(tp, 0)
            self.consumer.pause(tp)
            self.come.add(tp)

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self._gone.update(revoked)
        self.come.difference_update(revoked)

    def taken_gone(self) -> set[TopicPartition]:
        gone, self._gone = self._gone, set()
        return gone

    def taken_come(self) -> set[TopicPartition]:
        come, self.come = self.come, set()
        return come


def bounds(connection: Connection, partitions: Iterable[Partition]) -> dict[Partition, tuple[int, int]]:
    """Say for each partition the oldest offset that it still holds, and the one that its next record will have."""
    wanted = {_place(part): part for part in partitions}
    with connection.speaking("ask for the bounds of partitions"):
        consumer = KafkaConsumer(**connection.options(), enable_auto_commit=False)
        try:
            first, end = consumer.beginning_offsets(list(wanted)), consumer.end_offsets(list(wanted))
        finally:
            consumer.close()
    return {part: (first[tp], end[tp]) for tp, part in wanted.items()}


def offsets_at(connection: Connection, partitions: Iterable[Partition], at_ms: int) -> dict[Partition, int | None]:
    """Say for each partition the offset of its first record that was not sent before a time; None where all were."""
    wanted = {_place(part): part for part in partitions}
    with connection.speaking("ask for the offsets of a time"):
        consumer = KafkaConsumer(**connection.options(), enable_auto_commit=False)
        try:
            found = consumer.offsets_for_times(dict.fromkeys(wanted, at_ms))
        finally:
            consumer.close()
    return {part: at.offset if (at := found.get(tp)) else None for tp, part in wanted.items()}


def _group_options(group: Group | None) -> dict[str, Any]:
    if group is None:
        return {}
    session_ms = int(group.session_s * 1000)
    return {
        "group_id": group.name,
        "session_timeout_ms": session_ms,
        "heartbeat_interval_ms": session_ms // HEARTBEATS_A_SESSION,
        "metadata_max_age_ms": METADATA_MS,  # so soon are new partitions seen
        # Each topic is shared out by itself: one topic has nearly all records, and so every member gets some of it.
        "partition_assignment_strategy": (RangePartitionAssignor,),
    }


def _place(partition: Partition) -> TopicPartition:
    return TopicPartition(partition.topic, partition.number)


def _ids(partitions: Mapping[TopicPartition, Partition]) -> dict[str, str]:
    return {part.topic: part.topic_id for part in partitions.values()}
