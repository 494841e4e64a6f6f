"""The way into Kafka: columns to a chosen partition, acknowledged by all replicas, in order, never twice."""

from collections.abc import Callable, Mapping
from typing import Final, Literal, Self

import pyarrow as pa
from kafka import KafkaProducer

from ingest.errors import IngestError
from ingest.wire.connection import Connection
from ingest.wire.produce.batch import Sealed
from ingest.wire.produce.body import encode_headers, encode_records, sizes_of, slices
from ingest.wire.produce.errors import RecordTooLongError
from ingest.wire.produce.queue import Queue

BATCH_BYTES: Final = 960 * 1024  # Kafka takes 1 MiB, and what cannot be compressed grows a little
IN_FLIGHT_BYTES: Final = 16 * 1024 * 1024
ACKNOWLEDGE_TIMEOUT_MS: Final = 60_000

Compression = Literal["none", "lz4", "zstd"]


class ColumnarProducer:
    """An idempotent producer; use it as a context manager.

    Args:
        connection: the cluster.
        now_ms: the clock that gives records their time, in milliseconds. It must be near the broker's: a broker that starts
            again forgets producers whose records seem a day old, and would take a repeated batch for a new one.
        compression: none, lz4 or zstd.
        in_flight_bytes: how many bytes may wait for their acknowledgement.
    """

    def __init__(
        self,
        connection: Connection,
        now_ms: Callable[[], int],
        compression: Compression = "lz4",
        in_flight_bytes: int = IN_FLIGHT_BYTES,
    ) -> None:
        self._connection = connection
        self._now_ms = now_ms
        self._compression = compression
        with connection.speaking("write"):
            self._producer = KafkaProducer(
                **connection.options(),
                acks="all",
                enable_idempotence=True,
                compression_type=None if compression == "none" else compression,
                delivery_timeout_ms=ACKNOWLEDGE_TIMEOUT_MS,
                request_timeout_ms=ACKNOWLEDGE_TIMEOUT_MS // 2,
                max_block_ms=ACKNOWLEDGE_TIMEOUT_MS,
                batch_size=BATCH_BYTES,
                allow_auto_create_topics=False,
            )
        # The sender gives up first, and says why.
        self._queue = Queue(self._producer, in_flight_bytes, ACKNOWLEDGE_TIMEOUT_MS / 1000 + 10)

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
            values: binary, one for each key; null for a record without a value.
            headers: what is said of all these records beside their values.

        Raises:
            RecordTooLongError: a record does not fit a batch; nothing is sent.
            IngestError: Kafka did not acknowledge; a first part of the records may have arrived.
        """
        self.enqueue(topic, partition, keys, values, headers)
        self.flush()

    def enqueue(
        self,
        topic: str,
        partition: int,
        keys: pa.Array,
        values: pa.Array,
        headers: Mapping[str, bytes] | None = None,
    ) -> None:
        """Send records as `send` does, but wait only for room: `flush` says whether they arrived."""
        if len(keys) != len(values):
            raise ValueError(f"{len(keys)} keys for {len(values)} values")
        if not len(values):
            return
        keys, values = keys.cast(pa.binary()), values.cast(pa.binary())
        ending = encode_headers(headers or {})
        sizes = sizes_of(keys, values, ending)
        longest = int(sizes.argmax())
        if sizes[longest] > BATCH_BYTES:
            raise RecordTooLongError(topic, partition, longest, int(sizes[longest]), BATCH_BYTES)
        with self._connection.speaking("write"):
            if partition not in self._producer.partitions_for(topic):
                raise IngestError(f"Kafka {self._connection.bootstrap} has no partition {topic}/{partition}")
            for part in slices(sizes, BATCH_BYTES):
                records = encode_records(keys[part], values[part], ending)
                sealed = Sealed(records, part.stop - part.start, self._now_ms(), self._compression)
                self._queue.put(topic, partition, sealed)

    def flush(self) -> None:
        """Wait until Kafka has acknowledged every record that was sent.

        Raises:
            IngestError: it did not; what it did acknowledge stays.
        """
        with self._connection.speaking("write"):
            self._queue.flush()
