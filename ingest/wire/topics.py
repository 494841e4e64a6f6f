"""Topics: made with what the policy declares, described with the ids that tell a topic from its namesake."""

from collections.abc import Mapping, Sequence
from typing import Final, Self

from kafka import KafkaAdminClient
from kafka.errors import RetriableError, TopicAlreadyExistsError, UnknownTopicOrPartitionError

from ingest.errors import IngestError
from ingest.wire.connection import Connection
from ingest.wire.records import Partition

CREATE_TIMEOUT_MS: Final = 15_000
# Kafka removes closed segments only; with its default of a week a record could stay for twice its retention.
SEGMENT_MS_MAX: Final = 24 * 3600 * 1000


def ensure_topic(connection: Connection, topic: str, *, partitions: int, retention_ms: int) -> None:
    """Make a topic for raw records with its declared retention, unless it is there."""
    ensure_topics(connection, [topic], partitions=partitions, retention_ms=retention_ms)


def ensure_topics(connection: Connection, topics: Sequence[str], *, partitions: int, retention_ms: int) -> None:
    """Make the topics that are not there, for raw records with their declared retention."""
    with connection.speaking(f"make the topics {', '.join(topics)}"):
        admin = KafkaAdminClient(**connection.options())
        try:
            there = set(admin.list_topics())
            configs = {"retention.ms": str(retention_ms), "segment.ms": str(min(retention_ms, SEGMENT_MS_MAX))}
            options = {"num_partitions": partitions, "configs": configs}
            if missing := {topic: options for topic in topics if topic not in there}:
                admin.create_topics(missing, timeout_ms=CREATE_TIMEOUT_MS, wait_for_metadata=True)
        except TopicAlreadyExistsError:
            pass  # another process made it between the question and the answer
        finally:
            admin.close()


def describe_topic(connection: Connection, topic: str, source: str = "web_log") -> list[Partition]:
    """List the partitions of a topic of one source in order, with the ids of cluster and topic; none when it is not there."""
    return describe_topics(connection, {topic: source})


def describe_topics(connection: Connection, sources: Mapping[str, str]) -> list[Partition]:
    """List the partitions of topics, given with the source of each, in order; a topic that is not there has none."""
    with TopicWatch(connection, sources) as watch:
        return watch.partitions()


class TopicWatch:
    """Says again and again which partitions topics have, over one connection; use it as a context manager.

    Args:
        connection: the cluster.
        sources: topic → the source of its records.
    """

    def __init__(self, connection: Connection, sources: Mapping[str, str]) -> None:
        self._connection = connection
        self._sources = sources
        self._doing = f"describe the topics {', '.join(sources)}"
        with connection.speaking(self._doing):
            self._admin = KafkaAdminClient(**connection.options())
            self._cluster_id = str(self._admin.describe_cluster()["cluster_id"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connection back."""
        self._admin.close()

    def partitions(self) -> list[Partition]:
        """List the partitions in the order of the topics; a topic that is not there has none.

        Raises:
            IngestError: Kafka does not answer.
        """
        with self._connection.speaking(self._doing):
            try:
                described = self._admin.describe_topics(list(self._sources))
            except RetriableError:  # a connection that broke is not waited for; a new client waits until it stands
                self._admin.close()
                self._admin = KafkaAdminClient(**self._connection.options())
                described = self._admin.describe_topics(list(self._sources))
        found = []
        for one in described:
            topic, code = str(one.get("name", one.get("topic"))), one.get("error_code")
            if code == UnknownTopicOrPartitionError.errno:
                continue
            if code:
                raise IngestError(f"Kafka {self._connection.bootstrap} cannot describe the topic {topic}: error {code}")
            for part in one["partitions"]:
                number = int(part.get("partition_index", part.get("partition")))
                found.append(Partition(self._cluster_id, topic, str(one["topic_id"]), number, self._sources[topic]))
        return sorted(found, key=lambda part: (list(self._sources).index(part.topic), part.number))
