"""Kafka's record batches as bytes → columns, without one Python object a record; this folder knows no Kafka client."""
