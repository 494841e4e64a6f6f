"""Topics: made with what the policy declares, described with the ids that tell a topic from its namesake."""

from typing import Any, Final

from kafka import KafkaAdminClient
from kafka.errors import TopicAlreadyExistsError

from ingest.errors import IngestError
from ingest.wire.connection import Connection
from ingest.wire.records import Partition

CREATE_TIMEOUT_MS: Final = 15_000
# Kafka removes closed segments only; with its default of a week a record could stay for twice its retention.
SEGMENT_MS_MAX: Final = 24 * 3600 * 1000


def ensure_topic(connection: Connection, topic: str, *, partitions: int, retention_ms: int) -> None:
    """Make a topic for raw records with its declared retention, unless it is there."""
    with connection.speaking(f"make the topic {topic}"):
        admin = KafkaAdminClient(**connection.options())
        try:
            if topic not in admin.list_topics():
                configs = {"retention.ms": str(retention_ms), "segment.ms": str(min(retention_ms, SEGMENT_MS_MAX))}
                options = {"num_partitions": partitions, "configs": configs}
                admin.create_topics({topic: options}, timeout_ms=CREATE_TIMEOUT_MS, wait_for_metadata=True)
        except TopicAlreadyExistsError:
            pass  # another process made it between the question and the answer
        finally:
            admin.close()


def describe_topic(connection: Connection, topic: str, source: str = "web_log") -> list[Partition]:
    """List the partitions of a topic of one source in order, with the ids of cluster and topic; none when it is not there."""
    with connection.speaking(f"describe the topic {topic}"):
        admin = KafkaAdminClient(**connection.options())
        try:
            cluster_id = str(admin.describe_cluster()["cluster_id"])
            described = _of(topic, admin.describe_topics([topic])) if topic in admin.list_topics() else None
        finally:
            admin.close()
    if described is None:
        return []
    if described.get("error_code"):
        raise IngestError(
            f"Kafka {connection.bootstrap} cannot describe the topic {topic}: error {described['error_code']}"
        )
    numbers = sorted(int(part.get("partition_index", part.get("partition"))) for part in described["partitions"])
    return [Partition(cluster_id, topic, str(described["topic_id"]), number, source) for number in numbers]


def _of(topic: str, described: list[dict[str, Any]]) -> dict[str, Any] | None:
    for one in described:
        if one.get("name", one.get("topic")) == topic:
            return one
    return None
