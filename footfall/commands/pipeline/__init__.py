"""The way of the records: made up or read from files, to Kafka, into the warehouse, through the night."""
