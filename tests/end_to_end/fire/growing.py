"""Files that grow piece by piece, as a site's logs and its sources' records do."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from footfall.simulate.customers import SOURCES as EVENTS

LOG: Final = "web_log"
REGISTRATION: Final = "registration"
REGISTRATION_SLICES: Final = 6


class Growing:
    """Files that grow by some lines at a time, as logs do.

    Args:
        whole: the folder of the files as they will be in the end.
        folder: where they grow.
        slices: in how many pieces each comes.
    """

    def __init__(self, whole: Path, folder: Path, slices: int) -> None:
        self.folder = folder
        self._pieces: dict[str, Iterator[list[tuple[Path, bytes]]]] = {}
        self._left = {LOG: slices, **dict.fromkeys(EVENTS, slices // 3), REGISTRATION: REGISTRATION_SLICES}
        for source in self._left:
            files = sorted(whole.glob("*.log" if source == LOG else f"{source}.jsonl"))
            self._pieces[source] = self._cut(
                [(folder / file.name, file.read_bytes()) for file in files], self._left[source]
            )

    @property
    def is_left(self) -> bool:
        """True as long as there is more to come."""
        return any(self._left.values())

    def grow(self, *, registered: bool, slices: int) -> tuple[str, ...]:
        """Let some files grow, those with most to come; give the words that ship them, none when there is nothing.

        Args:
            registered: True when all registrations have been taken; what needs them waits until then.
            slices: by how much; less when there is less.
        """
        # Whoever is a child must be known before anything else of theirs comes: so nothing depends on chance.
        may = {
            source: left
            for source, left in self._left.items()
            if left and (registered or source in {LOG, REGISTRATION})
        }
        if not may:
            return ()
        source = max(may, key=lambda one: (one == REGISTRATION, may[one]))
        for _ in range(min(self._left[source], slices)):
            self._left[source] -= 1
            for path, piece in next(self._pieces[source]):
                with path.open("ab") as sink:
                    sink.write(piece)
        if source == LOG:
            return ("ship", str(self.folder / "*.log"))
        return ("ship", "--source", source, "--backfill", str(self.folder / f"{source}.jsonl"))

    def has(self, source: str) -> bool:
        """Say whether there is more to come of a source."""
        return bool(self._left[source])

    @staticmethod
    def _cut(files: list[tuple[Path, bytes]], slices: int) -> Iterator[list[tuple[Path, bytes]]]:
        lines = {path: data.splitlines(keepends=True) for path, data in files}
        for part in range(slices):
            yield [
                (path, b"".join(all_[len(all_) * part // slices : len(all_) * (part + 1) // slices]))
                for path, all_ in lines.items()
            ]
