"""The way into Kafka: records with keys to a chosen partition, acknowledged by all replicas, in order, never twice."""

from collections.abc import Mapping
from typing import Any, Final, Self

import pyarrow as pa
from kafka import KafkaProducer

from ingest.wire.connection import Connection

BATCH_BYTES: Final = 256 * 1024
LINGER_MS: Final = 50
ACKNOWLEDGE_TIMEOUT_MS: Final = 60_000


class Producer:
    """An idempotent producer; use it as a context manager."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        with connection.speaking("write"):
            self._producer = KafkaProducer(
                **connection.options(),
                acks="all",
                enable_idempotence=True,
                compression_type="lz4",
                batch_size=BATCH_BYTES,
                linger_ms=LINGER_MS,
                delivery_timeout_ms=ACKNOWLEDGE_TIMEOUT_MS,
                request_timeout_ms=ACKNOWLEDGE_TIMEOUT_MS // 2,
                allow_auto_create_topics=False,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._producer.close(timeout=ACKNOWLEDGE_TIMEOUT_MS / 1000)

    def send(
        self,
        topic: str,
        partition: int,
        keys: pa.Array,
        values: pa.Array,
        headers: Mapping[str, bytes] | None = None,
    ) -> None:
        """Send records, each with the same headers, and wait until Kafka has acknowledged every one of them.

        Args:
            topic: the topic's name.
            partition: the partition's number.
            keys: binary; null for a record without a key.
            values: binary, one for each key.
            headers: what is said of all these records beside their values.
        """
        said = list((headers or {}).items())
        with self._connection.speaking("write"):
            waiting: list[Any] = [
                self._producer.send(topic, value, key, said, partition)
                for key, value in zip(keys.to_pylist(), values.to_pylist(), strict=True)
            ]
            self._producer.flush(timeout=ACKNOWLEDGE_TIMEOUT_MS / 1000)
            for future in waiting:
                future.get(timeout=ACKNOWLEDGE_TIMEOUT_MS / 1000)
