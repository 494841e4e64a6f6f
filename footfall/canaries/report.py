"""What the proof found, without a secret in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """One secret that was found where it may not be.

    Attributes:
        store: where it was found: a table, a file, what was printed.
        place: in what kind of place it was planted.
        secret: what kind of secret it was.
        writing: how it was written there.
        sender: who sent it to Kafka: our own `ship`, or another program.
    """

    store: str
    place: str
    secret: str
    writing: str
    sender: str


@dataclass(frozen=True, slots=True)
class CanaryReport:
    """What was planted, what was looked at, and what was found.

    Attributes:
        planted: secrets.
        kinds_of_place, kinds_of_secret: how many.
        hits: one for each secret and store in which it was found; none when the promise holds.
        bytes_scanned: of files, and of what is decoded in them.
        bytes_by_store: the same by store.
        rows: rows of each table of the scratch warehouse, so that nobody proves an empty one.
        seconds: how long it took, by part.
    """

    planted: int
    kinds_of_place: int
    kinds_of_secret: int
    hits: tuple[Hit, ...]
    bytes_scanned: int
    bytes_by_store: Mapping[str, int] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """True when nothing was found, and something was there to be found."""
        return not self.hits and self.planted > 0
