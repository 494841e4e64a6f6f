"""What can go wrong before records are sent.

IngestError
└── RecordTooLongError  one record is longer than a batch may be
"""

from ingest.errors import IngestError


class RecordTooLongError(IngestError):
    """One record is longer than a batch may be; nothing of the call was sent."""

    def __init__(self, topic: str, partition: int, record: int, size: int, bytes_max: int) -> None:
        super().__init__(
            f"{topic}/{partition}: record {record + 1} of those to be sent has {size:,} bytes, and a batch may have "
            f"{bytes_max:,}. Shorten it or leave it out"
        )
