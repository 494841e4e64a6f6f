"""From Kafka, in columns: what a broker sent → offsets, times, keys and values of many records at once."""

from ingest.wire.fetch.errors import CorruptBatchError
from ingest.wire.fetch.source import ColumnarSource

__all__ = ["ColumnarSource", "CorruptBatchError"]
