"""What can go wrong between the outside world, Kafka and the sinks.

FootfallError
├── IngestError        Kafka, a sink or the accounting failed; what was committed stays, the rest is taken again
│   └── LostRecordsError  Kafka's retention removed records that no worker had read
└── UsageError
    └── LogFileError   a file that was named cannot be read as a log
"""

from policy.errors import FootfallError, UsageError


class IngestError(FootfallError):
    """Kafka, a sink or the accounting failed; what was committed stays, the rest is taken again."""


class LostRecordsError(IngestError):
    """Kafka's retention removed records before any worker had read them."""

    def __init__(self, topic: str, partition: int, start: int, first: int) -> None:
        super().__init__(
            f"{topic}/{partition}: offsets {start} to {first - 1} ({first - start} records) were removed by Kafka's retention "
            "before they were read. Delete the topic (of the embedded broker: the folder kafka in the data folder) and ship "
            "the files again: they are then sent whole, and lines that the lake has are dropped"
        )


class LogFileError(UsageError):
    """A file that was named cannot be read as a log."""
