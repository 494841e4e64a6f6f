"""Into Kafka, in columns: arrays of keys and values → record batches, sent once each and in order."""

from ingest.wire.produce.errors import RecordTooLongError
from ingest.wire.produce.producer import ColumnarProducer

__all__ = ["ColumnarProducer", "RecordTooLongError"]
