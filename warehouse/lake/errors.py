"""What can go wrong in the lake.

FootfallError
└── LakeError          a table cannot be opened, staged or committed; nothing of the commit is visible
    └── FencedError         another worker moved the partition's mark: this one must let go of it
"""

from policy.errors import FootfallError


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
