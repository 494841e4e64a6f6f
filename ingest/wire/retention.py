"""How long a cluster keeps records of topics: raw lines hold addresses, so no longer than the policy says."""

from collections.abc import Collection
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource

from ingest.wire.connection import Connection


def retention_ms(connection: Connection, topics: Collection[str]) -> dict[str, int]:
    """Say for each topic that is there how long it keeps records, in milliseconds; -1 is for ever.

    Raises:
        IngestError: Kafka does not answer, or refuses.
    """
    with connection.speaking("ask how long topics keep records"):
        admin = KafkaAdminClient(**connection.options())
        try:
            there = sorted(set(topics) & set(admin.list_topics()))
            described: Any = admin.describe_configs([ConfigResource("TOPIC", topic) for topic in there])
        finally:
            admin.close()
    return {topic: int(described["topic"][topic]["retention.ms"]["value"]) for topic in there}
