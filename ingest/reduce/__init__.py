"""From what came of Kafka to what may be stored: one intake reduced in memory, every record accounted for."""

from ingest.reduce.intake import Reduced, reduce_intake

__all__ = ["Reduced", "reduce_intake"]
