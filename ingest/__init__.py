"""The outside world to Kafka, and Kafka to the sinks."""
