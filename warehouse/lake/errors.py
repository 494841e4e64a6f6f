"""What can go wrong in the lake.

FootfallError
└── LakeError          a table cannot be opened, staged or committed; nothing of the commit is visible
    └── FencedError         another worker moved the partition's mark: this one must let go of it
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pyarrow as pa
from deltalake.exceptions import DeltaError

from policy.errors import FootfallError

DECORATION: Final = re.compile(r"\x1b\[\d+m|↳")


class LakeError(FootfallError):
    """A table cannot be opened, staged or committed; nothing of the commit is visible."""


class FencedError(LakeError):
    """Another worker moved the mark of a partition; what this worker holds of it must not be written."""

    def __init__(self, table: str, app_id: str, mark: int, start: int, end: int) -> None:
        super().__init__(
            f"{table}: the mark of {app_id} stands at {mark}, but this worker holds offsets {start} to {end}. "
            "Is a second worker running without the group?"
        )
        self.mark = mark


@contextmanager
def told(table: str, doing: str, question: str = "Is the disk full or read-only?") -> Iterator[None]:
    """Turn what delta-rs, pyarrow and the system raise, several lines in colour, into one that says what was being done."""
    try:
        yield
    except (DeltaError, OSError, pa.ArrowException) as error:
        text = " ".join(DECORATION.sub(" ", str(error)).split())
        raise LakeError(f"{table}: cannot {doing}: {text}. {question}") from error
