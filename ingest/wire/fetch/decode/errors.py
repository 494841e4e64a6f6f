"""What the decoder says of bytes that are no records."""


class MalformedError(Exception):
    """These bytes are no record batch; the message says why, and never quotes them."""


class HoleError(Exception):
    """The batch that is next to be read is damaged.

    Attributes:
        offset_from: the first offset that cannot be read.
        offset_next: the first offset that can be read again; None when nothing behind the batch says so.
        why: what is wrong with the batch.
    """

    def __init__(self, offset_from: int, offset_next: int | None, why: str) -> None:
        super().__init__(f"offset {offset_from}: {why}")
        self.offset_from = offset_from
        self.offset_next = offset_next
        self.why = why
