"""Everything that speaks Kafka: the columnar reader, the producer, and the embedded broker."""
