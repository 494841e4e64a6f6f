"""What can go wrong between the outside world, Kafka and the sinks.

FootfallError
├── IngestError        Kafka, a sink or the accounting failed; what was committed stays, the rest is taken again
│   ├── KafkaAwayError    Kafka does not answer now; it may later
│   ├── LostRecordsError  Kafka does not hold the next records of a partition
│   └── TopicChangedError  a topic is not the one that it was; whoever reads it starts anew
└── UsageError
    └── LogFileError   a file that was named cannot be read as a log
"""

from policy.errors import FootfallError, UsageError


class IngestError(FootfallError):
    """Kafka, a sink or the accounting failed; what was committed stays, the rest is taken again."""


class KafkaAwayError(IngestError):
    """Kafka does not answer now; it may later."""


class LostRecordsError(IngestError):
    """Kafka does not hold the next records of a partition: its retention removed them, or it was set back.

    Attributes:
        topic: the topic's name.
        partition: the partition's number.
        start: the offset that was next.
        first: the oldest offset that Kafka still holds.
        is_removed: True when retention removed the records; False when the partition was set back to before `start`.
    """

    def __init__(self, topic: str, partition: int, start: int, first: int, end: int) -> None:
        self.is_removed = first > start
        super().__init__(
            f"{topic}/{partition}: offsets {start} to {first - 1} ({first - start} records) were removed by Kafka's retention "
            "before they were read. To go on behind them and count them as lost, start `footfall ingest` with --accept-gap. "
            "If the files are still there: delete the topic (of the embedded broker: the folder kafka in the data folder) and "
            "ship them again; they are then sent whole, and lines that the lake has are dropped"
            if self.is_removed
            else f"{topic}/{partition}: offsets up to {start} were read, but Kafka now has others from {end} on, or none. "
            "Was Kafka's data folder restored from an older copy?"
        )
        self.topic = topic
        self.partition = partition
        self.start = start
        self.first = first


class TopicChangedError(IngestError):
    """A topic was deleted, made anew or given partitions; whoever reads it starts anew, at its own start."""


class LogFileError(UsageError):
    """A file that was named cannot be read as a log."""
